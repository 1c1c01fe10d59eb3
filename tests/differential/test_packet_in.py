"""Packet-ins as controllers get them: the same bytes from both switches, in
every version and format."""

import socket
import struct

import pytest

HELLO, ECHO_REQUEST, VENDOR, SET_CONFIG = 0, 2, 4, 9
NICIRA, SET_FORMAT = 0x2320, 16

PACKET = (
    "in_port(1),eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),eth_type(0x0800),"
    "ipv4(src=1.1.1.1,dst=2.2.2.2,proto=17,tos=0,ttl={ttl},frag=no),udp(src=1,dst=2)"
)

ACTIONS = {
    "plain": "controller",
    "length": "controller:20",
    "userdata": "controller(max_len=0,reason=no_match,userdata=01.02.03)",
    "metadata": "load:5->NXM_NX_REG0[],load:7->OXM_OF_METADATA[],set_tunnel:9,"
    "load:3->NXM_NX_PKT_MARK[],load:6->NXM_NX_REG3[0..3],controller",
    "changed": "mod_vlan_vid:5,mod_dl_src:00:00:00:00:00:01,controller",
    "twice": "controller,dec_ttl,controller(reason=invalid_ttl)",
    "resubmit": "resubmit(,3)",
}


class Controller:
    """A connection to the management socket."""

    def __init__(self, path, version, form):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(path))
        self.version = version
        self.buffer = b""
        self.send(HELLO, b"")
        self.send(VENDOR, struct.pack("!III", NICIRA, SET_FORMAT, form))
        self.send(SET_CONFIG, struct.pack("!HH", 0, 16))
        self.until_barrier()

    def send(self, kind, body, xid=1):
        """Sends a message."""
        self.sock.sendall(struct.pack("!BBHI", self.version, kind, 8 + len(body), xid) + body)

    def message(self):
        """The next message."""
        while len(self.buffer) < 8 or len(self.buffer) < self.size():
            data = self.sock.recv(65536)
            assert data, "closed"
            self.buffer += data
        size = self.size()
        message, self.buffer = self.buffer[:size], self.buffer[size:]
        return message

    def size(self):
        """Of the first message in the buffer."""
        return struct.unpack("!H", self.buffer[2:4])[0]

    def until_barrier(self):
        """What comes before the answer to a barrier, in hex."""
        self.send(18 if self.version == 1 else 20, b"", xid=0xBA)
        found = []
        while True:
            message = self.message()
            if message[4:8] == b"\0\0\0\xba":
                return found
            if message[1] == ECHO_REQUEST:
                self.send(3, message[8:])
            elif message[1] != HELLO:
                found.append(message.hex())

    def packet_ins(self):
        """The packet-ins so far; there is at least one."""
        first = self.message().hex()
        return [first, *self.until_barrier()]

    def close(self):
        """Closes the connection."""
        self.sock.close()


@pytest.mark.parametrize("name", ACTIONS)
def test_same_bytes(ours, peer, name):
    seen = []
    for suite in (ours, peer):
        suite.start_dummy()
        suite.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail-mode=secure",
                    "protocols=[OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15]",
                    "--", "add-port", "br0", "p1", "--", "set", "Interface", "p1", "ofport_request=1")
        suite.ofctl("add-flow", "br0", f"cookie=0x12,in_port=1,actions={ACTIONS[name]}")
        suite.ofctl("add-flow", "br0", "table=3,priority=7,ip,actions=dec_ttl,controller")
        controllers = [Controller(suite.run_dir / "br0.mgmt", version, form)
                       for version in (1, 2, 3, 4, 5, 6) for form in (0, 1, 2)]
        for ttl in (64, 1):
            suite.appctl("netdev-dummy/receive", "p1", PACKET.format(ttl=ttl))
        suite.appctl("revalidator/wait")
        seen.append([controller.packet_ins() for controller in controllers])
        for controller in controllers:
            controller.close()
    assert seen[0] == seen[1]
