// The HTTP half of the peers on Node: routes, what may be asked, answers, one process or several.

import cluster from 'node:cluster';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';

export class Refusal extends Error {
	constructor(status, code, message) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

const invalid = () => new Refusal(400, 'invalid_request', 'The request is not valid.');
export const unknown = () =>
	new Refusal(404, 'not_found', 'There is no such variant or reservation.');
export const short = () =>
	new Refusal(409, 'insufficient_stock', 'There is not enough in stock.');
export const cancelled = () =>
	new Refusal(409, 'reservation_cancelled', 'The reservation was cancelled.');

function number(value, max = Number.MAX_SAFE_INTEGER) {
	if (!Number.isInteger(value) || value < 1 || value > max) throw invalid();
	return value;
}

// Visible ASCII characters.
function text(value, max) {
	if (typeof value !== 'string' || value.length > max || !/^[!-~]+$/.test(value)) throw invalid();
	return value;
}

function ids(value) {
	if (!Array.isArray(value) || value.length < 1 || value.length > 100) throw invalid();
	return [...new Set(value.map((id) => number(id)))];
}

// What is done at a path, and the status of its good end.
const jobs = {
	'/api/stock/reserve': [201, (shop, ask, requestId) => shop.reserve({
		variantId: number(ask.variantId),
		quantity: number(ask.quantity, 1000000),
		sessionId: text(ask.sessionId, 128),
		requestId,
	})],
	'/api/stock/cancel-reservation': [200, (shop, ask, requestId) => shop.cancel({
		reservationId: number(ask.reservationId),
		requestId,
	})],
	'/api/stock/convert-reservations': [200, (shop, ask, requestId) => shop.convert({
		reservationIds: ids(ask.reservationIds),
		orderId: ask.orderId == null ? null : text(ask.orderId, 64),
		requestId,
	})],
};

function read(request) {
	return new Promise((resolve, reject) => {
		const chunks = [];
		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => resolve(Buffer.concat(chunks).toString()));
		request.on('error', reject);
	});
}

function parse(body) {
	let ask;
	try {
		ask = JSON.parse(body);
	} catch {
		throw invalid();
	}
	if (ask === null || typeof ask !== 'object') throw invalid();
	return ask;
}

// Whatever is no refusal is the database's trouble.
function failed(error) {
	if (error instanceof Refusal) return error;
	console.error(error.message);
	return new Refusal(503, 'unavailable', 'Please try again.');
}

async function serve(shop, request, response) {
	let status;
	let answer;
	try {
		if (!jobs[request.url]) {
			throw new Refusal(404, 'no_such_endpoint', 'There is no such endpoint.');
		}
		const [good, work] = jobs[request.url];
		const ask = parse(await read(request));
		const requestId = request.headers['x-request-id-nginx'] ?? null;
		answer = { success: true, ...(await work(shop, ask, requestId)) };
		status = good;
	} catch (error) {
		const refusal = failed(error);
		answer = { success: false, code: refusal.code, message: refusal.message };
		status = refusal.status;
	}
	const body = JSON.stringify(answer);
	response.writeHead(status, {
		'Content-Type': 'application/json',
		'Content-Length': Buffer.byteLength(body),
	});
	response.end(body);
}

function listen(open) {
	const shop = open();
	const path = process.env.PEER_LISTEN;
	const server = createServer((request, response) => serve(shop, request, response));
	// Longer than nginx keeps an idle connection (60 s), so that it is never closed under a request.
	server.keepAliveTimeout = 90_000;
	server.listen({ path, backlog: 4096 }, () => {
		if (!cluster.isWorker) chmodSync(path, 0o660);
	});
	process.on('SIGTERM', () => {
		server.close(async () => {
			await shop.close();
			process.exit(0);
		});
		server.closeIdleConnections();
	});
}

// One process, or as many as PEER_PROCESSES says.
export function start(open) {
	const processes = Number(process.env.PEER_PROCESSES ?? 1);
	if (processes === 1 || cluster.isWorker) {
		listen(open);
		return;
	}
	for (let i = 0; i < processes; i++) cluster.fork();
	cluster.on('listening', () => chmodSync(process.env.PEER_LISTEN, 0o660));
	process.on('SIGTERM', () => {
		for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
	});
}
