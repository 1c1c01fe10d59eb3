"""OpenFlow connections whose other side misbehaves: nobody else notices, and
the switch's memory stays bounded."""

import random
import resource
import select
import socket
import struct

import pytest

from lib import peers
from lib.peers import is_cut_off

MIB = 1 << 20
HELLO, ECHO_REQUEST, STATS_REQUEST, BARRIER_REQUEST = 0, 2, 16, 18
PACKET = (
    "in_port(1),eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),eth_type(0x0800),"
    "ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)"
)


def message(kind, body=b"", version=1, xid=7, size=None):
    """An OpenFlow message; 'size' is what its header says."""
    return struct.pack("!BBHI", version, kind, 8 + len(body) if size is None else size, xid) + body


@pytest.fixture
def switch(ours):
    """A simulated switch with a bridge and a port."""
    ours.start_dummy()
    ours.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail-mode=secure",
               "--", "add-port", "br0", "p1", "--", "set", "Interface", "p1", "ofport_request=1")
    yield ours
    # Whatever happened, it still does its work.
    assert "flow_count=" in ours.ofctl("dump-aggregate", "br0")
    assert ours.vsctl("get", "interface", "p1", "ofport").strip() == "1"
    assert "Assert" not in ours.log("ovs-vswitchd")


def connect(switch):
    """A connection to the management socket."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(switch.run_dir / "br0.mgmt"))
    sock.settimeout(10)
    return sock


def rss(switch):
    """Resident bytes of the switch."""
    return peers.rss((switch.run_dir / "ovs-vswitchd.pid").read_text().strip())


def pour(sock, data, times):
    """Sends 'data' so many times without reading, until the switch does not
    take any more; how many times it took."""
    sock.setblocking(False)
    for i in range(times):
        at = 0
        while at < len(data):
            if not select.select([], [sock], [], 0.5)[1]:
                return i
            try:
                at += sock.send(data[at:])
            except (BlockingIOError, ConnectionError):
                return i
    return times


@pytest.mark.parametrize("size", range(8))
@pytest.mark.parametrize("before", [b"", message(HELLO)], ids=["first", "later"])
def test_headers_that_are_too_short(switch, size, before):
    sock = connect(switch)
    sock.sendall(before + message(HELLO, size=size))
    assert is_cut_off(sock)
    sock.close()


def test_garbage(switch):
    chooser = random.Random(5)
    for _ in range(200):
        sock = connect(switch)
        data = bytes(chooser.getrandbits(8) for _ in range(chooser.randrange(1, 300)))
        try:
            sock.sendall(data)
        except ConnectionError:
            pass
        sock.close()


def test_garbage_behind_a_greeting(switch):
    """Bodies of every type of message, in every version."""
    chooser = random.Random(7)
    for version in range(1, 7):
        sock = connect(switch)
        sock.sendall(message(HELLO, version=version))
        bodies = [message(kind, bytes(chooser.getrandbits(8) for _ in range(size)), version)
                  for kind in range(1, 36) for size in (0, 4, 8, 12, 48, 72, 400)]
        for data in bodies:
            try:
                sock.sendall(data)
            except ConnectionError:  # A greeting in the middle ends it.
                break
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert is_cut_off(sock)
        sock.close()


def test_unknown_versions(switch):
    for version in (0, 7, 99, 255):
        sock = connect(switch)
        sock.sendall(message(HELLO, version=version))
        if version == 0:
            assert is_cut_off(sock)
        sock.close()


@pytest.mark.slow
def test_half_messages(switch):
    before = rss(switch)
    socks = [connect(switch) for _ in range(100)]
    for sock in socks:
        sock.sendall(message(HELLO) + message(ECHO_REQUEST, size=65535))
    assert "flow_count=" in switch.ofctl("dump-aggregate", "br0")
    assert rss(switch) - before < 40 * MIB
    for sock in socks:
        sock.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "request_",
    [
        message(ECHO_REQUEST, bytes(1000)),
        message(STATS_REQUEST, struct.pack("!HH", 0, 0)),
        message(STATS_REQUEST, struct.pack("!HH", 3, 0)),
        message(BARRIER_REQUEST),
        message(99),
    ],
    ids=["echo", "desc", "tables", "barrier", "unknown"],
)
def test_requests_whose_answers_nobody_reads(switch, request_):
    sock = connect(switch)
    sock.sendall(message(HELLO))
    before = rss(switch)
    pour(sock, request_ * 50, 2000)
    assert "flow_count=" in switch.ofctl("dump-aggregate", "br0")
    assert rss(switch) - before < 40 * MIB
    sock.close()


@pytest.mark.slow
def test_big_answers_that_nobody_reads(switch):
    flows = switch.run_dir / "flows"
    flows.write_text("".join(f"table={i % 9},priority={i},actions=drop\n" for i in range(5000)))
    switch.ofctl("add-flows", "br0", str(flows))
    all_flows = struct.pack("!HH", 1, 0) + struct.pack("!I", 0x3FFFFF) + bytes(36) + b"\xff\0\xff\xff"
    socks = [connect(switch) for _ in range(5)]
    before = rss(switch)
    for sock in socks:
        sock.sendall(message(HELLO))
        pour(sock, message(STATS_REQUEST, all_flows), 200)
    assert "flow_count=5000" in switch.ofctl("dump-aggregate", "br0")
    assert rss(switch) - before < 100 * MIB
    for sock in socks:
        sock.close()


@pytest.mark.slow
def test_packet_ins_that_nobody_reads(switch):
    switch.ofctl("add-flow", "br0", "actions=controller")
    sock = connect(switch)
    sock.sendall(message(HELLO) + message(9, struct.pack("!HH", 0, 0xFFFF)))
    before = rss(switch)
    for _ in range(20):
        switch.appctl("netdev-dummy/receive", "p1", *[PACKET] * 300)
    assert rss(switch) - before < 40 * MIB
    sock.close()


def test_daemons_take_all_descriptors_they_may(ours):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        ours.start_dummy()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for daemon in ("ovsdb-server", "ovs-vswitchd"):
        pid = int((ours.run_dir / f"{daemon}.pid").read_text())
        assert resource.prlimit(pid, resource.RLIMIT_NOFILE) == (hard, hard)


def test_many_connections(switch):
    socks = [connect(switch) for _ in range(300)]
    for sock in socks:
        sock.sendall(message(HELLO))
    assert "flow_count=" in switch.ofctl("dump-aggregate", "br0")
    for sock in socks:
        sock.close()
