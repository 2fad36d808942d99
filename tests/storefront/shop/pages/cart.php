	<h1><?= e(t('cart')) ?></h1>
<?php if ($isAway): ?>
	<p class="told warning" role="alert"><?= e(t('stok_is_away')) ?></p>
<?php endif ?>
<?php if ($lines === []): ?>
	<p><?= e(t('cart_is_empty')) ?> <a href="/shop/"><?= e(t('to_products')) ?></a></p>
<?php else: ?>
<?php require __DIR__ . '/countdown.php' ?>
	<ul class="lines">
<?php foreach ($lines as $line): ?>
<?php ['variantId' => $id, 'name' => $name, 'state' => $state] = $line ?>
		<li id="line-<?= $id ?>">
			<img src="/shop/assets/<?= e($line['picture']) ?>" alt="" width="96" height="72">
			<div>
				<h2><?= e($name) ?></h2>
				<p><?= e(t('each', price: money($line['price']))) ?></p>
				<p class="state <?= e($state) ?>"><?= e(t("state_$state")) ?></p>
			</div>
			<form method="post" action="/shop/change"><?= form_members() ?>
				<input type="hidden" name="variantId" value="<?= $id ?>">
				<label for="quantity-<?= $id ?>"><?= e(t('quantity')) ?></label>
				<input id="quantity-<?= $id ?>" name="quantity" type="number" inputmode="numeric" required
					min="1" max="<?= QUANTITY_MAX ?>" value="<?= $line['quantity'] ?>"
					aria-label="<?= e(t('quantity_of', name: $name)) ?>">
<?php $word = ['ended' => 'hold_again', 'missing' => 'hold_now'][$state] ?? 'change' ?>
				<button class="quiet" aria-label="<?= e(t("{$word}_name", name: $name)) ?>"><?= e(t($word)) ?></button>
			</form>
			<form method="post" action="/shop/remove"><?= form_members() ?>
				<input type="hidden" name="variantId" value="<?= $id ?>">
				<button class="link" aria-label="<?= e(t('remove_name', name: $name)) ?>"><?= e(t('remove')) ?></button>
			</form>
			<p class="price"><?= e(money($line['price'] * $line['quantity'])) ?></p>
		</li>
<?php endforeach ?>
	</ul>
	<p class="total"><?= e(t('total')) ?> <strong><?= e(money($total)) ?></strong></p>
	<form class="onward" method="post" action="/shop/checkout"><?= form_members() ?>
		<button><?= e(t('to_payment')) ?></button>
	</form>
<?php endif ?>
