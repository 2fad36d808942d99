"""The peers of the bench: other ways to do stok's job, how each is started, and its part of nginx.

Each is written as a good shop would write it, takes the same requests, and works on the same tables
(sql/001_schema.sql). None sweeps expired holds, knows Idempotency-Key or asks who the caller is.

    plain    16 single-threaded FastCGI processes in C, prepared statements
    php      PHP-FPM with 16 children, mysqli with persistent connections
    mysql2   Node with mysql2, a pool of 16 connections
    prisma   Node with Prisma and its driver adapter, a pool of 16 connections

They listen on unix sockets only.
"""

import dataclasses
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = os.path.join(ROOT, "tests", "bench", "peers")
WORKERS = 16  # processes or connections

# A hold that there is not: asking for it changes nothing, and shows that the database is reached.
PROBE = json.dumps({"reservationId": 2**53 - 1}).encode()
PROBE_PATH = "/api/stock/cancel-reservation"


class Unavailable(Exception):
    """This peer cannot be had here; its text says why."""


@dataclasses.dataclass
class Place:
    """Where the peers live, and their database."""

    home: str  # data and logs
    run_dir: str  # unix sockets: a short path
    database_socket: str
    user: str
    password: str
    database: str


def peers(home, run_dir, database_socket, user, password, database):
    """All peers, by name."""
    place = Place(os.path.realpath(home), os.path.realpath(run_dir), database_socket, user,
                  password, database)
    return {kind.name: kind(place) for kind in (Plain, Php, Mysql2, PrismaPeer)}


# ---- what they have in common --------------------------------------------------------------------


class Peer:
    """One of them. prepare() may be repeated; start() and stop() take turns."""

    name = ""
    processes = WORKERS
    end_signal = signal.SIGTERM

    def __init__(self, place):
        self.place = place
        self._leader = None  # of a session of its own, so that its children are found

    @property
    def socket(self):
        """The unix socket on which it listens."""
        return os.path.join(self.place.run_dir, f"{self.name}.sock")

    @property
    def log(self):
        """What it says itself."""
        return os.path.join(self.place.home, f"{self.name}.err")

    def prepare(self):
        """Makes what is missing. Raises Unavailable."""
        raise NotImplementedError

    def command(self):
        """What is to be run."""
        raise NotImplementedError

    def is_up(self):
        """Does it answer a request, its database included?"""
        raise NotImplementedError

    def nginx_server(self, port):
        """A part of nginx's http block, behind stok-http.conf: a server on this port of loopback."""
        return (
            f"{self.nginx_upstream()}"
            "server {\n"
            f"\tlisten 127.0.0.1:{port};\n"
            "\tserver_name localhost;\n"
            f'\taccess_log "{self.place.home}/{self.name}.log" stok_audit;\n'
            "\tclient_max_body_size 64k;\n"
            "\tclient_body_buffer_size 64k;\n"
            "\tadd_header X-Request-Id $stok_answered_request_id always;\n"
            "\tlocation / {\n"
            + "".join(f"\t\t{line};\n" for line in self.nginx_pass())
            + "\t}\n}\n"
        )

    def nginx_upstream(self):
        """What stands before the server block."""
        return ""

    def nginx_pass(self):
        """What the location says."""
        raise NotImplementedError

    def start(self):
        """Returns when it answers."""
        assert self._leader is None, f"{self.name} runs already"
        _remove(self.socket)
        os.makedirs(self.place.home, exist_ok=True)
        with open(self.log, "ab") as log:
            self._leader = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env=self._environment(),
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Returns when all its processes are gone; who does not end is killed."""
        if self._leader is None:
            return
        if self._leader.poll() is None:
            self._leader.send_signal(self.end_signal)
        if not self._is_gone(10):
            for pid in self.pids():
                _kill(pid)
            assert self._is_gone(5), f"{self.name} does not end: {self.pids()}"
        self._leader.wait()
        self._leader = None
        _remove(self.socket)

    def pids(self):
        """All its processes."""
        return [] if self._leader is None else _members(self._leader.pid)

    def _environment(self):
        place = self.place
        return {
            **os.environ,
            "PEER_DB_SOCKET": place.database_socket, "PEER_DB_USER": place.user,
            "PEER_DB_PASSWORD": place.password, "PEER_DB_NAME": place.database,
            "PEER_LISTEN": self.socket, "PEER_PROCESSES": str(self.processes),
            "PEER_CONNECTIONS": str(WORKERS), "NODE_ENV": "production",
        }

    def _wait_until_up(self, seconds=20):
        end = time.monotonic() + seconds
        while not self._is_up():
            assert self._leader.poll() is None, f"{self.name} has ended; see {self.log}"
            assert time.monotonic() < end, f"{self.name} does not answer; see {self.log}"
            time.sleep(0.05)

    def _is_up(self):
        try:
            return self.is_up()
        except (OSError, http.client.HTTPException):
            return False

    def _is_gone(self, seconds):
        end = time.monotonic() + seconds
        while self._leader.poll() is None or self.pids():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def _remove(path):
    if os.path.lexists(path):
        os.unlink(path)


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _members(session):
    """Living processes of a session."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                state, _, _, sid = file.read().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has just gone
        if int(sid) == session and state not in "ZX":
            found.append(int(name))
    return sorted(found)


