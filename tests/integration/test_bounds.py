#!/usr/bin/env python3
"""What comes beyond the bounds is told so at once; nothing that was accepted is forgotten."""

import contextlib
import resource
import select
import signal
import struct

from server import worker
from stok import *
from tap import equal, main

# What the worker may open, and more than it can keep waiting then.
FILES = 2300
FLOOD = 900


def record(kind, content):
    """One record of the FastCGI protocol, of request 1."""
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    """A parameter; both lengths stand in four bytes."""
    name, value = name.encode(), value.encode()
    return struct.pack("!II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


def reserve_straight(index):
    """A reserve as nginx would hand it over, without nginx: it has too few connections."""
    body = b'{"variantId":1,"quantity":1,"sessionId":"flood-%d"}' % index
    params = {
        "REQUEST_METHOD": "POST", "REQUEST_URI": "/api/stock/reserve",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "STOK_REQUEST_ID": f"{index:032x}",
    }
    return (
        record(1, struct.pack("!HB5x", 1, 0))
        + record(4, b"".join(pair(name, value) for name, value in params.items()))
        + record(4, b"") + record(5, body) + record(5, b"")
    )


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def connect(path, index):
    """A connection with its request sent. A full backlog refuses for a moment: it is asked again."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)

    def connected():
        with contextlib.suppress(BlockingIOError):
            connection.connect(path)
            return True

    until(connected, "the backlog has room")
    connection.sendall(reserve_straight(index))
    return connection


def answer_of(connection):
    """Status and code of the answer, which is read to its end; 0 where there is none."""
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    head, _, body = b"".join(chunks).partition(b"\r\n\r\n")
    if b"Status: " not in head:
        return 0, None
    content = json.loads(body[: body.rindex(b"}") + 1])
    return int(head.split(b"Status: ", 1)[1][:3]), content.get("code")


def test_a_full_queue_says_busy_at_once_and_answers_the_rest():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    empty()
    variant(1, 1000000)
    with worker("lone", limit=few_files) as path:
        answer_of(connect(path, FLOOD))  # it has reached its database
        os.kill(process(database()), signal.SIGSTOP)
        try:
            connections = [connect(path, index) for index in range(FLOOD)]
            poll = select.poll()
            by_fd = {connection.fileno(): connection for connection in connections}
            for fd in by_fd:
                poll.register(fd, select.POLLIN)
            until(lambda: poll.poll(0), "somebody is told busy while the database is frozen")
            early = [answer_of(by_fd[fd]) for fd, _ in poll.poll(0)]
        finally:
            os.kill(process(database()), signal.SIGCONT)
        late = [answer_of(connection) for connection in connections]
        for connection in connections:
            connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # Not those whose database was given up.
    equal(set(early), {(503, "busy")})
    answered = [status for status, _ in early + late if status]
    equal(len(answered), FLOOD)
    equal(set(answered) - {201, 503}, set())
    equal(number("SELECT COUNT(*) FROM StockReservation"), answered.count(201) + 1)
    check_sums()


if __name__ == "__main__":
    main(start)
