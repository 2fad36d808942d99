	<h1><?= e(t('problem')) ?></h1>
	<p class="told warning" role="alert"><?= e($text) ?></p>
	<p><a href="/shop/"><?= e(t('to_products')) ?></a></p>
