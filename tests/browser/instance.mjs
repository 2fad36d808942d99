// The instance under test, started by ./run: the same as of tests/lib/stok.py.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const VAR = process.env.STOK_VAR ?? join(ROOT, 'var', 'check');
export const PORT = Number(process.env.STOK_PORT ?? 18088);
export const SHOP = `http://127.0.0.1:${PORT}/shop`;

// The variants of the demo shop.
export const [TEA_GLASS, TICKET, CUSHION, VASE, COFFEE_POT] = [1, 2, 3, 4, 5];

// Starts whatever part of the instance does not run.
export function startInstance() {
	execFileSync(join(ROOT, 'run'), ['--port', String(PORT), '--detach'],
		{ env: { ...process.env, STOK_VAR: VAR }, stdio: ['ignore', 'ignore', 'inherit'] });
}

// The shop as it is on its first day: nothing held, nothing ordered, nobody there.
export function emptyShop() {
	sql(`DELETE FROM StockReservation; DELETE FROM ProductVariant; DELETE FROM ShopOrderLine;
		DELETE FROM ShopOrder; DELETE FROM ShopSession;
		INSERT INTO ProductVariant (id, stock) VALUES (${TEA_GLASS}, 1000), (${TICKET}, 50),
			(${CUSHION}, 5), (${VASE}, 1), (${COFFEE_POT}, 0)`);
}

// Runs statements as the database's owner. The rows of the last, as lists of text.
export function sql(statements) {
	const options = [`--defaults-file=${VAR}/my.cnf`, '--batch', '--skip-column-names', 'stok'];
	const text = execFileSync('mariadb', options, { input: statements, encoding: 'utf8' });
	return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
}

export function number(question) {
	return Number(sql(question)[0][0]);
}

// Units of a variant that are held.
export function reserved(variant) {
	return number(`SELECT reserved FROM ProductVariant WHERE id = ${variant}`);
}

export function stockOf(variant) {
	return number(`SELECT stock FROM ProductVariant WHERE id = ${variant}`);
}

// Lets the live holds of a variant end so many seconds from now.
export function expireIn(seconds, variant) {
	sql(`UPDATE StockReservation SET expiresAt = UTC_TIMESTAMP(3) + INTERVAL ${seconds} SECOND
		WHERE status = 'ACTIVE' AND variantId = ${variant}`);
}

// Ends the pool, whose leader ./run knows; nginx stays.
export async function stopPool() {
	const pool = Number(readFileSync(join(VAR, 'run', 'pool.pid'), 'ascii'));
	process.kill(pool, 'SIGTERM');
	for (let tries = 0; isRunning(pool); tries++) {
		if (tries === 200) throw new Error('the pool does not end');
		await pause(50);
	}
}

// A zombie has ended, though nobody has noticed.
function isRunning(pid) {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'ascii');
		return !'ZX'.includes(stat.slice(stat.lastIndexOf(')') + 2)[0]);
	} catch {
		return false;
	}
}
