	<h1><?= e(t('payment')) ?></h1>
<?php require __DIR__ . '/countdown.php' ?>
	<ul class="summary">
<?php foreach ($lines as $line): ?>
		<li><?= e($line['quantity'] . ' × ' . $line['name']) ?>
			<span class="price"><?= e(money($line['price'] * $line['quantity'])) ?></span></li>
<?php endforeach ?>
	</ul>
	<p class="total"><?= e(t('total')) ?> <strong><?= e(money($total)) ?></strong></p>
	<form class="bank" method="post" action="/shop/pay"><?= form_members() ?>
		<input type="hidden" name="orderId" value="<?= e($orderId) ?>">
		<input type="hidden" name="total" value="<?= $total ?>">
		<fieldset aria-describedby="bank-hint">
			<legend><?= e(t('bank')) ?></legend>
			<p id="bank-hint"><?= e(t('bank_hint')) ?></p>
<?php foreach (['approved', 'declined', 'late'] as $answer): ?>
			<label><input type="radio" name="answer" value="<?= $answer ?>"
				<?= $answer === 'approved' ? 'checked' : '' ?>>
				<?= e(t("bank_$answer")) ?></label>
<?php endforeach ?>
		</fieldset>
		<button><?= e(t('pay', price: money($total))) ?></button>
	</form>
	<p><a href="/shop/cart"><?= e(t('back_to_cart')) ?></a></p>
