#!/usr/bin/env python3
"""The schema: applied twice, by two at once, and over a shop's own product table."""

from stok import *
from tap import equal, main

OTHER = "stok_adoption"


def other(statements):
    """Statements in the other database."""
    return sql(f"USE {OTHER}; {statements}")


def begin(statements=""):
    sql(f"DROP DATABASE IF EXISTS {OTHER}; CREATE DATABASE {OTHER}")
    if statements:
        other(statements)


def migrate():
    return subprocess.run(
        [os.path.join(ROOT, "sql", "migrate"), f"--defaults-file={VAR}/my.cnf",
         f"--database={OTHER}"],
        capture_output=True, text=True, timeout=120,
    )


def versions():
    return other("SELECT version FROM StokSchema ORDER BY version")


def test_a_second_run_changes_nothing():
    begin()
    first, second = migrate(), migrate()
    equal((first.returncode, second.returncode), (0, 0), first.stderr + second.stderr)
    assert "applied 001" in first.stdout, first.stdout
    assert "nothing to do" in second.stdout, second.stdout


def test_two_runs_at_once_do_no_harm():
    begin()
    runs = together(2, lambda _: migrate())
    equal([done.returncode for done in runs], [0, 0], str(runs))
    equal(len(versions()), len({row[0] for row in versions()}))


def test_the_old_columns_still_take_plain_inserts():
    begin()
    migrate()
    other("INSERT INTO ProductVariant (id, stock) VALUES (7, 3); "
          "INSERT INTO StockReservation (variantId, quantity, sessionId, userId, status, "
          "createdAt, expiresAt) VALUES (7, 1, 's', NULL, 'CANCELLED', NOW(), NOW())")
    equal(other("SELECT reserved FROM ProductVariant"), [["0"]])


def test_the_checks_stand():
    begin()
    migrate()
    other("INSERT INTO ProductVariant (id, stock) VALUES (7, 3)")
    for statement in ("UPDATE ProductVariant SET stock=-1", "UPDATE ProductVariant SET reserved=-1"):
        try:
            other(statement)
        except AssertionError:
            continue
        raise AssertionError(f"accepted: {statement}")
    other("UPDATE ProductVariant SET stock=1, reserved=2")


def with_service(work):
    """Runs work() while the service uses the other database."""
    path = f"{VAR}/my.cnf"
    with open(path, encoding="utf-8") as file:
        kept = file.read()
    for table in ("ProductVariant", "StockReservation", "StokSchema"):
        sql(f"GRANT SELECT, INSERT, UPDATE ON {OTHER}.{table} TO 'stok'@'localhost'")
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(kept.replace("database=stok\n", f"database={OTHER}\n"))
        kill_connections()
        work()
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(kept)
        kill_connections()


def live_a_life(identity):
    """One hold reserved and converted, another refused, on a variant with stock 5."""
    hold = held(identity, 3)
    equal(reserve(identity, 3).status, 409)
    equal(convert([hold]).status, 200)
    equal(reserve(identity, 2).status, 201)
    equal(cancel(hold).body["status"], "COMPLETED")


def test_a_shops_own_table_is_adopted():
    begin("CREATE TABLE ProductVariant (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(50), "
          "stock INT NOT NULL) ENGINE=InnoDB; INSERT INTO ProductVariant VALUES (7, 'shoe', 5)")
    done = migrate()
    equal(done.returncode, 0, done.stderr)
    with_service(lambda: live_a_life(7))
    equal(other("SELECT name, stock, reserved FROM ProductVariant"), [["shoe", "2", "2"]])


def test_a_view_over_the_shops_table_is_adopted():
    begin("CREATE TABLE product (pid BIGINT UNSIGNED NOT NULL PRIMARY KEY, title VARCHAR(50), "
          "quantity INT NOT NULL, held INT NOT NULL DEFAULT 0) ENGINE=InnoDB; "
          "INSERT INTO product (pid, title, quantity) VALUES (7, 'shoe', 5); "
          "CREATE VIEW ProductVariant AS SELECT pid AS id, quantity AS stock, held AS reserved "
          "FROM product FORCE INDEX (PRIMARY)")
    done = migrate()
    equal(done.returncode, 0, done.stderr)
    with_service(lambda: live_a_life(7))
    equal(other("SELECT title, quantity, held FROM product"), [["shoe", "2", "2"]])


def test_what_cannot_be_adopted_is_refused_and_left_alone():
    begin("CREATE TABLE ProductVariant (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, stock INT) "
          "ENGINE=MyISAM")
    done = migrate()
    assert done.returncode != 0 and "InnoDB" in done.stderr, done
    equal(other("SHOW COLUMNS FROM ProductVariant LIKE 'reserved'"), [])


def plan_of(statement):
    return other(f"EXPLAIN FORMAT=TRADITIONAL {statement}")[0]


def test_variants_are_locked_in_the_order_of_the_primary_key():
    """Also where the table is so small that another plan would be cheaper."""
    begin()
    migrate()
    other("INSERT INTO ProductVariant (id, stock) VALUES (1,1),(2,1),(3,1)")
    plan = plan_of("SELECT id,stock,reserved FROM ProductVariant FORCE INDEX (PRIMARY) "
                   "WHERE id IN (3,1) ORDER BY id FOR UPDATE")
    assert "PRIMARY" in plan and "filesort" not in " ".join(plan), plan
    other("INSERT INTO StockReservation (id, variantId, quantity, sessionId, expiresAt) VALUES "
          "(1,1,1,'s',NOW()),(2,1,1,'s',NOW())")
    plan = plan_of("SELECT id FROM StockReservation FORCE INDEX (PRIMARY) "
                   "WHERE id IN (2,1) ORDER BY id FOR UPDATE")
    assert "PRIMARY" in plan and "filesort" not in " ".join(plan), plan


if __name__ == "__main__":
    try:
        main(start)
    finally:
        sql(f"DROP DATABASE IF EXISTS {OTHER}")
