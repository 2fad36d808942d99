-- The tables of the demo shop. They stand in the database that stok works in, and the shop's user has
-- rights on these alone: what is in stock, and who holds it, the shop asks the service.
--
-- variantId is ProductVariant's. In a real shop ProductVariant may be the product table itself, or a
-- view over it (app/php/HOOKS.md).

CREATE TABLE IF NOT EXISTS ShopProduct (
	variantId BIGINT UNSIGNED NOT NULL,
	nameTr VARCHAR(80) NOT NULL,
	nameEn VARCHAR(80) NOT NULL,
	textTr VARCHAR(200) NOT NULL,
	textEn VARCHAR(200) NOT NULL,
	price INT UNSIGNED NOT NULL,      -- kuruş
	picture VARCHAR(40) NOT NULL,     -- a file of assets/
	PRIMARY KEY (variantId)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS ShopUser (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	email VARCHAR(190) NOT NULL,
	name VARCHAR(80) NOT NULL,
	passwordHash VARCHAR(255) NOT NULL, -- password_hash()
	PRIMARY KEY (id),
	UNIQUE KEY (email)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- The id is hashed: who reads the table cannot take a session over.
CREATE TABLE IF NOT EXISTS ShopSession (
	id CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	data MEDIUMBLOB NOT NULL,
	expiresAt DATETIME NOT NULL, -- UTC
	PRIMARY KEY (id),
	KEY (expiresAt)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS ShopOrder (
	id VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- stok's orderId
	userId BIGINT UNSIGNED NULL,
	total INT UNSIGNED NOT NULL, -- kuruş
	-- PENDING: the bank has not answered. DECLINED: it said no. PAID: it said yes, and the stock is
	-- not yet taken. DONE: it is. SHORT: the payment came too late, the money goes back.
	status ENUM('PENDING', 'DECLINED', 'PAID', 'DONE', 'SHORT') NOT NULL DEFAULT 'PENDING',
	createdAt DATETIME NOT NULL DEFAULT (UTC_TIMESTAMP()),
	PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS ShopOrderLine (
	orderId VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	variantId BIGINT UNSIGNED NOT NULL,
	quantity INT UNSIGNED NOT NULL,
	price INT UNSIGNED NOT NULL,            -- of one, as it was ordered
	reservationId BIGINT UNSIGNED NOT NULL, -- the hold that the order is made of
	PRIMARY KEY (orderId, variantId),
	FOREIGN KEY (orderId) REFERENCES ShopOrder (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- What the variants of sql/demo.sql are.
INSERT INTO ShopProduct (variantId, nameTr, nameEn, textTr, textEn, price, picture) VALUES
	(1, 'Çay bardağı', 'Tea glass', 'İnce belli, tabağıyla. Bol bol var.',
		'Slim-waisted, with its saucer. Plenty of them.', 8990, 'tea-glass.svg'),
	(2, 'Konser bileti', 'Concert ticket', 'Açıkhava sahnesi, 14 Haziran. Elli yer.',
		'Open-air stage, 14 June. Fifty seats.', 75000, 'ticket.svg'),
	(3, 'Kilim yastık', 'Kilim cushion', 'El dokuması, kök boya. Sayılı.',
		'Hand-woven, madder-dyed. A few are left.', 64950, 'cushion.svg'),
	(4, 'Çini vazo', 'Tile vase', 'Tek parça, ustasının imzasıyla.',
		'A single piece, signed by its maker.', 289900, 'vase.svg'),
	(5, 'Bakır cezve', 'Copper coffee pot', 'Kalaylı, iki kişilik.',
		'Tinned inside, for two cups.', 54900, 'coffee-pot.svg')
ON DUPLICATE KEY UPDATE nameTr = VALUES(nameTr), nameEn = VALUES(nameEn), textTr = VALUES(textTr),
	textEn = VALUES(textEn), price = VALUES(price), picture = VALUES(picture);

-- The password of both is "carsi".
INSERT INTO ShopUser (id, email, name, passwordHash) VALUES
	(1, 'ayse@example.com', 'Ayşe', '$2y$10$B9i1gN6ofagV2TBnFhtQFuOyrBB..DqtsoHnnVZoakFD3e8S0LiY6'),
	(2, 'mehmet@example.com', 'Mehmet', '$2y$10$B9i1gN6ofagV2TBnFhtQFuOyrBB..DqtsoHnnVZoakFD3e8S0LiY6')
ON DUPLICATE KEY UPDATE name = VALUES(name), passwordHash = VALUES(passwordHash);
