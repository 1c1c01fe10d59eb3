"""Our clients on a cluster of the peer's servers."""

import json
import os
import signal
import socket

import pytest

SERVERS = ("s1", "s2", "s3")


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp:127.0.0.1:{probe.getsockname()[1]}"


class Cluster:
    """Three servers of the peer."""

    def __init__(self, peer):
        self.peer = peer
        self.processes = {}
        first = None
        for name in SERVERS:
            address = free_address()
            database = peer.run_dir / f"{name}.db"
            if first is None:
                peer.ok("ovsdb-tool", "create-cluster", database, peer.schema(), address)
                first = address
            else:
                peer.ok("ovsdb-tool", "join-cluster", database, "Open_vSwitch", address, first)
            self.start(name)
        peer.wait_for(lambda: self.leader() is not None and self.n_up() == 3, "a leader")

    def start(self, name):
        run = self.peer.run_dir
        self.processes[name] = self.peer.start(
            "ovsdb-server", run / f"{name}.db", f"--remote=punix:{run}/{name}", f"--unixctl={run}/{name}.ctl",
            f"--log-file={run}/{name}.log", f"--pidfile={run}/{name}.pid", "-vconsole:off")

    def kill(self, name):
        pid = int((self.peer.run_dir / f"{name}.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def status(self, name):
        """The row of _Server about the database; None if there is none."""
        where = [["name", "==", "Open_vSwitch"]]
        op = {"op": "select", "table": "Database", "where": where, "columns": ["connected", "leader"]}
        result = self.peer.run("ovsdb-client", "transact", self.remote(name), json.dumps(["_Server", op]))
        rows = json.loads(result.out)[0]["rows"] if result.code == 0 else []
        return rows[0] if rows else None

    def n_up(self):
        return sum(bool(row and row["connected"]) for row in map(self.status, self.processes))

    def leader(self):
        for name in self.processes:
            row = self.status(name)
            if row and row["leader"] and row["connected"]:
                return name
        return None

    def followers(self):
        leader = self.leader()
        return [name for name in self.processes if name != leader]

    def remote(self, *names):
        return ",".join(f"unix:{self.peer.run_dir}/{name}" for name in names)


@pytest.fixture
def cluster(peer):
    return Cluster(peer)


def test_commands_look_for_the_leader(cluster, ours):
    follower, other = cluster.followers()
    leader = cluster.leader()
    every = cluster.remote(follower, other, leader)

    ours.vsctl("--no-shuffle", "--no-wait", "-vsyslog:off", f"--db={every}", "add-br", "br0")
    assert ours.vsctl(f"--db={cluster.remote(leader)}", "list-br") == "br0\n"
    table = ours.ok("ovsdb-client", "--data=bare", "--format=csv", "dump", every, "Open_vSwitch", "Bridge", "name")
    assert table == "Bridge table\nname\nbr0\n"
    insert = json.dumps(["Open_vSwitch", {"op": "insert", "table": "SSL", "row": {
        "private_key": "a", "certificate": "b", "ca_cert": "c"}}, {"op": "abort"}])
    assert "aborted" in ours.ok("ovsdb-client", "transact", every, insert)
    assert ours.ok("ovsdb-client", "get-schema-version", every, "Open_vSwitch").startswith("8.")

    # What the peer says of the same.
    for suite in (ours, cluster.peer):
        result = suite.run("ovs-vsctl", f"--db={cluster.remote(follower, other)}", "list-br")
        assert result.code == 1 and result.out == ""
        assert "database connection failed (" in result.err
        result = suite.run("ovsdb-client", "dump", cluster.remote(follower, other), "Open_vSwitch", "Bridge")
        assert result.code == 1 and result.err.endswith("ovsdb-client: no servers were available\n")
        result = suite.run("ovsdb-client", "list-tables", every)
        assert (result.code, result.err) == (1, "ovsdb-client: database name is required with multiple remotes\n")
    result = ours.run("ovs-vsctl", f"--db={cluster.remote(follower)}", "list-br")
    assert result.err.endswith("failed (clustered database server is not cluster leader)\n")


def test_any_server_will_do_if_told_so(cluster, ours):
    follower, other = cluster.followers()
    some = cluster.remote(follower, other)

    ours.vsctl("--no-leader-only", "--no-wait", f"--db={some}", "add-br", "br0")
    assert ours.vsctl("--no-leader-only", f"--db={cluster.remote(other)}", "list-br") == "br0\n"
    dump = ours.ok("ovsdb-client", "--no-leader-only", "--data=bare", "dump", some, "Open_vSwitch", "Bridge", "name")
    assert "br0" in dump
    # A single server is asked, whatever it is.
    assert "br0" in ours.ok("ovsdb-client", "dump", cluster.remote(other), "Open_vSwitch", "Bridge", "name")


def test_the_switch_follows_the_leader(cluster, ours):
    """The server that it talks to dies; the next leader's changes arrive."""
    ours.vsctl("--no-wait", f"--db={cluster.remote(cluster.leader())}", "init")
    every = cluster.remote(*SERVERS)
    ours.start("ovs-vswitchd", every, "--pidfile", "--log-file", "-vconsole:off", "--enable-dummy=override",
               "--disable-system", "--disable-system-route")
    ours.wait_for(lambda: ours.is_up("ovs-vswitchd", ()), "ovs-vswitchd")
    ours.vsctl(f"--db={every}", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy")
    cluster.kill(cluster.leader())
    ours.wait_for(lambda: cluster.leader() is not None, "another leader", timeout=30)

    rest = cluster.remote(*cluster.processes)
    ours.vsctl("--timeout=30", f"--db={rest}", "add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=dummy",
               timeout=40)
    show = ours.appctl("dpif/show")
    assert "br0:" in show and "br1:" in show
    assert ours.vsctl(f"--db={rest}", "get", "interface", "br1", "ofport") == "65534\n"
