#!/usr/bin/env python3
"""The service's way to its database over TCP, with TLS where the library takes it, and without."""

from stok import *
from tap import equal, main


def prepare():
    run("--stop")
    os.environ["STOK_DATABASE_PORT"] = str(PORT + 6)
    start()
    variant(1, 100)


def finish():
    run("--stop")
    del os.environ["STOK_DATABASE_PORT"]
    run("--detach")


def come_anew():
    """New connections, each of which proves its password: MySQL forgets whom it knew."""
    sql("FLUSH PRIVILEGES")
    kill_connections()
    equal(reserve(1, 1).status, 201)
    # The server tells the port of whoever came over TCP.
    hosts = [row[2] for row in sql("SHOW PROCESSLIST") if row[1] == "stok"]
    assert hosts and all(":" in host for host in hosts), hosts


def test_over_tcp_with_tls_and_without():
    come_anew()
    if database() == "mariadbd":
        return  # it has no certificate, so that was without
    sql("SET GLOBAL ssl_cert='none'; ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR")
    try:
        come_anew()
    finally:
        sql("SET GLOBAL ssl_cert='server-cert.pem'; ALTER INSTANCE RELOAD TLS")


if __name__ == "__main__":
    try:
        main(prepare)
    finally:
        finish()
