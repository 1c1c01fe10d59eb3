"""Replicas of ovs.db.idl while servers convert, lose and pass on databases."""

import json
import os
import socket

import pytest
from idl_tools import Replica, wait_until
from lib.ovsdb import KITCHEN
from lib.suite import Suite

from ovs.db.idl import Idl, SchemaHelper


@pytest.fixture
def suites(tmp_path):
    """suites(KIND): more programs of ours or of the peer."""
    made = []

    def make(kind):
        made.append(Suite(kind, tmp_path / f"more{len(made)}"))
        return made[-1]

    yield make
    for suite in made:
        suite.stop()


def numbers(idl):
    return sorted(row.i for row in idl.rows("Types"))


def test_a_converted_database(replica, kitchen):
    idl = replica()
    idl.insert("Types", i=1, iset1=[1])
    schema = json.loads(KITCHEN.read_text())
    schema["version"] = "1.2.4"
    schema["tables"]["Kid"]["columns"]["extra"] = {"type": "string"}
    file = kitchen.dir / "new.ovsschema"
    file.write_text(json.dumps(schema))
    seqno = idl._session.get_seqno()

    kitchen.ok("ovsdb-client", "convert", kitchen.remote, file)
    idl.until(lambda: idl._session.get_seqno() != seqno)

    idl.connect()
    idl.insert("Types", i=2, iset1=[1])
    assert numbers(idl) == [1, 2]


def test_a_database_that_goes_and_comes_again(replica, kitchen):
    idl = replica()
    idl.insert("Types", i=1, iset1=[1])

    def appctl(*args):
        kitchen.appctl("-t", "ovsdb-server", *args)

    appctl("ovsdb-server/remove-db", "Kitchen")
    idl.until(lambda: idl.state != idl.IDL_S_MONITORING)
    assert numbers(idl) == [1]
    appctl("ovsdb-server/add-db", kitchen.run_dir / "k.db")
    idl.connect()

    idl.insert("Types", i=2, iset1=[1])
    assert numbers(idl) == [1, 2]


def test_a_relay_serves_as_well(kitchen, replica, suites):
    relay = suites(kitchen.kind)
    relay.start_ovsdb_server(db=f"relay:Kitchen:{kitchen.remote}", create=False)
    remote = f"unix:{relay.run_dir}/db.sock"
    direct = replica()

    idl = Replica(remote, leader_only=False).connect()
    idl.insert("Types", i=1, iset1=[1])
    direct.insert("Types", i=2, iset1=[1])
    idl.until(lambda: len(numbers(idl)) == 2)

    assert numbers(idl) == numbers(direct) == [1, 2]
    idl.close()


def test_a_relay_is_no_leader(kitchen, suites):
    relay = suites(kitchen.kind)
    relay.start_ovsdb_server(db=f"relay:Kitchen:{kitchen.remote}", create=False)

    idl = Replica(f"unix:{relay.run_dir}/db.sock,{kitchen.remote}").connect()

    assert idl.get_session_name() == kitchen.remote
    idl.close()
    idl = Replica(f"unix:{relay.run_dir}/db.sock", leader_only=False)
    relay.processes[-1].terminate()
    relay.processes[-1].wait()
    relay.start_ovsdb_server(db="relay:Kitchen:unix:nowhere", create=False)
    idl.until(lambda: idl._session.get_num_of_remotes() == 1 and idl._session.get_seqno() > 2)
    assert not idl.has_ever_connected()
    idl.close()


def test_a_replica_of_nothing_has_a_lock(kitchen):
    idl = Idl(kitchen.remote, SchemaHelper(str(KITCHEN)))
    idl.set_lock("mine")

    wait_until(lambda: idl.has_lock and idl.has_ever_connected(), [idl])

    assert idl.tables == {}
    idl.close()


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.mark.slow
def test_a_cluster_that_loses_its_leader(suites):
    if not os.environ.get("OVS_PEER"):
        pytest.skip("OVS_PEER is not set")
    nodes = [suites("peer") for _ in range(3)]
    addresses = [f"tcp:127.0.0.1:{port}" for port in free_ports(3)]
    remotes = [f"unix:{node.run_dir}/db.sock" for node in nodes]
    for node, address, remote in zip(nodes, addresses, remotes):
        file = node.run_dir / "k.db"
        if node is nodes[0]:
            node.ok("ovsdb-tool", "create-cluster", file, KITCHEN, address)
        else:
            node.ok("ovsdb-tool", "join-cluster", file, "Kitchen", address, addresses[0])
        node.start_ovsdb_server(db="k.db", create=False)
        node.ok("ovsdb-client", "wait", remote, "Kitchen", "connected")
    idl = Replica(",".join(remotes)).connect()
    assert idl.get_session_name() == remotes[0]
    follower = Replica(remotes[1], leader_only=False).connect()
    follower.insert("Types", i=1, iset1=[1])
    idl.until(lambda: numbers(idl) == [1])
    del idl.notes[:]

    nodes[0].processes[-1].kill()
    nodes[0].processes[-1].wait()
    idl.until(lambda: idl.get_session_name() != remotes[0] and idl.state == idl.IDL_S_MONITORING)

    # The new leader knows that we missed nothing.
    assert idl.notes == [] and numbers(idl) == [1]
    idl.insert("Types", i=2, iset1=[1])
    for one in (idl, follower):
        one.close()
