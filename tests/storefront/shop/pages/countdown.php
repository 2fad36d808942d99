<?php if ($secondsLeft !== null): ?>
	<div class="countdown" data-seconds="<?= $secondsLeft ?>"
		data-minutes-left="<?= e(t('minutes_left')) ?>" data-one-minute-left="<?= e(t('one_minute_left')) ?>"
		data-time-is-up="<?= e(t('time_is_up')) ?>">
		<p><?= e(t('time_left')) ?>
			<strong role="timer"><?= sprintf('%d:%02d', intdiv($secondsLeft, 60), $secondsLeft % 60) ?></strong></p>
		<p class="announced" role="status"></p>
	</div>
<?php endif ?>
