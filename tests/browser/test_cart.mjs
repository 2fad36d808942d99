#!/usr/bin/env node
// The cart: what is held, for whom and for how long.

import assert from 'node:assert/strict';

import { CUSHION, expireIn, number, reserved, SHOP, sql, TEA_GLASS, VASE } from './instance.mjs';
import { shopTest } from './shopper.mjs';

shopTest('two shoppers race for the last unit, and the second sees the warning', async (enter) => {
	const shoppers = [await enter(), await enter()];
	for (const shopper of shoppers) {
		await shopper.add('Tea glass');
		await shopper.add('Kilim cushion');
		await shopper.open('/');
	}
	await Promise.all(shoppers.map((shopper) => shopper.press('Add to cart: Tile vase')));
	await Promise.all(shoppers.map((shopper) => shopper.page.waitForURL('**/cart')));

	assert.equal(reserved(VASE), 1);
	const has = await Promise.all(
		shoppers.map((shopper) => shopper.page.locator(`#line-${VASE}`).count()));
	assert.deepEqual([...has].sort(), [0, 1]);
	const [first, second] = has[0] === 1 ? shoppers : [...shoppers].reverse();
	assert.match(await first.told('good').textContent(), /^Tile vase: held for you/);
	const warning = await second.told('warning').textContent();
	assert.match(warning, /^Tile vase: another shopper has the last one in the cart\. /);
	assert.match(warning, / It may be free again in \d+ min\.$/);
	assert.equal(await second.told('warning').getAttribute('role'), 'alert');
	assert.equal(await second.quantity('Tea glass').inputValue(), '1');
	await first.shoot('cart');
	await second.page.setViewportSize({ width: 860, height: 650 });
	await second.shoot('cart-warning', { fullPage: false }); // README's tests/storefront/cart.png
});

shopTest('a Turkish shopper reads the warning in Turkish', async (enter) => {
	await (await enter()).add('Tile vase');
	const shopper = await enter({ locale: 'tr-TR' });
	await shopper.press('Sepete ekle: Çini vazo');
	await shopper.sees(/^Çini vazo: sonuncusu başka bir müşterinin sepetinde\./);
	assert.equal(await shopper.page.locator('html').getAttribute('lang'), 'tr');
	await shopper.open('/');
	await shopper.shoot('products-tr');
	await shopper.page.getByRole('link', { name: 'English' }).click();
	await shopper.sees('Whatever you put into your cart is yours for 30 minutes.');
});

shopTest('the list shows what can be had', async (enter) => {
	const shopper = await enter();
	const words = (variant) => shopper.page.locator(`#product-${variant} .stock`).textContent();
	assert.equal(await words(TEA_GLASS), 'In stock');
	assert.equal(await words(CUSHION), 'Only 5 left');
	assert.ok(await shopper.button('Add to cart: Copper coffee pot').isDisabled());
	const other = await enter();
	await other.add('Tile vase');
	await other.open('/');
	await other.sees('No more to be had');
	await other.sees('In your cart: 1');
	await shopper.open('/');
	assert.match(await words(VASE), /^All in other carts; may be free in \d+ min$/);
	await shopper.shoot('products');
});

shopTest('the countdown goes by the server, whatever the own clock says', async (enter) => {
	const shopper = await enter();
	await shopper.page.addInitScript(() => {
		const now = Date.now;
		Date.now = () => now() + 86_400_000;
		addEventListener('DOMContentLoaded', () => {
			window.shownAtFirst = document.querySelector('[role=timer]')?.textContent;
		});
	});
	await shopper.add('Tea glass');
	const before = await shopper.secondsLeft();
	assert.ok(before > 1700 && before <= 1800, `${before} s`);
	await shopper.page.waitForFunction(
		() => document.querySelector('[role=timer]').textContent !== shownAtFirst);
	const after = await shopper.secondsLeft();
	assert.ok(after < before && after > 1700, `${after} s`);
});

shopTest('the countdown reaches zero, and the unit is free for the other', async (enter) => {
	const [first, second] = [await enter(), await enter()];
	await first.add('Tile vase');
	await second.add('Tile vase');
	assert.equal(await second.page.locator(`#line-${VASE}`).count(), 0);

	expireIn(5, VASE);
	await first.open('/cart');
	await first.page.getByText('The time is up').waitFor();
	assert.equal(await first.secondsLeft(), 0);
	await first.sees('The hold has ended');
	await first.shoot('cart-ended');

	await second.add('Tile vase');
	await second.sees('Tile vase: held for you.');
	await first.press('Hold again: Tile vase');
	await first.sees(/^Tile vase: another shopper has the last one/);
	assert.equal(reserved(VASE), 1);
});

