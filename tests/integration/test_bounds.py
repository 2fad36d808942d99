#!/usr/bin/env python3
"""What comes beyond the bounds is told so at once; nothing that was accepted is forgotten."""

import resource
import select
import signal
import struct

from stok import *
from tap import equal, main

# Past what both processes can keep waiting, batches in hand included.
FLOOD = 11000


def record(kind, content):
    """One record of the FastCGI protocol, of request 1."""
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    """A parameter; both lengths stand in four bytes."""
    name, value = name.encode(), value.encode()
    return struct.pack("!II", len(name) | 1 << 31, len(value) | 1 << 31) + name + value


def reserve_straight(index):
    """A reserve as nginx would hand it over, without nginx: it has too few connections."""
    body = b'{"variantId":1,"quantity":1,"sessionId":"flood"}'
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


def connect(index, seconds=20):
    """A connection with its request sent. A full backlog refuses for a moment: it is asked again."""
    end = time.monotonic() + seconds
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(seconds)
        try:
            connection.connect(os.path.join(VAR, "run", "stok.sock"))
            break
        except BlockingIOError:
            connection.close()
            assert time.monotonic() < end, "the backlog stays full"
            time.sleep(0.005)
    connection.sendall(reserve_straight(index))
    return connection


def status_of(connection):
    """The status of the answer, which is read to its end."""
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    text = b"".join(chunks)
    return int(text.split(b"Status: ", 1)[1][:3]) if b"Status: " in text else 0


def test_a_full_queue_says_busy_at_once_and_answers_the_rest():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    empty()
    variant(1, 1000000)
    server = process(database())
    os.kill(server, signal.SIGSTOP)
    try:
        connections = [connect(index) for index in range(FLOOD)]
        poll = select.poll()
        by_fd = {connection.fileno(): connection for connection in connections}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        until(lambda: poll.poll(0), "somebody is told busy while the database is frozen")
        early = [status_of(by_fd[fd]) for fd, _ in poll.poll(0)]
    finally:
        os.kill(server, signal.SIGCONT)
    equal(set(early), {503})
    late = [status_of(connection) for connection in connections]
    for connection in connections:
        connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    answered = early + [status for status in late if status]
    equal(len(answered), FLOOD)
    equal(set(answered), {201, 503})
    equal(number("SELECT COUNT(*) FROM StockReservation"), answered.count(201))
    check_sums()


if __name__ == "__main__":
    main(start)
