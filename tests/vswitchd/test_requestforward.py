"""Requests of one controller, told to the others that want to know."""

import socket
import struct

import pytest

OF14, HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 5, 0, 1, 2, 3
GROUP_MOD, SET_ASYNC, METER_MOD, REQUESTFORWARD = 15, 28, 29, 32


class Controller:
    """A connection to the switch's management socket."""

    def __init__(self, suite):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(suite.run_dir / "br0.mgmt"))
        self.send(HELLO)
        assert self.receive()[0] == HELLO

    def send(self, kind, body=b"", xid=1):
        self.sock.sendall(struct.pack("!BBHI", OF14, kind, 8 + len(body), xid) + body)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            assert piece
            data += piece
        return data

    def receive(self):
        """(type, xid, body) of the next message."""
        _, kind, size, xid = struct.unpack("!BBHI", self.read(8))
        return kind, xid, self.read(size - 8)

    def messages(self):
        """What comes before the answer to an echo."""
        self.send(ECHO_REQUEST, xid=99)
        found = []
        while (message := self.receive())[0] != ECHO_REPLY:
            found.append(message)
        return found


@pytest.fixture
def switch(either):
    either.start_dummy_bridge(0, "protocols=OpenFlow14")
    return either


def test_group_and_meter_mods_are_forwarded(switch):
    asking, listening, deaf = (Controller(switch) for _ in range(3))
    # Property 11: of a controller that is no secondary.
    listening.send(SET_ASYNC, struct.pack("!HHI", 11, 8, 3))
    assert listening.messages() == []
    group = struct.pack("!HBBI", 0, 0, 0, 7)
    meter = struct.pack("!HHIHHIII", 0, 1, 9, 1, 16, 5, 5, 0)
    asking.send(GROUP_MOD, group, xid=0x11)
    # The switch fills in the burst.
    asking.send(METER_MOD, struct.pack("!HHIHHIII", 0, 1, 9, 1, 16, 5, 0, 0), xid=0x12)
    asking.send(GROUP_MOD, group, xid=0x13)  # It is there already.

    assert [kind for kind, _, _ in asking.messages()] == [ERROR]
    assert listening.messages() == [
        (REQUESTFORWARD, 0, struct.pack("!BBHI", OF14, GROUP_MOD, 16, 0x11) + group),
        (REQUESTFORWARD, 0, struct.pack("!BBHI", OF14, METER_MOD, 32, 0x12) + meter),
    ]
    assert deaf.messages() == []