shopTest('a hold that has ended is taken again while there is stock', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	expireIn(0, VASE);
	await shopper.open('/cart');
	await shopper.press('Hold again: Tile vase');
	await shopper.sees('Held for you');
	assert.equal(reserved(VASE), 1);
});

shopTest('a quantity change that is refused keeps the old hold', async (enter) => {
	const shopper = await enter();
	await shopper.add('Kilim cushion');
	await shopper.changeTo(4, 'Kilim cushion');
	await shopper.sees('Kilim cushion: held for you.');
	assert.equal(reserved(CUSHION), 4);

	await shopper.changeTo(7, 'Kilim cushion');
	await shopper.sees('Kilim cushion: you can have 5 at most. Your cart is as it was.');
	assert.equal(await shopper.quantity('Kilim cushion').inputValue(), '4');
	await shopper.sees('Held for you');
	assert.equal(reserved(CUSHION), 4);

	await shopper.changeTo(5, 'Kilim cushion');
	await shopper.sees('Kilim cushion: held for you.');
	assert.equal(reserved(CUSHION), 5);
	assert.equal(number("SELECT COUNT(*) FROM StockReservation WHERE status = 'ACTIVE'"), 1);
});

shopTest('what is removed is free at once', async (enter) => {
	const shopper = await enter();
	await shopper.add('Tile vase');
	await shopper.press('Remove Tile vase');
	await shopper.sees('Your cart is empty.');
	assert.equal(reserved(VASE), 0);
});

shopTest('a double click adds one', async (enter) => {
	const shopper = await enter();
	await shopper.button('Add to cart: Kilim cushion').dblclick();
	await shopper.page.waitForURL('**/cart');
	await shopper.open('/cart');
	assert.equal(await shopper.quantity('Kilim cushion').inputValue(), '1');
	assert.equal(reserved(CUSHION), 1);
});

shopTest('the same form sent twice at once adds one', async (enter) => {
	const shopper = await enter();
	const form = await shopper.page.locator(`#product-${CUSHION} form`).evaluate(
		(element) => Object.fromEntries(new FormData(element)));
	const send = () => shopper.context.request.post(`${SHOP}/add`, { form });
	await Promise.all([send(), send()]);
	await shopper.open('/cart');
	assert.equal(await shopper.quantity('Kilim cushion').inputValue(), '1');
	assert.equal(reserved(CUSHION), 1);
});

shopTest('login keeps the cart, and changes the session', async (enter) => {
	const shopper = await enter();
	const cookie = async () => (await shopper.context.cookies()).find(({ name }) => name === 'shop');
	await shopper.add('Tile vase');
	const [[hold, session]] = sql('SELECT id, sessionId FROM StockReservation');
	const before = await cookie();
	assert.ok(before.httpOnly && before.sameSite === 'Lax');

	await shopper.page.getByRole('link', { name: 'Log in' }).click();
	await shopper.page.getByLabel('E-mail').fill('ayse@example.com');
	await shopper.page.getByLabel('Password').fill('wrong');
	await shopper.press('Log in');
	await shopper.sees('The e-mail or the password is wrong.');
	assert.equal((await cookie()).value, before.value);

	await shopper.page.getByLabel('E-mail').fill('ayse@example.com');
	await shopper.page.getByLabel('Password').fill('carsi');
	await shopper.press('Log in');
	await shopper.sees('Hello Ayşe! Your cart is with you.');
	assert.equal(await shopper.quantity('Tile vase').inputValue(), '1');
	await shopper.sees('Held for you');
	assert.notEqual((await cookie()).value, before.value);
	const [[moved, newSession, user]] = sql('SELECT id, sessionId, userId FROM StockReservation');
	assert.deepEqual([moved, user], [hold, '1']);
	assert.notEqual(newSession, session);

	await shopper.changeTo(1, 'Tile vase');
	await shopper.sees('Tile vase: held for you.');
	await shopper.page.getByRole('button', { name: /^Log out/ }).click();
	await shopper.page.getByRole('link', { name: 'Log in' }).waitFor();
	assert.equal(reserved(VASE), 0);
});

shopTest('a form of another site is refused', async (enter) => {
	const shopper = await enter();
	const answer = await shopper.context.request.post(`${SHOP}/add`,
		{ form: { variantId: VASE, csrf: 'guessed' } });
	assert.equal(answer.status(), 403);
	assert.equal(reserved(VASE), 0);
});
