	<h1><?= e(t('log_in')) ?></h1>
	<p class="intro"><?= e(t('login_hint')) ?></p>
	<form class="login" method="post" action="/shop/login"><?= form_members() ?>
		<label for="email"><?= e(t('email')) ?></label>
		<input id="email" name="email" type="email" autocomplete="username" required>
		<label for="password"><?= e(t('password')) ?></label>
		<input id="password" name="password" type="password" autocomplete="current-password" required>
		<button><?= e(t('log_in')) ?></button>
	</form>
