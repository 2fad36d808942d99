"""The one nginx of the bench: a server of its own port for each contestant, one worker."""

import os
import re
import shutil
import signal
import subprocess

import place
import processes
import stok

FOLDER = os.path.join(place.HOME, "nginx")


def lay(name, socket):
    """The shipped snippets for an upstream of another name, in a folder of that name.

    They come from where ./run laid those of the instance. Returns the upstream block.
    """
    source = os.path.join(stok.VAR, "nginx", "stok")
    os.makedirs(os.path.join(FOLDER, name), exist_ok=True)
    for file in ("stok-http.conf", "stok-locations.conf", "stok-pass.conf"):
        with open(os.path.join(source, file), encoding="utf-8") as shipped:
            text = adapted(shipped.read(), name)
        with open(os.path.join(FOLDER, name, file), "w", encoding="utf-8") as laid:
            laid.write(text)
    with open(os.path.join(source, "stok-http.conf"), encoding="utf-8") as shipped:
        return upstream(shipped.read(), name, socket)


def adapted(text, name):
    """A snippet's text, with this contestant's upstream, folder and log."""
    text = re.sub(r"fastcgi_pass(\s+)stok;", rf"fastcgi_pass\g<1>{name};", text)
    text = text.replace("include stok/", f"include {name}/")
    return re.sub(r"access_log \S+ stok_audit;", f'access_log "{place.log_of(name)}" stok_audit;',
                  text)


def upstream(text, name, socket):
    """The upstream block of stok-http.conf, for another name and socket."""
    block = re.search(r"^upstream stok \{\n.*?^\}\n", text, re.M | re.S).group(0)
    block = block.replace("upstream stok ", f"upstream {name} ")
    return re.sub(r"server unix:\S+;", f"server unix:{socket};", block)


def trusted_server(name, port):
    """As in nginx/dev.conf.in: who comes is the storefront."""
    return (
        "server {\n"
        f"\tlisten 127.0.0.1:{port};\n"
        "\tserver_name localhost;\n"
        "\tset $stok_trusted_way 1;\n"
        f'\taccess_log "{place.log_of(name)}" stok_audit;\n'
        "\terror_page 400 405 414 501 505 /.stok-problem;\n"
        "\terror_page 494 =400 /.stok-problem;\n"
        f"\tinclude {name}/stok-locations.conf;\n"
        "}\n"
    )


def status_server(port):
    """Where it says how many connections it has."""
    return (f"server {{\n\tlisten 127.0.0.1:{port};\n\taccess_log off;\n"
            "\tlocation / { stub_status; }\n}\n")


class Front:
    """nginx, begun with the parts that the contestants gave."""

    def __init__(self):
        self._process = None

    def start(self, parts):
        """`parts` is the text of upstream and server blocks."""
        os.makedirs(FOLDER, exist_ok=True)
        shutil.rmtree(os.path.join(FOLDER, "tmp"), ignore_errors=True)
        os.makedirs(os.path.join(FOLDER, "tmp"))
        user = "user root;" if os.getuid() == 0 else ""
        temporary = "".join(f'{kind}_temp_path "{FOLDER}/tmp/{kind}";\n' for kind in
                            ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
        with open(os.path.join(FOLDER, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(
                f"{user}\ndaemon off;\nworker_processes 1;\npcre_jit on;\n"
                "worker_rlimit_nofile 8192;\n"
                f'pid "{FOLDER}/nginx.pid";\nevents {{ worker_connections 4096; }}\n'
                f"http {{\n{temporary}server_tokens off;\ninclude stok/stok-http.conf;\n"
                f"{parts}\n{status_server(place.PORTS['status'])}}}\n"
            )
        self._process = subprocess.Popen(
            [nginx_program(), "-p", FOLDER, "-e", f"{FOLDER}/error.log",
             "-c", f"{FOLDER}/nginx.conf"],
            stdin=subprocess.DEVNULL, start_new_session=True,
        )
        stok.until(self.is_up, "the bench's nginx listens")

    def is_up(self):
        assert self._process.poll() is None, f"nginx has ended; see {FOLDER}/error.log"
        try:
            return self.connections() > 0
        except OSError:
            return False

    def connections(self):
        """Those of clients, the one that asks included. Who left is counted until his request
        is done and logged."""
        text = stok.request("GET", "/", port=place.PORTS["status"]).text
        return int(re.match(r"Active connections: (\d+)", text).group(1))

    def settle(self, seconds=60):
        """Until nothing is at work for anybody."""
        stok.until(lambda: self.connections() <= 1, "all requests are done", seconds)

    def pids(self):
        """The master and its worker."""
        return [] if self._process is None else processes.members(self._process.pid)

    def stop(self):
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.terminate()
                self._process.wait(10)
            self._process = None


def nginx_program():
    """Where it is, for an ordinary user too."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
