// Counts down what is left of the holds: from the seconds that the server wrote into the page, by a
// clock that only measures time, so it does not matter what the shopper's own clock says. Without
// JavaScript the page shows what was left when it was made.
'use strict';

const ANNOUNCED_MINUTES = [10, 5, 2];
const ASLEEP_S = 30;

function clockText(seconds) {
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

// A countdown is no live region: who listens to the page hears of it now and then only.
function announcement(seconds, words) {
	if (seconds === 0) {
		return words.timeIsUp;
	}
	if (seconds === 60) {
		return words.oneMinuteLeft;
	}
	if (seconds % 60 === 0 && ANNOUNCED_MINUTES.includes(seconds / 60)) {
		return words.minutesLeft.replace('{n}', seconds / 60);
	}
	return null;
}

function run(countdown) {
	const timer = countdown.querySelector('[role=timer]');
	const status = countdown.querySelector('[role=status]');
	const total = Number(countdown.dataset.seconds);
	const start = performance.now();
	let shown = total;

	const tick = () => {
		const left = Math.max(0, total - Math.floor((performance.now() - start) / 1000));
		for (; shown > left; shown--) {
			const words = announcement(shown - 1, countdown.dataset);
			status.textContent = words ?? status.textContent;
		}
		timer.textContent = clockText(left);
		countdown.classList.toggle('soon', left <= 120);
		if (left === 0) {
			clearInterval(interval);
			countdown.classList.add('over');
			setTimeout(() => location.reload(), 3000); // the server says what the cart is now
		}
	};
	const interval = setInterval(tick, 250);
	tick();
}

// A page that was kept, or that slept with the machine, asks the server anew.
function distrustOldPages() {
	let hiddenAt = Date.now();
	addEventListener('pageshow', (event) => event.persisted && location.reload());
	document.addEventListener('visibilitychange', () => {
		if (document.hidden) {
			hiddenAt = Date.now();
		} else if (Date.now() - hiddenAt > ASLEEP_S * 1000) {
			location.reload();
		}
	});
}

const countdown = document.querySelector('.countdown');
if (countdown !== null) {
	run(countdown);
	distrustOldPages();
}
