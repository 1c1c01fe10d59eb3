"""ovsdb-server against clients that do not read or send nonsense: it stays
responsive, and its memory bounded."""

import json
import socket
import time

import pytest

from lib import peers
from lib.ovsdb import Client
from lib.peers import is_cut_off
from test_ovsdb_server import Server

MIB = 1 << 20


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "ours")
    yield server
    server.stop()


def rss(server):
    """Resident bytes of the server."""
    return peers.rss(server.process.pid)


def connect(server):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(server.sock)
    return sock


def assert_responsive(server):
    start = time.monotonic()
    assert Client(server.sock).call("list_dbs")["error"] is None
    assert time.monotonic() - start < 2


def put_big_row(server, size):
    row = {"ssmap": ["map", [["x", "y" * size]]]}
    result = Client(server.sock).transact(
        {"op": "insert", "table": "Types", "row": row})
    assert "uuid" in result[0]


@pytest.mark.slow
def test_client_that_never_reads_is_cut_off(server):
    sock = connect(server)
    request = {"method": "monitor", "id": 1, "params": [
        "Kitchen", "m", {"Types": {"columns": ["ssmap"]}}]}
    sock.sendall(json.dumps(request).encode())
    writer = Client(server.sock)
    put_big_row(server, 10)
    before = rss(server)
    slowest = 0
    for i in range(100):
        row = {"ssmap": ["map", [["x", chr(97 + i % 26) * MIB]]]}
        start = time.monotonic()
        assert writer.transact({"op": "update", "table": "Types",
                                "where": [], "row": row}) == [{"count": 1}]
        slowest = max(slowest, time.monotonic() - start)
        # The limit is that or twice the file, which grows a MiB a turn.
        assert rss(server) - before < max(64, 2 * i + 2) * MIB + 60 * MIB
        if i == 40:
            assert server.appctl("ovsdb-server/compact") == ""
        if i % 20 == 0 and i > 40:
            server.appctl("ovsdb-server/compact")
    assert slowest < 2
    assert is_cut_off(sock)
    assert rss(server) - before < 60 * MIB
    assert_responsive(server)


def test_requests_of_a_client_that_never_reads_wait(server):
    put_big_row(server, MIB)
    before = rss(server)
    sock = connect(server)
    request = {"method": "transact", "id": 1, "params": [
        "Kitchen", {"op": "select", "table": "Types", "where": []}]}
    sock.sendall(json.dumps(request).encode() * 500)
    for _ in range(5):
        assert_responsive(server)
    assert rss(server) - before < 20 * MIB
    n = 0
    while n < 500 * MIB:
        n += len(sock.recv(MIB))
    sock.sendall(json.dumps(request).encode() * 500)
    sock.close()
    assert_responsive(server)


@pytest.mark.parametrize("start, piece, count", [
    (b'{"method":"', b"x" * MIB, 300),
    (b"[", b"1," * (MIB // 2), 300),
    (b'{"id":[', b"[]," * (MIB // 3), 300),
], ids=["string", "numbers", "arrays"])
@pytest.mark.slow
def test_endless_message_ends_the_connection(server, start, piece, count):
    sock = connect(server)
    before = rss(server)
    worst = 0
    try:
        sock.sendall(start)
        for _ in range(count):
            sock.sendall(piece)
            worst = max(worst, rss(server))
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert is_cut_off(sock)
    assert worst - before < 1000 * MIB
    assert_responsive(server)
    server.appctl("time/warp", "20000")
    assert_responsive(server)
    assert rss(server) - before < 50 * MIB


def test_transactions_that_wait_are_bounded(server):
    wait = {"op": "wait", "table": "Types", "where": [], "columns": ["i"], "until": "==", "rows": [{"i": 7}]}
    put_big_row(server, 10)
    before = rss(server)
    sock = connect(server)
    sock.settimeout(1)
    n_sent = 0
    with pytest.raises(TimeoutError):
        for i in range(100):
            texts = (json.dumps({"id": i * 100 + j, "method": "transact", "params": ["Kitchen", wait]}) for j in range(100))
            sock.sendall("".join(texts).encode())
            n_sent += 100
    assert 1000 <= n_sent < 5000
    assert rss(server) - before < 20 * MIB
    assert_responsive(server)
    # They come true, and so do those that were not read before.
    sock.settimeout(20)
    row = {"op": "update", "table": "Types", "where": [], "row": {"i": 7}}
    assert Client(server.sock).transact(row) == [{"count": 1}]
    seen = 0
    while seen < n_sent:
        seen += sock.recv(MIB).count(b'"result":[{}]')


@pytest.mark.slow
def test_million_operations_leave_no_memory_behind(server):
    n = 1_000_000
    before = rss(server)
    sock = connect(server)
    sock.sendall(b'{"id":1,"method":"transact","params":["Kitchen"')
    sock.sendall(b',{"op":"comment","comment":""}' * n + b"]}")
    reply = b""
    while not reply.endswith(b"null}"):
        data = sock.recv(MIB)
        assert data
        reply += data
    assert json.loads(reply)["result"] == [{}] * n
    assert_responsive(server)
    assert rss(server) - before < 20 * MIB


@pytest.mark.parametrize("data", [
    b"[" * 10000,
    b'{"a":' * 10000,
    b"\0\1\2\377" * 1000,
    b"}{",
    b"GET / HTTP/1.0\r\n\r\n",
    b'"just a string"',
    b'{"method":"\\ud800","params":[],"id":1}',
    b'{"id":1,"method":"transact","params":{"x":1}}',
    b'{"id":1e400,"method":"echo","params":[]}',
    b'{"result":null,"error":null,"id":null}',
    b'{"id":1,"method":"echo","params":[],"extra":1}',
], ids=range(11))
def test_garbage_ends_the_connection_only(server, data):
    sock = connect(server)
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert is_cut_off(sock)
    assert_responsive(server)
