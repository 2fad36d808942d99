// Shoppers in a real browser, and a frame for the tests of what they meet.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { after } from 'node:test';

import { emptyShop, ROOT, SHOP, startInstance, VAR } from './instance.mjs';

// ./check has installed the packages there.
export const packages = createRequire(
	join(process.env.STOK_BROWSER ?? join(ROOT, 'var', 'browser'), 'package.json'));
const { chromium } = packages('playwright-core');
const SCREENS = join(VAR, 'screens');

mkdirSync(SCREENS, { recursive: true });
startInstance();
const browser = await chromium.launch({
	executablePath: process.env.STOK_CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
after(() => browser.close());

// One shopper: a browser with cookies of its own, and a page.
class Shopper {
	complaints = []; // of the browser: errors of scripts, of the policy for content, of loading

	constructor(context, page) {
		this.context = context;
		this.page = page;
		page.on('console', (message) =>
			message.type() === 'error' && this.complaints.push(message.text()));
		page.on('pageerror', (error) => this.complaints.push(String(error)));
	}

	static async enter(options) {
		const context = await browser.newContext({ locale: 'en-GB',
			viewport: { width: 1000, height: 760 }, ...options });
		context.setDefaultTimeout(15_000);
		const shopper = new Shopper(context, await context.newPage());
		await shopper.open('/');
		return shopper;
	}

	open(path) {
		return this.page.goto(SHOP + path);
	}

	// A button by its name, which is what a screen reader says.
	button(name) {
		return this.page.getByRole('button', { name, exact: true });
	}

	press(name) {
		return this.button(name).click();
	}

	async add(product) {
		await this.open('/');
		await this.press(`Add to cart: ${product}`);
		await this.page.waitForURL('**/cart');
	}

	// The field of a line of the cart.
	quantity(product) {
		return this.page.getByLabel(`Quantity of ${product}`, { exact: true });
	}

	async changeTo(quantity, product) {
		await this.quantity(product).fill(String(quantity));
		await this.press(`Change the quantity of ${product}`);
	}

	async goToPayment() {
		await this.open('/cart');
		await this.press('Go to payment');
	}

	// On the payment page. `answer`: what the bank shall say, as its label has it.
	async pay(answer = 'Approve the payment') {
		await this.page.getByLabel(answer).check();
		await this.page.getByRole('button', { name: /^Pay / }).click();
	}

	async buy(answer) {
		await this.goToPayment();
		await this.pay(answer);
	}

	// What the shop has told: of kind good, note or warning.
	told(kind) {
		return this.page.locator(`.told.${kind}`);
	}

	// Waits until the page shows it.
	async sees(text) {
		await this.page.getByText(text).first().waitFor();
	}

	async seesOrder(status) {
		await this.page.locator(`#status[data-status=${status}]`).waitFor();
	}

	async secondsLeft() {
		const [minutes, seconds] = (await this.page.getByRole('timer').textContent()).split(':');
		return Number(minutes) * 60 + Number(seconds);
	}

	shoot(name, options = {}) {
		const path = join(SCREENS, `${name}.png`);
		return this.page.screenshot({ path, fullPage: true, ...options });
	}
}

// A test in an empty shop. `work` is given a function that lets a shopper enter.
export function shopTest(name, work) {
	test(name, async () => {
		const shoppers = [];
		emptyShop();
		try {
			await work(async (options) => {
				shoppers.push(await Shopper.enter(options));
				return shoppers.at(-1);
			});
			for (const shopper of shoppers) assert.deepEqual(shopper.complaints, []);
		} catch (error) {
			for (const [number, shopper] of shoppers.entries()) {
				await shopper.shoot(`FAILED ${name} ${number + 1}`).catch(() => {});
			}
			throw error;
		} finally {
			for (const shopper of shoppers) await shopper.context.close();
		}
	});
}
