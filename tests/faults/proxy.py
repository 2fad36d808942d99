"""A way to the database that can be cut during COMMIT.

It stands between stokd and the database's socket, and understands as much of the protocol as it
needs: a packet is three bytes of length, one of sequence and the payload; the payload of a
statement begins with 3 (COM_QUERY). One such packet may have several statements, each of which is
answered by a packet of its own.
"""

import os
import select
import socket
import threading
import time

BEFORE = "before"  # COMMIT never reaches the server, nor what was sent with it
AFTER = "after"  # the server has committed; the client never hears of it
BLIND = "blind"  # COMMIT is on its way, nobody waits for what becomes of it
LATE = "late"  # the client is cut off; the server gets COMMIT a while later
MODES = (BEFORE, AFTER, BLIND, LATE)

SERVER_S_MAX = 20  # a frozen server is waited for; nothing here waits longer


def is_commit(packet):
    """It comes behind the statements that write, or alone."""
    return packet[4:5] == b"\x03" and packet.endswith(b"COMMIT")


def skip_number(payload, at):
    """Where the number of variable length ends that begins there."""
    return at + {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(payload[at], 1)


def is_last_result(payload):
    """No statement of the same packet is still to be done: it failed (then the others are not
    tried), or none follows (SERVER_MORE_RESULTS_EXISTS). Statements that write answer no rows."""
    if payload[0] == 0xFF:
        return True
    assert payload[0] == 0, f"neither OK nor an error: {payload[:20]!r}"
    status = skip_number(payload, skip_number(payload, 1))
    return not int.from_bytes(payload[status : status + 2], "little") & 8


def await_results(server):
    """Until the server has done the whole packet, or has left.

    COMMIT is the last of its statements: the first result says only that a row was written, and
    who hung up then would make the server roll back, or cut COMMIT itself.
    """
    unread = b""
    while chunk := server.recv(262144):
        unread += chunk
        while len(unread) >= 4:
            end = 4 + int.from_bytes(unread[:3], "little")
            if end > len(unread):
                break
            if is_last_result(unread[4:end]):
                return
            unread = unread[end:]


class Cut:
    """One armed cut: it befalls the next COMMIT."""

    def __init__(self, mode, delay=0.0, then=None):
        self.mode = mode
        self.delay = delay  # seconds that a late COMMIT is late
        self.then = then  # called when it is cut
        self.done = threading.Event()


class Proxy:
    """Listens on one unix socket and forwards to another."""

    def __init__(self, path, server_path):
        self.path = path
        self.server_path = server_path
        self.commits = 0
        self._armed = []
        self._lock = threading.Lock()
        if os.path.exists(path):
            os.unlink(path)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, cut):
        """The next COMMIT of any connection is cut. Returns the cut."""
        with self._lock:
            self._armed.append(cut)
        return cut

    def disarm(self, cut):
        """Takes a cut back. False: it has happened, or happens."""
        with self._lock:
            if cut not in self._armed:
                return False
            self._armed.remove(cut)
            return True

    def close(self):
        """No new connections; what is connected lasts as long as its ends."""
        self._listener.close()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def _take(self):
        with self._lock:
            self.commits += 1
            return self._armed.pop(0) if self._armed else None

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.settimeout(SERVER_S_MAX)
        client.settimeout(SERVER_S_MAX)
        try:
            server.connect(self.server_path)
            self._forward(client, server)
        except OSError:
            pass
        finally:
            client.close()
            server.close()

    def _forward(self, client, server):
        """Until an end closes, or the connection is cut."""
        unsent = b""
        while True:
            readable, _, _ = select.select([client, server], [], [])
            if server in readable:
                answer = server.recv(262144)
                if not answer:
                    return
                client.sendall(answer)
            if client in readable:
                question = client.recv(262144)
                if not question:
                    return
                unsent += question
                unsent, cut = self._forward_packets(unsent, server)
                if cut is not None:
                    self._cut(cut, client, server, unsent)
                    return

    def _forward_packets(self, data, server):
        """Sends whole packets on, up to a COMMIT that is cut. Returns what is left, and the cut."""
        at = 0
        while len(data) - at >= 4:
            end = at + 4 + int.from_bytes(data[at : at + 3], "little")
            if end > len(data):
                break
            if is_commit(data[at:end]):
                cut = self._take()
                if cut is not None:
                    server.sendall(data[:at])
                    return data[at:end], cut
            at = end
        if at:
            server.sendall(data[:at])
        return data[at:], None

    def _cut(self, cut, client, server, packet):
        try:
            if cut.mode == LATE:
                client.close()
                time.sleep(cut.delay)
            if cut.mode != BEFORE:
                server.sendall(packet)
            if cut.mode in (AFTER, LATE):
                await_results(server)
            if cut.then is not None:
                cut.then()
        finally:
            cut.done.set()
