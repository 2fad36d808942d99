#!/usr/bin/env node
// Payment: one order whatever is clicked, and the truth for whoever pays late.

import assert from 'node:assert/strict';

import { CUSHION, expireIn, number, reserved, SHOP, sql, stockOf, VASE } from './instance.mjs';
import { shopTest } from './shopper.mjs';

const orders = () => number('SELECT COUNT(*) FROM ShopOrder');

shopTest('an order takes the units off the stock', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.changeTo(2, 'Kilim cushion');
	await shopper.goToPayment();
	await shopper.shoot('payment');
	await shopper.pay();
	await shopper.seesOrder('DONE');
	await shopper.sees('Thank you! Your order is on its way.');
	await shopper.shoot('order');
	assert.deepEqual([stockOf(CUSHION), reserved(CUSHION)], [3, 0]);
	const [[order, total]] = sql('SELECT id, total FROM ShopOrder');
	assert.equal(total, '129900');
	assert.deepEqual(sql('SELECT status, orderId FROM StockReservation WHERE closedAt IS NOT NULL '
		+ 'ORDER BY id DESC LIMIT 1'), [['COMPLETED', order]]);
	await shopper.open('/cart');
	await shopper.sees('Your cart is empty.');
});

shopTest('the holds are extended at the start of payment', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	expireIn(90, VASE);
	await shopper.goToPayment();
	assert.ok(await shopper.secondsLeft() > 1700);
	assert.equal(number('SELECT COUNT(*) FROM StockReservation'), 1);
});

shopTest('a double click orders once', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.goToPayment();
	await shopper.page.getByRole('button', { name: /^Pay / }).dblclick();
	await shopper.seesOrder('DONE');
	assert.equal(orders(), 1);
	assert.equal(stockOf(CUSHION), 4);
});

shopTest('the same form sent twice at once orders once', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.goToPayment();
	const form = await shopper.page.locator('form.bank').evaluate(
		(element) => Object.fromEntries(new FormData(element)));
	const send = () => shopper.context.request.post(`${SHOP}/pay`, { form });
	const answers = await Promise.all([send(), send(), send()]);
	assert.equal(new Set(answers.map((answer) => answer.url())).size, 1);
	assert.match(answers[0].url(), /\/order\?id=C[0-9A-F]{12}$/);
	assert.equal(orders(), 1);
	assert.equal(stockOf(CUSHION), 4);
});

shopTest('going back after the order does not order again', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.buy();
	await shopper.seesOrder('DONE');
	await shopper.page.goBack();
	await shopper.sees('Your cart is empty.');
	assert.equal(await shopper.page.getByRole('button', { name: /^Pay / }).count(), 0);
	await shopper.page.goForward();
	await shopper.seesOrder('DONE');
	await shopper.page.reload();
	await shopper.seesOrder('DONE');
	assert.equal(orders(), 1);
	assert.equal(stockOf(CUSHION), 4);
});

shopTest('a cart that changed meanwhile is shown before it is paid', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.goToPayment();
	const other = await shopper.context.newPage();
	await other.goto(`${SHOP}/cart`);
	await other.getByLabel('Quantity of Kilim cushion', { exact: true }).fill('3');
	await other.getByRole('button', { name: 'Change the quantity of Kilim cushion' }).click();
	await other.getByText('Kilim cushion: held for you.').waitFor();
	await shopper.pay();
	await shopper.sees('Your cart has changed meanwhile. Please check the total once more.');
	assert.equal(orders(), 0);
	await shopper.pay();
	await shopper.seesOrder('DONE');
	assert.equal(stockOf(CUSHION), 2);
});

shopTest('a payment that the bank declines leaves the cart as it was', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await shopper.buy('Decline the payment');
	await shopper.seesOrder('DECLINED');
	await shopper.page.getByRole('link', { name: 'Back to the cart' }).click();
	await shopper.sees('Held for you');
	assert.deepEqual([stockOf(VASE), reserved(VASE)], [1, 1]);
	await shopper.buy();
	await shopper.seesOrder('DONE');
	assert.deepEqual(sql('SELECT status FROM ShopOrder ORDER BY status'), [['DECLINED'], ['DONE']]);
});

shopTest('a late payment is honoured while there is stock', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await shopper.buy('Answer late');
	await shopper.seesOrder('PENDING');
	await shopper.shoot('order-pending');
	expireIn(0, VASE);
	await shopper.press('Let the bank approve now');
	await shopper.seesOrder('DONE');
	assert.equal(stockOf(VASE), 0);
});

shopTest('a late payment without stock is told, and nothing is sold twice', async (enter) => {
	const [late, quick] = [await enter(), await enter()];
	await late.add('Tile vase');
	await late.buy('Answer late');
	await late.seesOrder('PENDING');
	expireIn(0, VASE);
	await quick.add('Tile vase');
	await quick.buy();
	await quick.seesOrder('DONE');

	await late.press('Let the bank approve now');
	await late.seesOrder('SHORT');
	await late.sees(/the items are sold\. You will be refunded\.$/);
	await late.shoot('order-short');
	assert.deepEqual([stockOf(VASE), reserved(VASE)], [0, 0]);
});

shopTest('the cart takes nothing from an order that waits for the bank', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.buy('Answer late');
	await shopper.seesOrder('PENDING');
	const order = shopper.page.url();
	await shopper.add('Kilim cushion');
	await shopper.press('Remove Kilim cushion');
	await shopper.page.goto(order);
	await shopper.press('Let the bank approve now');
	await shopper.seesOrder('DONE');
	assert.deepEqual([stockOf(CUSHION), reserved(CUSHION)], [4, 0]);
});

shopTest('a hold that ended is taken again at payment, or the shopper is told', async (enter) => {
	const [first, second] = [await enter(), await enter()];
	await first.add('Tile vase');
	expireIn(0, VASE);
	await first.goToPayment();
	await first.page.waitForURL('**/payment');
	expireIn(0, VASE);
	await second.add('Tile vase');
	await first.pay();
	await first.sees(/^Tile vase: another shopper has the last one/);
	assert.equal(orders(), 0);
});

shopTest('nobody sees the order of another', async (enter) => {
	const [shopper, other] = [await enter(), await enter()];
	await shopper.add('Kilim cushion');
	await shopper.buy();
	await shopper.seesOrder('DONE');
	const answer = await other.context.request.get(shopper.page.url());
	assert.equal(answer.status(), 404);
});
