#!/usr/bin/env node
// The service is down: the cart stays open, payment is closed, and what was paid is finished later.

import assert from 'node:assert/strict';
import { afterEach } from 'node:test';

import { number, reserved, startInstance, stockOf, stopPool, TEA_GLASS, VASE } from './instance.mjs';
import { shopTest } from './shopper.mjs';

afterEach(startInstance);

shopTest('at the cart: the shopper goes on without a hold, and is told', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await stopPool();

	await shopper.open('/');
	await shopper.sees('We cannot reach our stock at the moment. You are welcome to look around.');
	await shopper.add('Tea glass');
	await shopper.sees(/^Tea glass: in your cart, but we cannot hold it for you at the moment\./);
	await shopper.sees('We cannot reach our stock at the moment. Your cart is safe;');
	await shopper.sees('Not held yet');
	await shopper.sees('Cannot be checked at the moment');
	await shopper.shoot('away-cart');

	startInstance();
	await shopper.goToPayment();
	await shopper.page.waitForURL('**/payment');
	assert.deepEqual([reserved(VASE), reserved(TEA_GLASS)], [1, 1]);
});

shopTest('at the cart: what is removed or logged in with then is no trouble', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await shopper.add('Tea glass');
	await stopPool();
	await shopper.open('/cart');
	await shopper.press('Remove Tea glass');
	await shopper.sees('Tea glass: removed from your cart.');
	await shopper.open('/login');
	await shopper.page.getByLabel('E-mail').fill('ayse@example.com');
	await shopper.page.getByLabel('Password').fill('carsi');
	await shopper.press('Log in');
	await shopper.sees('Hello Ayşe! Your cart is with you.');

	startInstance();
	await shopper.open('/cart');
	await shopper.sees('Held for you');
	await shopper.buy();
	await shopper.seesOrder('DONE');
});

shopTest('at payment: closed, and no money is taken', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await stopPool();
	await shopper.goToPayment();
	await shopper.sees('Payment is closed at the moment');
	await shopper.shoot('away-payment');

	startInstance();
	await shopper.goToPayment();
	await shopper.page.waitForURL('**/payment');
	await stopPool();
	await shopper.pay();
	await shopper.sees('Payment is closed at the moment');
	await shopper.sees('You have not been charged.');
	assert.equal(number('SELECT COUNT(*) FROM ShopOrder'), 0);

	startInstance();
	await shopper.buy();
	await shopper.seesOrder('DONE');
	assert.equal(stockOf(VASE), 0);
});

shopTest('what was paid meanwhile is finished once the service is back', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await shopper.buy('Answer late');
	await shopper.seesOrder('PENDING');
	await stopPool();
	await shopper.press('Let the bank approve now');
	await shopper.seesOrder('PAID');
	await shopper.sees('We have your payment. Your order is being confirmed;');
	assert.equal(stockOf(VASE), 1);

	startInstance();
	await shopper.page.reload();
	await shopper.seesOrder('DONE');
	assert.equal(stockOf(VASE), 0);
});
