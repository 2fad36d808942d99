<?php
/* Sessions in the shop's table, as a shop on several web servers has them. */
declare(strict_types=1);

/**
 * One request of a session at a time: a second click waits for the first, and finds what it left.
 * The lock is the connection's, so it never outlives the request.
 */
final class TableSessions implements SessionHandlerInterface, SessionUpdateTimestampHandlerInterface
{
	private ?string $locked = null;

	public function open(string $path, string $name): bool
	{
		return true;
	}

	public function close(): bool
	{
		if ($this->locked !== null) {
			query('SELECT RELEASE_LOCK(?)', [$this->locked])->fetchAll();
			$this->locked = null;
		}
		return true;
	}

	public function read(string $id): string|false
	{
		$this->locked = 'shop-' . substr($this->hashed($id), 0, 40);
		if (query('SELECT GET_LOCK(?, 10)', [$this->locked])->fetchColumn() != 1) {
			throw new RuntimeException('another request of this session takes too long');
		}
		return (string)query('SELECT data FROM ShopSession WHERE id = ? AND expiresAt > '
			. 'UTC_TIMESTAMP()', [$this->hashed($id)])->fetchColumn();
	}

	public function write(string $id, string $data): bool
	{
		query('INSERT INTO ShopSession (id, data, expiresAt) VALUES (?, ?, UTC_TIMESTAMP() + '
			. 'INTERVAL ? SECOND) ON DUPLICATE KEY UPDATE data = VALUES(data), '
			. 'expiresAt = VALUES(expiresAt)', [$this->hashed($id), $data, SESSION_SECONDS]);
		return true;
	}

	public function updateTimestamp(string $id, string $data): bool
	{
		return $this->write($id, $data);
	}

	public function destroy(string $id): bool
	{
		query('DELETE FROM ShopSession WHERE id = ?', [$this->hashed($id)]);
		return true;
	}

	public function gc(int $max_lifetime): int|false
	{
		return query('DELETE FROM ShopSession WHERE expiresAt <= UTC_TIMESTAMP() LIMIT 500')
			->rowCount();
	}

	/** Only ids that this shop gave out: nobody chooses one for another. */
	public function validateId(string $id): bool
	{
		return query('SELECT 1 FROM ShopSession WHERE id = ? AND expiresAt > UTC_TIMESTAMP()',
			[$this->hashed($id)])->fetchColumn() !== false;
	}

	private function hashed(string $id): string
	{
		return hash('sha256', $id);
	}
}

function start_session(): void
{
	session_set_save_handler(new TableSessions(), true);
	session_start([
		'name' => 'shop', 'cookie_path' => '/shop/', 'cookie_httponly' => true,
		'cookie_samesite' => 'Lax', 'cookie_secure' => ($_SERVER['HTTPS'] ?? '') !== '',
		'use_strict_mode' => true, 'sid_length' => 48, 'cache_limiter' => '',
		'gc_probability' => 1, 'gc_divisor' => 100,
	]);
	$_SESSION += ['csrf' => bin2hex(random_bytes(16)), 'cart' => [], 'orders' => [], 'done' => []];
}