def _program(*names):
    """Where the first of these programs is."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise Unavailable(f"{names[0]} is not installed: see BENCH_PACKAGES in "
                      "tests/instance/packages.sh")


def _do(command, what, log, **more):
    """Runs a step of a preparation; its output goes to the log."""
    with open(log, "ab") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                              timeout=600, check=False, **more)
    assert done.returncode == 0, f"{what} failed; see {log}"


# ---- behind FastCGI ------------------------------------------------------------------------------


class FastCgiPeer(Peer):
    """A pool of processes on one socket."""

    script = ""

    def is_up(self):
        if len(self.pids()) != self.processes + 1:
            return False
        return b"Status: 404" in ask_fastcgi(self.socket, self.script, PROBE_PATH, PROBE)

    def nginx_pass(self):
        """As stok-pass.conf, but for what is stok's alone.

        No keepalive: it would give a process of the pool to each idle connection.
        """
        script = [f'fastcgi_param SCRIPT_FILENAME "{self.script}"'] if self.script else []
        return [
            f"fastcgi_pass unix:{self.socket}",
            *script,
            "fastcgi_param REQUEST_METHOD $request_method",
            "fastcgi_param REQUEST_URI $request_uri",
            "fastcgi_param CONTENT_TYPE $content_type",
            "fastcgi_param CONTENT_LENGTH $content_length",
            "fastcgi_param STOK_REQUEST_ID $request_id",
            "fastcgi_connect_timeout 3s",
            "fastcgi_send_timeout 5s",
            "fastcgi_read_timeout 30s",
            "fastcgi_next_upstream off",
            "fastcgi_ignore_client_abort on",
            "fastcgi_buffer_size 16k",
            "fastcgi_buffers 16 16k",
            "fastcgi_busy_buffers_size 32k",
            "fastcgi_max_temp_file_size 0",
        ]


class Plain(FastCgiPeer):
    """plain/plain.c, under multiwatch."""

    name = "plain"
    program = os.path.join(ROOT, "build", "tests", "bench", "plain")

    def prepare(self):
        """In the build folder that ./run makes and uses."""
        os.makedirs(self.place.home, exist_ok=True)
        build = os.path.join(ROOT, "build")
        os.makedirs(build, exist_ok=True)
        if not os.path.exists(os.path.join(ROOT, "configure")):
            _do(["autoreconf", "-i"], "autoreconf", self.log, cwd=ROOT)
        if not os.path.exists(os.path.join(build, "Makefile")):
            _do(["../configure", "-q"], "configure", self.log, cwd=build)
        _do(["make", "tests/bench/plain"], "make", self.log, cwd=build)

    def command(self):
        return [_program("spawn-fcgi"), "-s", self.socket, "-M", "0660", "-b", "4096", "-n", "--",
                _program("multiwatch"), "-f", str(self.processes), "-t", "0", "--", self.program]


class Php(FastCgiPeer):
    """php/stock.php, in PHP-FPM."""

    name = "php"
    end_signal = signal.SIGQUIT
    script = os.path.join(SOURCES, "php", "stock.php")

    @property
    def configuration(self):
        return os.path.join(self.place.home, "php-fpm.conf")

    def prepare(self):
        self._fpm()

    def start(self):
        os.makedirs(self.place.home, exist_ok=True)
        with open(os.path.join(SOURCES, "php", "php-fpm.conf.in"), encoding="ascii") as file:
            text = file.read()
        # Children of a root's PHP-FPM would be another user, as nginx's workers would.
        user = "user = root" if os.getuid() == 0 else ""
        for word, value in (("HOME", self.place.home), ("SOCKET", self.socket), ("USER", user),
                            ("PROCESSES", str(self.processes))):
            text = text.replace(f"@{word}@", value)
        with open(self.configuration, "w", encoding="ascii") as file:
            file.write(text)
        super().start()

    def _fpm(self):
        return _program("php-fpm8.2", "php-fpm")

    def command(self):
        root = ["--allow-to-run-as-root"] if os.getuid() == 0 else []
        return [self._fpm(), "--nodaemonize", "--fpm-config", self.configuration, *root]


FCGI_BEGIN, FCGI_PARAMS, FCGI_STDIN, FCGI_STDOUT = 1, 4, 5, 6


def ask_fastcgi(path, script, uri, body, timeout=5):
    """One POST to a FastCGI program on a unix socket. Returns all that it answers."""
    parameters = {
        "REQUEST_METHOD": "POST", "REQUEST_URI": uri, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "SCRIPT_FILENAME": script,
    }
    pairs = b"".join(
        struct.pack("!II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value
        for name, value in ((n.encode(), v.encode()) for n, v in parameters.items())
    )
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall(
            _record(FCGI_BEGIN, struct.pack("!HB5x", 1, 0))
            + _record(FCGI_PARAMS, pairs) + _record(FCGI_PARAMS)
            + _record(FCGI_STDIN, body) + _record(FCGI_STDIN)
        )
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
    return _stdout_of(received)


def _record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _stdout_of(records):
    answer = b""
    while len(records) >= 8:
        _, kind, _, length, padding = struct.unpack("!BBHHBx", records[:8])
        if kind == FCGI_STDOUT:
            answer += records[8:8 + length]
        del records[:8 + length + padding]
    return answer


# ---- on Node -------------------------------------------------------------------------------------


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class NodePeer(Peer):
    """A server of node:http. `processes` of them, one unless it is set before start()."""

    processes = 1
    node_min = (18, 0)

    @property
    def folder(self):
        """The packages and a copy of the sources, for packages are looked up beside these."""
        return os.path.join(self.place.home, "node")

    def prepare(self):
        self._check_node()
        os.makedirs(self.folder, exist_ok=True)
        sources = sorted(os.listdir(os.path.join(SOURCES, "node")))
        for name in sources:
            shutil.copy(os.path.join(SOURCES, "node", name), self.folder)
        self._install_packages()

    def _check_node(self):
        version = subprocess.run([_program("node"), "--version"], capture_output=True, text=True,
                                 check=True).stdout.strip()
        numbers = tuple(int(part) for part in version.lstrip("v").split(".")[:2])
        if numbers < self.node_min:
            wanted = ".".join(str(part) for part in self.node_min)
            raise Unavailable(f"{self.name} wants Node {wanted}, here is {version}")

    def _install_packages(self):
        """Only when the list of packages has changed."""
        stamp = os.path.join(self.folder, "installed")
        with open(os.path.join(self.folder, "package-lock.json"), "rb") as file:
            wanted = hashlib.sha256(file.read()).hexdigest()
        if _text_of(stamp) == wanted:
            return
        # Without scripts: those of Prisma want engines from outside, which this does not use.
        _do([_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci",
            self.log, cwd=self.folder)
        with open(stamp, "w", encoding="ascii") as file:
            file.write(wanted)

    def command(self):
        return [_program("node"), os.path.join(self.folder, f"{self.name}.mjs")]

    def is_up(self):
        if self.processes > 1 and len(self.pids()) != self.processes + 1:
            return False
        connection = UnixConnection(self.socket, 5)
        try:
            connection.request("POST", PROBE_PATH, PROBE, {"Content-Type": "application/json"})
            return connection.getresponse().status == 404
        finally:
            connection.close()

    def nginx_upstream(self):
        return (
            f"upstream peer_{self.name} {{\n"
            f"\tserver unix:{self.socket};\n"
            "\tkeepalive 256;\n"
            "}\n"
        )

    def nginx_pass(self):
        return [
            f"proxy_pass http://peer_{self.name}",
            "proxy_http_version 1.1",
            'proxy_set_header Connection ""',
            "proxy_set_header Host $host",
            "proxy_set_header X-Request-Id-Nginx $request_id",
            "proxy_connect_timeout 3s",
            "proxy_send_timeout 5s",
            "proxy_read_timeout 45s",  # Prisma waits for 20 s twice
            "proxy_next_upstream off",
            "proxy_ignore_client_abort on",
            "proxy_buffer_size 16k",
            "proxy_buffers 16 16k",
            "proxy_busy_buffers_size 32k",
            "proxy_max_temp_file_size 0",
        ]


def _text_of(path):
    """A file's text; empty if there is none."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as file:
        return file.read()


class Mysql2(NodePeer):
    """node/mysql2.mjs."""

    name = "mysql2"


class PrismaPeer(NodePeer):
    """node/prisma.mjs."""

    name = "prisma"
    node_min = (20, 19)

    def prepare(self):
        """The client is made from the schema; that asks for an engine, and does not use it."""
        super().prepare()
        environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "PRISMA_HIDE_UPDATE_MESSAGE": "1",
                       "PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true"}
        _do([_program("node"), "node_modules/prisma/build/index.js", "generate",
             "--schema=schema.prisma"], "prisma generate", self.log, cwd=self.folder,
            env=environment)
