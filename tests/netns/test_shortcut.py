"""Flows that the kernel forwards: what comes out, is counted and can be
changed must be as in user space."""

import struct
import time

import pytest

pytestmark = pytest.mark.netns

LEFT, RIGHT = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
N_WARM = 40  # Datagrams in a burst; ten bursts make a flow busy.


def ip4(payload, proto=17, ttl=64, tos=0):
    """An IPv4 packet whose checksum nobody looks at."""
    return struct.pack("!BBHHHBBH4B4B", 0x45, tos, 20 + len(payload), 1, 0, ttl, proto, 0,
                       10, 1, 0, 1, 10, 1, 0, 2) + payload


def ip6(payload, proto=17):
    """An IPv6 packet."""
    return struct.pack("!IHBB", 0x60000000, len(payload), proto, 64) + bytes(15) + b"\1" \
        + bytes(15) + b"\2" + payload


def udp(text, port=9):
    """A UDP datagram."""
    return struct.pack("!HHHH", 1000, port, 8 + len(text), 0) + text


def tcp(text, flags=0x10):
    """A TCP segment."""
    return struct.pack("!HHIIBBHHH", 1000, 80, 1, 1, 0x50, flags, 512, 0, 0) + text


def frame(ethertype, payload, tag=None):
    """An Ethernet frame from left to right."""
    vlan = struct.pack("!HH", 0x8100, tag) if tag is not None else b""
    return RIGHT + LEFT + vlan + struct.pack("!H", ethertype) + payload


