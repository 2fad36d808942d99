#!/usr/bin/env node
// For everybody: by keyboard alone, on a phone, without JavaScript, and by the rules of WCAG 2.1 AA.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { reserved, stockOf, VASE } from './instance.mjs';
import { packages, shopTest } from './shopper.mjs';

// Tab until the focus is on the element with this name.
async function tabTo(page, name) {
	for (let presses = 0; presses < 40; presses++) {
		await page.keyboard.press('Tab');
		const focused = await page.evaluate(() => {
			const element = document.activeElement;
			return element.getAttribute('aria-label') ?? element.textContent.trim();
		});
		if (name.test(focused)) return;
	}
	assert.fail(`the focus never comes to ${name}`);
}

shopTest('by keyboard alone, from the list to the order', async (enter) => {
	const { page } = await enter();
	await page.keyboard.press('Tab');
	assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
	await page.keyboard.press('Enter');
	await tabTo(page, /^Add to cart: Tile vase$/);
	const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
	assert.equal(outline, 'solid', 'the focus is seen');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/cart');
	assert.match(await page.evaluate(() => document.activeElement.textContent),
		/^Tile vase: held for you/, 'the focus is on what the shop says');
	await tabTo(page, /^Quantity of Tile vase$/);
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	await page.getByText('Tile vase: you can have 1 at most.').waitFor();
	await tabTo(page, /^Go to payment$/);
	await page.keyboard.press('Enter');
	await page.waitForURL('**/payment');
	await tabTo(page, /^Pay /);
	await page.keyboard.press('Enter');
	await page.locator('#status[data-status=DONE]').waitFor();
	assert.equal(stockOf(VASE), 0);
});

shopTest('on a phone nothing is cut off', async (enter) => {
	const shopper = await enter({ viewport: { width: 340, height: 680 }, isMobile: true,
		hasTouch: true });
	const check = async (name) => {
		const width = await shopper.page.evaluate(() => document.documentElement.scrollWidth);
		assert.ok(width <= 340, `${name} is ${width} px wide`);
		await shopper.shoot(`phone-${name}`);
	};
	await check('products');
	await shopper.add('Kilim cushion');
	await shopper.add('Tile vase');
	await check('cart');
	await shopper.goToPayment();
	await check('payment');
	await shopper.pay();
	await shopper.seesOrder('DONE');
	await check('order');
});

shopTest('without JavaScript, too', async (enter) => {
	const shopper = await enter({ javaScriptEnabled: false });
	await shopper.add('Tile vase');
	assert.ok(await shopper.secondsLeft() > 1700);
	await shopper.buy();
	await shopper.seesOrder('DONE');
});

shopTest('no page breaks a rule of WCAG 2.1 AA', async (enter) => {
	const shopper = await enter();
	const axe = readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');
	const check = async (name) => {
		await shopper.page.evaluate(axe);
		const found = await shopper.page.evaluate(() =>
			axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
		assert.deepEqual(found.violations.map(({ id, nodes }) =>
			`${name}: ${id}: ${nodes.map((node) => node.html).join(' | ')}`), []);
	};
	await check('products');
	await shopper.add('Kilim cushion');
	await check('cart');
	await shopper.changeTo(9, 'Kilim cushion');
	await shopper.sees('you can have 5 at most');
	await check('cart with a warning');
	await shopper.open('/login');
	await check('login');
	await shopper.goToPayment();
	await check('payment');
	await shopper.pay('Answer late');
	await check('order');
	await shopper.open('/cart');
	await check('empty cart');
	assert.equal(reserved(VASE), 0);
});
