"""A second way in to an instance: a stokd with settings of its own, behind an nginx of its own.

The database, the keys and nginx's snippets are the instance's, which must run.
"""

import contextlib
import os
import re
import socket
import subprocess

from stok import ROOT, VAR, process, until


def settings():
    """The environment of the instance's pool."""
    with open(f"/proc/{process('pool')}/environ", encoding="utf-8") as file:
        return dict(pair.split("=", 1) for pair in file.read().split("\0") if pair)


def is_open(port):
    """Something listens on that port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def lay_snippets(home, socket_path=None):
    """The instance's snippets of nginx below `home`, with a log and a socket of its own."""
    source = os.path.join(VAR, "nginx", "stok")
    os.makedirs(os.path.join(home, "stok"), exist_ok=True)
    for name in os.listdir(source):
        with open(os.path.join(source, name), encoding="utf-8") as file:
            text = file.read().replace(f"{VAR}/log/access.log", f"{home}/access.log")
        if socket_path is not None:
            text = re.sub(r"server unix:\S+;", f"server unix:{socket_path};", text)
        with open(os.path.join(home, "stok", name), "w", encoding="utf-8") as file:
            file.write(text)


def write_configuration(home, servers):
    """nginx.conf with these server blocks."""
    temporary = "".join(
        f'{kind}_temp_path "{home}/{kind}";\n'
        for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    with open(os.path.join(home, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(
            f'{user}\ndaemon off;\nworker_processes 1;\npid "{home}/nginx.pid";\n'
            f"events {{ worker_connections 1024; }}\nhttp {{\n{temporary}"
            f"include stok/stok-http.conf;\n{servers}\n}}\n"
        )


def start_nginx(home, *ports):
    """nginx with the configuration in `home`, once it listens."""
    nginx = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", home, "-e", f"{home}/error.log", "-c", f"{home}/nginx.conf"]
    )
    until(lambda: all(is_open(port) for port in ports), "nginx listens")
    return nginx


@contextlib.contextmanager
def worker(name, environment=(), limit=None):
    """A stokd of its own, with the pool's settings and others besides: its socket.

    `limit` is called in its process before it starts.
    """
    path = os.path.join(VAR, "run", f"{name}.sock")
    pool = settings()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as listener, open(f"{VAR}/log/{name}.log", "wb") as log:
        listener.bind(path)
        listener.listen(4096)
        stokd = subprocess.Popen(
            [pool.get("STOK_PROGRAM", os.path.join(ROOT, "build", "stokd"))],
            env={**pool, **dict(environment)},
            stdin=listener,
            stderr=log,
            preexec_fn=limit,
        )
    try:
        yield path
    finally:
        stokd.terminate()
        stokd.wait(timeout=30)


@contextlib.contextmanager
def server(name, port, environment=(), directives=""):
    """The whole of it: who comes by this port is the storefront, unless it was forwarded.

    `directives` stand in nginx's server block.
    """
    home = os.path.join(VAR, name)
    with worker(name, environment) as path:
        lay_snippets(home, path)
        write_configuration(
            home,
            f"server {{\nlisten 127.0.0.1:{port};\nset $stok_trusted_way 1;\n{directives}\n"
            f"include stok/stok-locations.conf;\n}}",
        )
        nginx = start_nginx(home, port)
        try:
            yield port
        finally:
            nginx.terminate()
            nginx.wait(timeout=10)
