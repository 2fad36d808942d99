	<h1><?= e(t('products')) ?></h1>
<?php if ($available === null): ?>
	<p class="told warning" role="alert"><?= e(t('stock_is_unknown')) ?></p>
<?php else: ?>
	<p class="intro"><?= e(t('intro')) ?></p>
<?php endif ?>
	<ul class="products">
<?php foreach ($products as $id => $product): ?>
<?php $mine = $_SESSION['cart'][$id]['quantity'] ?? 0 ?>
<?php [$kind, $words, $canBuy] = $available === null
	? ['', '', true] : stock_words($available[$id] ?? null, $mine) ?>
		<li id="product-<?= $id ?>">
			<img src="/shop/assets/<?= e($product['picture']) ?>" alt="" width="240" height="180">
			<h2><?= e($product['name']) ?></h2>
			<p><?= e($product['text']) ?></p>
			<p class="price"><?= e(money($product['price'])) ?></p>
			<p class="stock <?= e($kind) ?>"><?= e($words) ?></p>
<?php if ($mine > 0): ?>
			<p class="mine"><a href="/shop/cart"><?= e(t('in_your_cart', n: $mine)) ?></a></p>
<?php endif ?>
			<form method="post" action="/shop/add"><?= form_members() ?>
				<input type="hidden" name="variantId" value="<?= $id ?>">
				<button aria-label="<?= e(t('add_name', name: $product['name'])) ?>"
					<?= $canBuy ? '' : 'disabled' ?>><?= e(t('add')) ?></button>
			</form>
		</li>
<?php endforeach ?>
	</ul>
