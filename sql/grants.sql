-- What the service may do, and no more: an example to be run by an administrator, once, in the
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
