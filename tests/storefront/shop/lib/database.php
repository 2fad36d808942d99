<?php
/* The shop's own tables. */
declare(strict_types=1);

function database(): PDO
{
	static $database = null;
	return $database ??= new PDO(
		sprintf('mysql:unix_socket=%s;dbname=%s;charset=utf8mb4', setting('SHOP_DB_SOCKET'),
			setting('SHOP_DB_NAME')),
		setting('SHOP_DB_USER'),
		secret('SHOP_DB_PASSWORD_FILE'),
		[
			PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
			PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
			PDO::ATTR_EMULATE_PREPARES => false,
			PDO::MYSQL_ATTR_FOUND_ROWS => true,
		],
	);
}

/** @param list<mixed> $values */
function query(string $sql, array $values = []): PDOStatement
{
	$statement = database()->prepare($sql);
	$statement->execute($values);
	return $statement;
}
