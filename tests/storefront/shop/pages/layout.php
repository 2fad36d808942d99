<!DOCTYPE html>
<html lang="<?= language() ?>">
<head>
	<meta charset="utf-8">
	<meta name="viewport" content="width=device-width, initial-scale=1">
	<title><?= e($title ?? t('problem')) ?> · Çarşı</title>
	<link rel="icon" href="/shop/assets/icon.svg">
	<link rel="stylesheet" href="/shop/assets/style.css">
	<script src="/shop/assets/countdown.js" defer></script>
</head>
<body>
<a class="skip" href="#content"><?= e(t('skip')) ?></a>
<header>
	<a class="brand" href="/shop/">Çarşı</a>
	<nav aria-label="<?= e(t('menu')) ?>">
		<a href="/shop/"><?= e(t('products')) ?></a>
		<a href="/shop/cart"><?= e(t('cart')) ?> <span class="count"><?= cart_count() ?></span></a>
<?php if (isset($_SESSION['user'])): ?>
		<form method="post" action="/shop/logout"><?= form_members() ?>
			<button class="link"><?= e(t('log_out')) ?> (<?= e($_SESSION['user']['name']) ?>)</button>
		</form>
<?php else: ?>
		<a href="/shop/login"><?= e(t('log_in')) ?></a>
<?php endif ?>
<?php if (language() === 'tr'): ?>
		<a href="?<?= e(http_build_query(['language' => 'en'] + $_GET)) ?>" lang="en" hreflang="en">English</a>
<?php else: ?>
		<a href="?<?= e(http_build_query(['language' => 'tr'] + $_GET)) ?>" lang="tr" hreflang="tr">Türkçe</a>
<?php endif ?>
	</nav>
</header>
<main id="content" tabindex="-1">
<?php foreach (take_told() as $number => [$kind, $text]): ?>
	<p class="told <?= e($kind) ?>" role="<?= $kind === 'warning' ? 'alert' : 'status' ?>"
		tabindex="-1"<?= $number === 0 ? ' autofocus' : '' ?>><?= e($text) ?></p>
<?php endforeach ?>
<?= $content ?>
</main>
<footer><p><?= e(t('about')) ?></p></footer>
</body>
</html>
