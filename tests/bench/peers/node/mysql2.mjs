// A peer of the bench: the job of stok as a shop on Node with mysql2 does it.

import mysql from 'mysql2/promise';
import { cancelled, short, start, unknown } from './http.mjs';

function open() {
	const pool = mysql.createPool({
		socketPath: process.env.PEER_DB_SOCKET,
		user: process.env.PEER_DB_USER,
		password: process.env.PEER_DB_PASSWORD,
		database: process.env.PEER_DB_NAME,
		connectionLimit: Number(process.env.PEER_CONNECTIONS ?? 16),
		dateStrings: true,
	});
	pool.on('connection', (connection) => {
		connection.query("SET SESSION time_zone = '+00:00'");
		connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
	});

	async function transact(work) {
		const connection = await pool.getConnection();
		try {
			await connection.beginTransaction();
			const answer = await work(connection);
			await connection.commit();
			connection.release();
			return answer;
		} catch (error) {
			try {
				await connection.rollback();
				connection.release();
			} catch {
				connection.destroy(); // it is lost, and the transaction with it
			}
			throw error;
		}
	}

	const reserve = ({ variantId, quantity, sessionId, requestId }) => transact(async (tx) => {
		// SYSDATE is read once the lock is had; the other clocks stand still meanwhile.
		const [[variant]] = await tx.execute(
			'SELECT stock - reserved AS available, SYSDATE(3) + INTERVAL 30 MINUTE AS expiresAt ' +
				'FROM ProductVariant WHERE id = ? FOR UPDATE',
			[variantId],
		);
		if (!variant) throw unknown();
		if (variant.available < quantity) throw short();
		const [{ insertId }] = await tx.execute(
			'INSERT INTO StockReservation (variantId, quantity, sessionId, status, createdAt, ' +
				"expiresAt, createdRequestId) VALUES (?, ?, ?, 'ACTIVE', UTC_TIMESTAMP(3), ?, ?)",
			[variantId, quantity, sessionId, variant.expiresAt, requestId],
		);
		await tx.execute('UPDATE ProductVariant SET reserved = reserved + ? WHERE id = ?', [
			quantity,
			variantId,
		]);
		return {
			message: 'The items are reserved for you.',
			reservationId: insertId,
			variantId,
			quantity,
			status: 'ACTIVE',
			expiresAt: `${variant.expiresAt.replace(' ', 'T')}Z`,
		};
	});

	// Variants first, ascending, so that nobody waits in a circle; then their holds.
	async function lockHolds(tx, ids) {
		const [found] = await tx.query('SELECT variantId FROM StockReservation WHERE id IN (?)', [
			ids,
		]);
		if (found.length < ids.length) throw unknown();
		await tx.query(
			'SELECT id FROM ProductVariant FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id FOR UPDATE',
			[found.map((hold) => hold.variantId)],
		);
		const [holds] = await tx.query(
			'SELECT id, variantId, quantity, status FROM StockReservation WHERE id IN (?) ' +
				'ORDER BY id FOR UPDATE',
			[ids],
		);
		return holds;
	}

	// `change`: columns that get these values. Returns how many units the holds have.
	async function close(tx, holds, requestId, change, takesStock) {
		if (holds.length === 0) return 0;
		await tx.query(
			'UPDATE StockReservation SET ?, closedAt = UTC_TIMESTAMP(3), closedRequestId = ? ' +
				'WHERE id IN (?)',
			[change, requestId, holds.map((hold) => hold.id)],
		);
		const units = new Map();
		for (const { variantId, quantity } of holds) {
			units.set(variantId, (units.get(variantId) ?? 0) + quantity);
		}
		let sum = 0;
		for (const [variantId, quantity] of units) {
			const sold = takesStock ? quantity : 0;
			const [{ affectedRows }] = await tx.execute(
				'UPDATE ProductVariant SET stock = stock - ?, reserved = reserved - ? ' +
					'WHERE id = ? AND stock >= ?',
				[sold, quantity, variantId, sold],
			);
			if (affectedRows === 0) throw short();
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

	return { reserve, cancel, convert, close: () => pool.end() };
}

start(open);
