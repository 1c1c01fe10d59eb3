"""Network namespaces with veth pairs, for tests that move real packets."""

import ctypes
import itertools
import os
import re
import socket
import subprocess

_counter = itertools.count()


def sh(*command, check=True, timeout=60):
    """Runs a command; returns its output."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=timeout
    )
    assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


class Namespace:
    """A network namespace with its loopback up; gone after destroy()."""

    def __init__(self, label):
        self.name = f"t{os.getpid()}-{next(_counter)}-{label}"
        sh("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *args, **kwargs):
        """ip(8) in the namespace."""
        return sh("ip", "-n", self.name, *args, **kwargs)

    def run(self, *command, **kwargs):
        """A command in the namespace."""
        return sh("ip", "netns", "exec", self.name, *command, **kwargs)

    def popen(self, *command):
        """A command in the namespace, in the background."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def veth(self, here, other, there, address=None):
        """Joins this namespace's device 'here' with 'there' of namespace
        'other', both up; 'address' is put on 'there'."""
        self.ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", other.name)
        self.ip("link", "set", here, "up")
        other.ip("link", "set", there, "up")
        if address:
            other.ip("addr", "add", address, "dev", there, "nodad")

    def packet_socket(self, device):
        """A packet socket on a device of the namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as here, open(f"/run/netns/{self.name}") as there:
            assert libc.setns(there.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
            try:
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                sock.bind((device, 0))
            finally:
                assert libc.setns(here.fileno(), 0) == 0
        sock.settimeout(5)
        return sock

    def ping(self, address, count=3):
        """How many of 'count' pings were answered."""
        out = self.run(
            "ping", "-n", "-c", count, "-i", "0.1", "-W", "1", address, check=False
        )
        return int(re.search(r"(\d+) received", out).group(1))

    def destroy(self):
        """Removes the namespace with its devices."""
        sh("ip", "netns", "del", self.name, check=False)


def can_make_namespaces():
    """Whether this process may make network namespaces."""
    name = f"t{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    if made:
        sh("ip", "netns", "del", name)
    return made
