	<h1><?= e(t('order', id: $order['id'])) ?></h1>
<?php $status = $order['status'] ?>
<?php $kind = ['DONE' => 'good', 'SHORT' => 'warning', 'DECLINED' => 'warning'][$status] ?? 'note' ?>
	<p class="told <?= $kind ?>" role="status" id="status" data-status="<?= e($status) ?>"><?= e(t("order_$status")) ?></p>
	<ul class="summary">
<?php foreach ($lines as $line): ?>
		<li><?= e($line['quantity'] . ' × ' . (product($line['variantId'])['name'] ?? '')) ?>
			<span class="price"><?= e(money($line['price'] * $line['quantity'])) ?></span></li>
<?php endforeach ?>
	</ul>
	<p class="total"><?= e(t('total')) ?> <strong><?= e(money($order['total'])) ?></strong></p>
<?php if ($status === 'PENDING'): ?>
	<form method="post" action="/shop/bank"><?= form_members() ?>
		<input type="hidden" name="id" value="<?= e($order['id']) ?>">
		<button class="quiet"><?= e(t('bank_answers_now')) ?></button>
	</form>
<?php endif ?>
<?php if ($status === 'DECLINED'): ?>
	<p><a href="/shop/cart"><?= e(t('back_to_cart')) ?></a></p>
<?php else: ?>
	<p><a href="/shop/"><?= e(t('to_products')) ?></a></p>
<?php endif ?>
