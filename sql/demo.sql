-- Variants to try the service with. Run again, it adds what is missing and leaves every stock that
-- is there as it is.
INSERT INTO ProductVariant (id, stock) VALUES
	(1, 1000), -- plenty
	(2, 50),   -- what a crowd may race for
	(3, 5),    -- nearly gone
	(4, 1),    -- the last one
	(5, 0)     -- sold out
ON DUPLICATE KEY UPDATE stock = stock;
