-- What the service may do, and no more, and then stokctl: an example to be run by an administrator, once, in the
-- database that sql/migrate has prepared:
--
--     mysql shop < grants.sql
--
-- Change the password first; the same one goes into the group [stok] of the service's option file.
-- For a service on another host, 'localhost' becomes that host's address (and ask for TLS there).
-- If ProductVariant is a view, nothing is to be granted on the table behind it.

CREATE USER IF NOT EXISTS 'stok'@'localhost' IDENTIFIED BY 'change-me';

-- Locks a variant's row, and moves stock and reserved. It never adds or removes a variant.
GRANT SELECT, UPDATE ON ProductVariant TO 'stok'@'localhost';

-- Makes and closes holds. It never deletes one.
GRANT SELECT, INSERT, UPDATE ON StockReservation TO 'stok'@'localhost';

-- /health/ready looks whether the schema is new enough.
GRANT SELECT ON StokSchema TO 'stok'@'localhost';

-- Two accounts for stokctl, with option files of their own. The auditor's may only read: enough for
-- `stokctl check`, `audit` and `show`.
CREATE USER IF NOT EXISTS 'stok_auditor'@'localhost' IDENTIFIED BY 'change-me';
GRANT SELECT ON ProductVariant TO 'stok_auditor'@'localhost';
GRANT SELECT ON StockReservation TO 'stok_auditor'@'localhost';

-- The operator's may also mend (`check --repair`) and move closed holds out (`archive`).
CREATE USER IF NOT EXISTS 'stok_operator'@'localhost' IDENTIFIED BY 'change-me';
GRANT SELECT, UPDATE ON ProductVariant TO 'stok_operator'@'localhost';
GRANT SELECT, UPDATE, DELETE ON StockReservation TO 'stok_operator'@'localhost';
