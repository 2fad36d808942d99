-- The tables of stok, for MariaDB 10.11 and later and MySQL 8.0.16 and later.
--
-- ALTER and CREATE commit by themselves, so this file may stop half-way: every step first looks
-- whether it is still to be done, and the file may simply be run again.
--
-- A shop's own product table is adopted, never copied. ProductVariant may already be
--   * the shop's table, with at least `id` (its primary key) and `stock`: what is missing is added;
--   * an updatable view over the shop's table, with `id`, `stock` and `reserved`: nothing is altered.

-- Versions: one row for each numbered file that was applied. Written by sql/migrate, read by
-- /health/ready.
CREATE TABLE IF NOT EXISTS StokSchema (
	version INT NOT NULL,         -- the number in the file's name
	appliedAt DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)), -- UTC
	PRIMARY KEY (version)
) ENGINE = InnoDB;

-- Variants: what is on hand, and how much of it is promised.
CREATE TABLE IF NOT EXISTS ProductVariant (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	stock INT NOT NULL DEFAULT 0,    -- units on hand; a convert takes them off
	reserved INT NOT NULL DEFAULT 0, -- sum of the quantities of this variant's ACTIVE holds
	PRIMARY KEY (id),
	-- The third line of defence, behind the row lock and relative updates. There is no check that
	-- reserved <= stock: an operator may lower stock below what is held.
	CONSTRAINT ProductVariant_stock_check CHECK (stock >= 0),
	CONSTRAINT ProductVariant_reserved_check CHECK (reserved >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- What was found, or just made: a table or a view, and which of its parts are there.
SET @stok_is_view = (SELECT COUNT(*) FROM information_schema.VIEWS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant');
SET @stok_is_fixed_view = (SELECT COUNT(*) FROM information_schema.VIEWS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant' AND IS_UPDATABLE <> 'YES');
SET @stok_engine = (SELECT ENGINE FROM information_schema.TABLES
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant');
SET @stok_old_columns = (SELECT COUNT(*) FROM information_schema.COLUMNS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant'
		AND COLUMN_NAME IN ('id', 'stock'));
SET @stok_has_reserved = (SELECT COUNT(*) FROM information_schema.COLUMNS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant'
		AND COLUMN_NAME = 'reserved');
SET @stok_primary_key = (SELECT GROUP_CONCAT(LOWER(COLUMN_NAME)) FROM information_schema.STATISTICS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant'
		AND INDEX_NAME = 'PRIMARY');
-- A foreign key wants the same type on both sides.
SET @stok_id_fits = (SELECT COUNT(*) FROM information_schema.COLUMNS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant' AND COLUMN_NAME = 'id'
		AND DATA_TYPE = 'bigint' AND COLUMN_TYPE LIKE '%unsigned%');
SET @stok_other_reservations = (SELECT COUNT(*) FROM information_schema.TABLES t
	WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = 'StockReservation' AND NOT EXISTS (
		SELECT 1 FROM information_schema.COLUMNS c
		WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = 'StockReservation'
			AND c.COLUMN_NAME = 'closedRequestId'));

-- Refuse what stok cannot work with, before anything of the shop's is touched. A message has 128
-- characters at most.
SET @stok_problem = CASE
	WHEN @stok_old_columns < 2
		THEN 'stok: ProductVariant needs the columns id and stock'
	WHEN @stok_is_view = 1 AND @stok_has_reserved = 0
		THEN 'stok: the view ProductVariant needs a column reserved (INT NOT NULL DEFAULT 0 in its table)'
	WHEN @stok_is_fixed_view = 1
		THEN 'stok: the view ProductVariant is not updatable'
	WHEN @stok_is_view = 0 AND COALESCE(@stok_engine, '') <> 'InnoDB'
		THEN 'stok: ProductVariant must be an InnoDB table, stok needs its row locks'
	WHEN @stok_is_view = 0 AND COALESCE(@stok_primary_key, '') <> 'id'
		THEN 'stok: the primary key of ProductVariant must be id, rows are locked in its order'
	WHEN @stok_other_reservations = 1
		THEN 'stok: there is another table named StockReservation; rename it first'
END;
DROP PROCEDURE IF EXISTS StokRefuse;
CREATE PROCEDURE StokRefuse (problem VARCHAR(128)) SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = problem;
SET @stok_step = IF(@stok_problem IS NULL, 'DO 0', 'CALL StokRefuse(@stok_problem)');
PREPARE stok_step FROM @stok_step;
EXECUTE stok_step;
DEALLOCATE PREPARE stok_step;
DROP PROCEDURE StokRefuse;

-- An adopted table gets what it lacks.
SET @stok_step = IF(@stok_is_view = 0 AND @stok_has_reserved = 0,
	'ALTER TABLE ProductVariant ADD COLUMN reserved INT NOT NULL DEFAULT 0', 'DO 0');
PREPARE stok_step FROM @stok_step;
EXECUTE stok_step;
DEALLOCATE PREPARE stok_step;

SET @stok_step = IF(@stok_is_view = 0 AND NOT EXISTS (
	SELECT 1 FROM information_schema.TABLE_CONSTRAINTS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant'
		AND CONSTRAINT_NAME = 'ProductVariant_stock_check'),
	'ALTER TABLE ProductVariant ADD CONSTRAINT ProductVariant_stock_check CHECK (stock >= 0)',
	'DO 0');
PREPARE stok_step FROM @stok_step;
EXECUTE stok_step;
DEALLOCATE PREPARE stok_step;

SET @stok_step = IF(@stok_is_view = 0 AND NOT EXISTS (
	SELECT 1 FROM information_schema.TABLE_CONSTRAINTS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ProductVariant'
		AND CONSTRAINT_NAME = 'ProductVariant_reserved_check'),
	'ALTER TABLE ProductVariant ADD CONSTRAINT ProductVariant_reserved_check CHECK (reserved >= 0)',
	'DO 0');
PREPARE stok_step FROM @stok_step;
EXECUTE stok_step;
DEALLOCATE PREPARE stok_step;

-- Holds. The service inserts and closes rows, and never deletes one.
CREATE TABLE IF NOT EXISTS StockReservation (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, -- reservationId
	variantId BIGINT UNSIGNED NOT NULL,         -- ProductVariant.id
	quantity INT UNSIGNED NOT NULL,             -- 1 to 1,000,000
	-- Who holds: the browser session, compared byte by byte. It is a credential.
	sessionId VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	userId BIGINT UNSIGNED NULL,                -- the customer, once logged in
	-- ACTIVE is the only state that changes, but for a late convert of an expired hold.
	status ENUM('ACTIVE', 'COMPLETED', 'CANCELLED') NOT NULL DEFAULT 'ACTIVE',
	createdAt DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)), -- UTC, as all times here
	expiresAt DATETIME(3) NOT NULL,             -- from this very instant on it is expired
	closedAt DATETIME(3) NULL,                  -- when it left ACTIVE
	cancelReason ENUM('CUSTOMER', 'REPLACED', 'EXPIRED', 'OPERATOR') NULL, -- of CANCELLED only
	-- The shop's order that the hold was converted for.
	orderId VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
	-- The memory of Idempotency-Key: the hashed key, the line's place in the request, and the
	-- hash of what was asked; that only where the caller sent a key.
	idempotencyKey BINARY(32) NULL,
	idempotencyLine SMALLINT UNSIGNED NULL,
	idempotencyBody BINARY(32) NULL,
	-- nginx's ids of the requests that made and that closed the row: they join it to the audit
	-- log, both ways.
	createdRequestId CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
	closedRequestId CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,

	-- Rows are locked and changed by id.
	PRIMARY KEY (id),
	-- The fence of idempotency: two requests with one key cannot both insert, not even on two
	-- nodes. NULLs don't collide.
	UNIQUE KEY StockReservation_idempotency (idempotencyKey, idempotencyLine),
	-- A short variant: its expired holds to be swept, in order, and when the next live one ends.
	-- It also serves the foreign key.
	KEY StockReservation_variant (variantId, status, expiresAt),
	-- Cleanup: the expired holds of all variants, oldest first, without a look at live ones.
	KEY StockReservation_expiry (status, expiresAt),
	-- A session's live holds: its list, its caps, extend and merge.
	KEY StockReservation_session (sessionId, status)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

-- No hold of a variant that does not exist, and no variant deleted under its holds. A view cannot
-- be referred to, nor a column of another type; then the service's own check, under the variant's
-- lock, stands alone.
SET @stok_can_refer = (@stok_is_view = 0 AND @stok_id_fits = 1);
SET @stok_step = IF(@stok_can_refer AND NOT EXISTS (
	SELECT 1 FROM information_schema.TABLE_CONSTRAINTS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'StockReservation'
		AND CONSTRAINT_NAME = 'StockReservation_variantId_fkey'),
	'ALTER TABLE StockReservation ADD CONSTRAINT StockReservation_variantId_fkey FOREIGN KEY (variantId) REFERENCES ProductVariant (id)',
	'DO 0');
PREPARE stok_step FROM @stok_step;
EXECUTE stok_step;
DEALLOCATE PREPARE stok_step;

-- sql/migrate shows this line.
SELECT CASE
	WHEN @stok_is_view = 1 THEN 'note: ProductVariant is a view: no foreign key, and the checks stock >= 0 and reserved >= 0 are for its table to have'
	WHEN @stok_id_fits = 0 THEN 'note: ProductVariant.id is not BIGINT UNSIGNED: no foreign key'
	ELSE 'note: StockReservation.variantId refers to ProductVariant.id'
END AS note;