class Wire:
    """Both ends of a switch with two ports, l0 and r0."""

    def __init__(self, pair, mode):
        self.switch, self.here, left, right = pair
        left.ip("link", "set", "eth0", "address", "02:00:00:00:00:01")
        right.ip("link", "set", "eth0", "address", "02:00:00:00:00:02")
        for host in (left, right):
            host.run("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
        self.switch.vsctl("set", "open", ".", f"other_config:kernel-shortcut={mode}")
        self.switch.ofctl("del-flows", "br0")
        self.left, self.right = left.packet_socket("eth0"), right.packet_socket("eth0")

    def close(self):
        """Closes the sockets."""
        self.left.close()
        self.right.close()

    def receive(self, n):
        """The next n frames from left at right, with the tag that the kernel
        puts aside back in its place."""
        found = []
        while len(found) < n:
            data, control, _, _ = self.right.recvmsg(65536, 256)
            if data[6:12] in (LEFT, b"\2\0\0\0\0\x09"):
                found.append(self.tagged(data, control))
        return found

    @staticmethod
    def tagged(data, control):
        """The frame with the tag of the auxiliary data (packet(7))."""
        for level, kind, value in control:
            if (level, kind) == (263, 8):
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
                if status & 0x10:
                    return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        return data

    def shown(self):
        """What the switch says of the shortcut, in numbers."""
        out = self.switch.appctl("dpif-netdev/shortcut-show")
        numbers = [int(line.rsplit(" ", 1)[1]) for line in out.splitlines()[1:3]]
        return out.splitlines()[0].rsplit(" ", 1)[1], *numbers

    def warm_up(self, packet):
        """Sends a packet often enough for its flow to be handed over; returns
        how many times."""
        for burst in range(1, 100):
            for _ in range(N_WARM):
                self.left.send(packet)
            self.receive(N_WARM)
            time.sleep(0.02)
            state, _, forwarded = self.shown()
            if forwarded:
                return burst * N_WARM
            if state == "off":
                text = self.switch.log("ovs-vswitchd")
                if "the kernel does not forward" in text:
                    pytest.skip("the kernel takes no programs here")
                if burst == 10:
                    return burst * N_WARM
        raise AssertionError(self.switch.appctl("dpif-netdev/shortcut-show"))


@pytest.fixture(params=["true", "false"])
def wire(request, pair):
    """A switch, with the shortcut on or off."""
    wire = Wire(pair, request.param)
    wire.is_on = request.param == "true"
    wire.right.setsockopt(263, 8, 1)  # PACKET_AUXDATA
    yield wire
    wire.close()


def total(switch, bridge="br0"):
    """Packets of the first flow of a bridge."""
    dump = switch.ofctl("dump-flows", bridge)
    return int(dump.split("n_packets=")[1].split(",")[0])


PACKETS = {
    "udp": frame(0x0800, ip4(udp(b"hello"))),
    "tcp": frame(0x0800, ip4(tcp(b"hello"), proto=6)),
    "udp6": frame(0x86DD, ip6(udp(b"hello"))),
    "tcp6": frame(0x86DD, ip6(tcp(b"hello"), proto=6)),
    "tagged": frame(0x0800, ip4(udp(b"hello")), tag=0x6005),
}

ODD = [
    frame(0x0800, ip4(udp(b"other port", port=10))),
    frame(0x0800, ip4(tcp(b"", flags=0x02), proto=6)),
    frame(0x0800, ip4(b"x" * 20, proto=1)),
    frame(0x0800, ip4(udp(b"hello"))[:30]),
    frame(0x0800, b"\x46" + ip4(udp(b"options"))[1:]),
    frame(0x86DD, ip6(bytes(8) + udp(b"x"), proto=60)),
    frame(0x0806, bytes(28)),
    frame(0x1234, bytes(46)),
    frame(0x0800, ip4(udp(b"hello"), ttl=9)),
]

ACTIONS = {
    "output": "output:r0",
    "push": "mod_vlan_vid:9,output:r0",
    "macs": "mod_dl_src:02:00:00:00:00:09,output:r0",
    "twice": "output:r0,mod_vlan_vid:6,output:r0",
    "strip": "strip_vlan,output:r0",
}


@pytest.mark.parametrize("name", PACKETS)
@pytest.mark.parametrize("actions", ACTIONS)
def test_same_frames(wire, name, actions):
    wire.switch.ofctl("add-flow", "br0", f"in_port=l0,actions={ACTIONS[actions]}")
    packet = PACKETS[name]
    copies = 2 if actions == "twice" else 1

    def expected(data):
        tag = data[12:16] if data[12:14] == b"\x81\0" else b""
        priority = bytes([tag[2] & 0xE0 if tag else 0])  # It stays.
        if actions == "push":
            return [data[:12] + b"\x81\0" + priority + b"\x09" + data[12 + len(tag):]]
        if actions == "macs":
            return [data[:6] + b"\2\0\0\0\0\x09" + data[12:]]
        if actions == "twice":
            return [data, data[:12] + b"\x81\0" + priority + b"\x06" + data[12 + len(tag):]]
        if actions == "strip":
            return [data[:12] + data[12 + len(tag):]]
        return [data]

    if copies == 1:
        sent = wire.warm_up(packet)
    else:
        sent = 0
        for _ in range(30):
            for _ in range(N_WARM):
                wire.left.send(packet)
            wire.receive(2 * N_WARM)
            sent += N_WARM
            time.sleep(0.02)
    for data in [packet, *ODD, packet]:
        wire.left.send(data)
        assert wire.receive(copies) == expected(data)
    assert (wire.shown()[2] > 0) == wire.is_on
    assert total(wire.switch) == sent + len(ODD) + 2


def test_every_packet_is_counted_once(wire):
    packet = PACKETS["udp"]
    wire.switch.ofctl("add-flow", "br0", "in_port=l0,actions=resubmit(,1)")
    wire.switch.ofctl("add-flow", "br0", "table=1,udp,actions=output:r0")
    sent = wire.warm_up(packet)

    for _ in range(500):
        wire.left.send(packet)
        wire.receive(1)

    assert total(wire.switch) == sent + 500
    dump = wire.switch.appctl("dpctl/dump-flows")
    [line] = [line for line in dump.splitlines() if "in_port(2)" in line and "proto=17" in line]
    assert f"packets:{sent + 499}, bytes:{(sent + 499) * len(packet)}" in line
    assert "hit:" in wire.switch.appctl("dpctl/show")
    wire.switch.wait_for(
        lambda: f"n_packets={sent + 500}, n_bytes={(sent + 500) * len(packet)}"
        in wire.switch.ofctl("dump-flows", "br0", "table=1"), "the counters")


def test_changes_hold_at_once(wire):
    packet = PACKETS["udp"]
    wire.switch.ofctl("add-flow", "br0", "priority=1,in_port=l0,actions=output:r0")
    wire.warm_up(packet)

    wire.switch.ofctl("add-flow", "br0", "priority=2,in_port=l0,actions=drop")
    for _ in range(50):
        wire.left.send(packet)
    wire.switch.ofctl("--strict", "del-flows", "br0", "priority=2,in_port=l0")
    marked = frame(0x0800, ip4(udp(b"marked")))
    wire.left.send(marked)
    assert wire.receive(1) == [marked]


def test_flow_ends_with_its_traffic(wire):
    wire.switch.vsctl("set", "open", ".", "other_config:max-idle=500")
    wire.switch.ofctl("add-flow", "br0", "in_port=l0,idle_timeout=2,actions=output:r0")
    wire.warm_up(PACKETS["udp"])
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        wire.left.send(PACKETS["udp"])
        time.sleep(0.05)
    assert "in_port=1" in wire.switch.ofctl("dump-flows", "br0")

    wire.switch.wait_for(
        lambda: "in_port=" not in wire.switch.ofctl("dump-flows", "br0"), "the timeout", 15)
    wire.switch.wait_for(lambda: wire.shown()[1] == 0, "the datapath flow's end", 15)


def test_ports_come_and_go(wire):
    packet = PACKETS["udp"]
    wire.switch.ofctl("add-flow", "br0", "actions=output:r0")
    wire.warm_up(packet)
    wire.switch.vsctl("del-port", "l0")
    for _ in range(50):
        wire.left.send(packet)
    wire.switch.vsctl("add-port", "br0", "l0")
    marked = frame(0x0800, ip4(udp(b"marked")))
    wire.left.send(marked)
    assert wire.receive(1) == [marked]


def test_program_that_somebody_removes(pair):
    wire = Wire(pair, "true")
    packet = PACKETS["udp"]
    wire.switch.ofctl("add-flow", "br0", "in_port=l0,actions=output:r0")
    wire.warm_up(packet)

    wire.here.run("tc", "filter", "del", "dev", "l0", "ingress")
    marked = frame(0x0800, ip4(udp(b"marked")))
    for _ in range(50):
        wire.left.send(packet)  # Each processor may lose one.
        wire.left.send(marked)
    received = 0
    while received < 90:
        received += len(wire.receive(1))

    # The switch finds out when it wants to hand over another flow.
    wire.switch.ofctl("add-flow", "br0", "priority=65000,udp,tp_dst=10,actions=output:r0")
    another = frame(0x0800, ip4(udp(b"another", port=10)))
    for _ in range(20):
        for _ in range(N_WARM):
            wire.left.send(another)
        time.sleep(0.02)
    assert wire.shown()[0] == "off"
    assert "somebody removed its program" in wire.switch.log("ovs-vswitchd")

    for value in ("false", "true"):
        wire.switch.vsctl("set", "open", ".", f"other_config:kernel-shortcut={value}")
    before = wire.shown()[2]
    for _ in range(20):
        for _ in range(N_WARM):
            wire.left.send(another)
        time.sleep(0.02)
    assert wire.shown()[2] > before
    wire.close()


def test_floods_get_a_processor_of_their_own(wire):
    def steering():
        return wire.here.run("cat", "/sys/class/net/l0/queues/rx-0/rps_cpus").strip("0,\n")

    wire.switch.vsctl("set", "open", ".", "other_config:max-idle=500")
    wire.switch.ofctl("add-flow", "br0", "in_port=l0,actions=output:r0")
    packet = PACKETS["udp"]
    if wire.is_on:
        wire.warm_up(PACKETS["udp6"])  # Or there is no shortcut.
    assert not steering()
    start, sent = time.monotonic(), 0
    while time.monotonic() < start + 2 and not (sent and steering()):
        burst_end = time.monotonic() + 0.3
        while time.monotonic() < burst_end:
            wire.left.send(packet)
            sent += 1
    rate = sent / (time.monotonic() - start)
    if wire.is_on and not steering() and rate < 100_000:
        pytest.skip(f"{rate:.0f} packets/s are no flood")
    assert bool(steering()) == wire.is_on
    wire.switch.wait_for(lambda: not steering(), "the end of the flood", 15)


def test_captures_see_the_packets(wire):
    packet = PACKETS["udp"]
    wire.switch.ofctl("add-flow", "br0", "in_port=l0,actions=output:r0")
    wire.warm_up(packet)
    sockets = [wire.here.packet_socket(device) for device in ("l0", "r0")]
    try:
        marked = frame(0x0800, ip4(udp(b"marked")))
        wire.left.send(marked)
        for sock in sockets:
            while sock.recv(2048) != marked:
                continue
    finally:
        for sock in sockets:
            sock.close()


def test_tcp_goes_through(pair):
    switch, _, left, right = pair
    server = right.popen("iperf3", "-s", "-1", "--forceflush")
    try:
        for line in server.stdout:
            if "listening" in line:
                break
        out = left.run("iperf3", "-c", "10.1.0.2", "-t", 1, timeout=30)
    finally:
        server.terminate()
        server.wait()
    assert "receiver" in out
    shown = switch.appctl("dpif-netdev/shortcut-show")
    if "the kernel does not forward" in switch.log("ovs-vswitchd"):
        pytest.skip("the kernel takes no programs here")
    assert "packets forwarded there: 0" not in shown
