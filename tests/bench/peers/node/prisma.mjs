// A peer of the bench: the job of stok as it is first designed on Node with Prisma, as interactive
// transactions.

import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import client from './generated/index.js';
import { cancelled, short, start, unknown } from './http.mjs';

const { Prisma, PrismaClient } = client;

// Who wants a hot variant waits for a connection, then for the variant's lock.
const PATIENCE_MS = 20_000;

function open() {
	const adapter = new PrismaMariaDb({
		socketPath: process.env.PEER_DB_SOCKET,
		user: process.env.PEER_DB_USER,
		password: process.env.PEER_DB_PASSWORD,
		database: process.env.PEER_DB_NAME,
		connectionLimit: Number(process.env.PEER_CONNECTIONS ?? 16),
		acquireTimeout: PATIENCE_MS,
		// The adapter's default is none: each statement would be prepared anew.
		prepareCacheLength: 256,
		initSql: [
			"SET SESSION time_zone = '+00:00'",
			'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
		],
	});
	const prisma = new PrismaClient({ adapter });

	const transact = (work) =>
		prisma.$transaction(work, { maxWait: PATIENCE_MS, timeout: PATIENCE_MS });

	const reserve = ({ variantId, quantity, sessionId, requestId }) => transact(async (tx) => {
		// SYSDATE is read once the lock is had; the other clocks stand still meanwhile.
		const [variant] = await tx.$queryRaw`
			SELECT stock, reserved, SYSDATE(3) + INTERVAL 30 MINUTE AS expiresAt
			FROM ProductVariant WHERE id = ${variantId} FOR UPDATE`;
		if (!variant) throw unknown();
		if (variant.stock - variant.reserved < quantity) throw short();
		const hold = await tx.stockReservation.create({
			data: {
				variantId,
				quantity,
				sessionId,
				expiresAt: variant.expiresAt,
				createdRequestId: requestId,
			},
			select: { id: true },
		});
		// Not update(), which reads the row before and after.
		await tx.productVariant.updateMany({
			where: { id: variantId },
			data: { reserved: { increment: quantity } },
		});
		return {
			message: 'The items are reserved for you.',
			reservationId: Number(hold.id),
			variantId,
			quantity,
			status: 'ACTIVE',
			expiresAt: variant.expiresAt.toISOString(),
		};
	});

	// Variants first, ascending, so that nobody waits in a circle; then their holds.
	async function lockHolds(tx, ids) {
		const found = await tx.stockReservation.findMany({
			where: { id: { in: ids } },
			select: { variantId: true },
		});
		if (found.length < ids.length) throw unknown();
		const variants = found.map((hold) => hold.variantId);
		await tx.$queryRaw`
			SELECT id FROM ProductVariant FORCE INDEX (PRIMARY)
			WHERE id IN (${Prisma.join(variants)}) ORDER BY id FOR UPDATE`;
		return tx.$queryRaw`
			SELECT id, variantId, quantity, status FROM StockReservation
			WHERE id IN (${Prisma.join(ids)}) ORDER BY id FOR UPDATE`;
	}

	// `change`: columns that get these values. Returns how many units the holds have.
	async function close(tx, holds, requestId, change, takesStock) {
		if (holds.length === 0) return 0;
		const [{ now }] = await tx.$queryRaw`SELECT UTC_TIMESTAMP(3) AS now`;
		await tx.stockReservation.updateMany({
			where: { id: { in: holds.map((hold) => hold.id) } },
			data: { ...change, closedAt: now, closedRequestId: requestId },
		});
		const units = new Map();
		for (const { variantId, quantity } of holds) {
			units.set(variantId, (units.get(variantId) ?? 0) + Number(quantity));
		}
		let sum = 0;
		for (const [id, quantity] of units) {
			const sold = takesStock ? quantity : 0;
			const { count } = await tx.productVariant.updateMany({
				where: { id, stock: { gte: sold } },
				data: { stock: { decrement: sold }, reserved: { decrement: quantity } },
			});
			if (count === 0) throw short();
			sum += quantity;
		}
		return sum;
	}

	const cancel = ({ reservationId, requestId }) => transact(async (tx) => {
		const holds = await lockHolds(tx, [reservationId]);
		const active = holds.filter((hold) => hold.status === 'ACTIVE');
		const change = { status: 'CANCELLED', cancelReason: 'CUSTOMER' };
		const released = await close(tx, active, requestId, change, false);
		return {
			message: 'The reservation is closed.',
			reservationId,
			status: released > 0 ? 'CANCELLED' : holds[0].status,
			released,
		};
	});

	const convert = ({ reservationIds, orderId, requestId }) => transact(async (tx) => {
		const holds = await lockHolds(tx, reservationIds);
		if (holds.some((hold) => hold.status === 'CANCELLED')) throw cancelled();
		const active = holds.filter((hold) => hold.status === 'ACTIVE');
		const change = { status: 'COMPLETED', orderId };
		const converted = await close(tx, active, requestId, change, true);
		return { message: 'The order is complete.', status: 'COMPLETED', converted };
	});

	return { reserve, cancel, convert, close: () => prisma.$disconnect() };
}

start(open);
