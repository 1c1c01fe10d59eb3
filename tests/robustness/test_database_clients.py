"""ovsdb-server with one client that does its worst: meanwhile others get their
answers, and the server's memory has bounds."""

import contextlib
import json
import resource
import socket
import threading
import time

import pytest

from lib.ovsdb import KITCHEN, Client
from lib.peers import is_cut_off, rss
from lib.suite import SANITIZED, Suite

MIB = 1 << 20
ROW = {"op": "insert", "table": "Types", "row": {"i": 1, "iset1": 1}}
SELECT = {"op": "select", "table": "Types", "where": [], "columns": ["_uuid"]}


class Server:
    """A server, and what its clients measure."""

    def __init__(self, suite):
        self.suite = suite
        self.sock = suite.run_dir / "db.sock"
        suite.ok("ovsdb-tool", "create", suite.run_dir / "k.db", KITCHEN)
        self.pid = suite.start_ovsdb_server(db="k.db", create=False).pid
        self.before = rss(self.pid)

    def grown(self):
        """Bytes of memory that it has taken since its start, where that can be told."""
        return 0 if SANITIZED else rss(self.pid) - self.before

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(60)
        sock.connect(str(self.sock))
        return sock

    def transact(self, *operations):
        client = Client(self.sock)
        client.sock.settimeout(60)
        return client.transact(*operations)

    @contextlib.contextmanager
    def witness(self, patience=5):
        """Another client that asks all the time and waits at most 'patience'
        seconds for an answer; yields what it saw."""
        seen = Witness(self, patience)
        seen.thread.start()
        try:
            yield seen
        finally:
            seen.is_over = True
            seen.thread.join()
        assert seen.slowest < patience
        assert seen.n_answers > 0


class Witness:
    def __init__(self, server, patience):
        self.server = server
        self.client = Client(server.sock)
        self.client.sock.settimeout(4 * patience)
        self.is_over = False
        self.n_answers = 0
        self.slowest = 0
        self.most = 0  # Bytes of memory.
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.is_over:
            start = time.monotonic()
            if self.client.call("echo", "x")["result"] != ["x"]:
                self.slowest = float("inf")
            self.slowest = max(self.slowest, time.monotonic() - start)
            self.most = max(self.most, self.server.grown())
            self.n_answers += 1
            time.sleep(0.005)


@pytest.fixture
def server(tmp_path):
    suite = Suite("ours", tmp_path / "run")
    yield Server(suite)
    suite.stop()


def reply_to(sock):
    """The one message that comes."""
    text = bytearray()
    while not text.endswith(b"}") or text.count(b"{") != text.count(b"}"):
        data = sock.recv(MIB)
        assert data
        text += data
    return json.loads(text)


# What one byte of a message that does not end may cost in memory, at most.
ENDLESS = {
    "string": (b'{"method":"', b"x" * MIB, 3),
    "number": (b'{"id":', b"7" * MIB, 3),
    "numbers": (b"[", b"1," * (MIB // 2), 24),
    "members": (b'{"id":{', b'"ab":1,' * (MIB // 7), 16),
    "arrays": (b'{"id":[', b"[]," * (MIB // 3), 40),
    "spaces": (b'{"id":', b" " * MIB, 1),
}


def send_endlessly(server, kind, size):
    start, piece, cost = ENDLESS[kind]
    sock = server.connect()
    with server.witness() as seen:
        try:
            sock.sendall(start)
            for _ in range(size // MIB):
                sock.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            assert is_cut_off(sock)
    # No more is kept than the longest message that is allowed.
    assert seen.most < min(size, 256 * MIB) * cost + 20 * MIB
    sock.close()


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_message_disturbs_nobody(server, kind):
    send_endlessly(server, kind, 64 * MIB)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENDLESS)
def test_message_of_a_gigabyte_disturbs_nobody(server, kind):
    send_endlessly(server, kind, 1024 * MIB)


def request(operations):
    """A request that has the bytes 'operations'."""
    return b'{"id":1,"method":"transact","params":["Kitchen",' + operations + b"]}"


def transact_many(server, n, last):
    sock = server.connect()
    operations = (json.dumps(ROW).encode() + b",") * n + json.dumps(last).encode()
    with server.witness(patience=20) as seen:
        sock.sendall(request(operations))
        result = reply_to(sock)["result"]
    assert seen.most < n * 2500 + 20 * MIB
    return result


def check_many(server, n):
    result = transact_many(server, n, SELECT)
    assert len(result) == n + 1
    assert len({row["uuid"][1] for row in result[:n]}) == n
    assert len(result[n]["rows"]) == n

    result = transact_many(server, n, {"op": "abort"})
    assert result[n]["error"] == "aborted"
    assert len(server.transact(SELECT)[0]["rows"]) == n


def test_100000_operations_happen_together_or_not_at_all(server):
    check_many(server, 100_000)


@pytest.mark.slow
def test_million_operations_happen_together_or_not_at_all(server):
    check_many(server, 1_000_000)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'], ids=["arrays", "objects", "both"])
def test_deep_nesting_ends_the_connection_only(server, opening):
    for prefix in (b"", b'{"id":1,"method":"echo","params":', b'{"id":1,"method":"transact","params":["Kitchen",'):
        sock = server.connect()
        with server.witness() as seen:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(prefix + opening * 10_000)
            assert is_cut_off(sock)
        assert seen.most < 10 * MIB


def test_unread_updates_of_many_are_kept_once(server):
    server.transact({**ROW, "row": {"iset1": 1, "ssmap": ["map", [["x", ""]]]}})
    deaf = []
    for _ in range(40):
        sock = server.connect()
        sock.sendall(b'{"id":1,"method":"monitor","params":["Kitchen","m",{"Types":{"columns":["ssmap"]}}]}')
        reply_to(sock)
        deaf.append(sock)
    with server.witness() as seen:
        for i in range(150):
            row = {"ssmap": ["map", [["x", f"{i:08}" * 8192]]]}
            assert server.transact({"op": "update", "table": "Types", "where": [], "row": row}) == [{"count": 1}]
    # Each update tells 64 KiB that are, and 64 KiB that were.
    assert seen.most < 150 * 128 * 1024 + 30 * MIB
    for sock in deaf:
        sock.close()


def test_answers_nobody_reads_are_not_made(server):
    sock = server.connect()
    sock.settimeout(1)
    echo = json.dumps({"id": 1, "method": "echo", "params": ["x" * MIB]}).encode()
    n_sent = 0
    with server.witness() as seen:
        with pytest.raises(TimeoutError):
            for n_sent in range(200):
                sock.sendall(echo)
    assert n_sent < 30
    assert seen.most < 30 * MIB
    # As soon as they are read, more are made.
    sock.settimeout(20)
    n_read = 0
    while n_read < n_sent * MIB:
        n_read += len(sock.recv(MIB))


def test_no_more_connections_than_files(server):
    """Who cannot be let in waits, and costs nothing."""
    first = Client(server.sock)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (40, 40))
    waiting = [server.connect() for _ in range(60)]
    assert first.call("echo", "x")["result"] == ["x"]
    used = cpu_seconds(server.pid)
    time.sleep(0.5)
    assert cpu_seconds(server.pid) - used < 0.2
    for sock in waiting[:50]:
        sock.close()
    waiting[59].sendall(b'{"id":1,"method":"echo","params":[]}')
    assert reply_to(waiting[59])["result"] == []
    for sock in waiting[50:]:
        sock.close()


def cpu_seconds(pid):
    """Processor time of a process so far."""
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
