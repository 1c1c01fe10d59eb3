"""Relays of a database, of ours and the peer's."""

import copy
import json

import pytest

from lib.ovsdb import KITCHEN

PAIRS = [("ours", "ours"), ("ours", "peer"), ("peer", "ours")]
UP = {"model": "relay", "connected": True, "leader": False}
NOBODY = "00000000-0000-0000-0000-000000000000"
REQUEST = {"Types": {"columns": ["i"]}}


def wait_until_up(relay):
    relay.suite.wait_for(lambda: relay.status() == UP, "relay")


@pytest.mark.parametrize("source_kind, relay_kind", PAIRS)
def test_relay_reads_and_passes_writes_on(nodes, source_kind, relay_kind):
    source = nodes(source_kind)
    source.insert(5)
    relay = nodes(relay_kind, relay=source.remote)
    wait_until_up(relay)
    assert relay.numbers() == [5]
    assert relay.appctl("ovsdb-server/list-dbs") == "Kitchen\n_Server\n"

    watcher = relay.client()
    watcher.call("monitor_cond", "Kitchen", "m", REQUEST)
    assert "uuid" in relay.insert(6)
    assert source.numbers() == [5, 6]
    relay.wait_for([5, 6])
    watcher.call("echo")
    assert len(watcher.notes) == 1
    result = relay.insert(101)
    assert result["error"] == "constraint violation"
    assert source.numbers() == [5, 6]


def test_commands_that_want_a_leader_pass_relays_over(ours, either):
    ours.start_ovsdb_server()
    either.vsctl("--no-wait", f"--db=unix:{ours.run_dir}/db.sock", "add-br", "br0")
    relay = f"unix:{ours.run_dir}/relay.sock"
    ours.start("ovsdb-server", f"relay:Open_vSwitch:unix:{ours.run_dir}/db.sock", "--remote=p" + relay,
               "--unixctl=relay.ctl", "-vconsole:off")
    ours.ok("ovsdb-client", "--timeout=10", "wait", relay, "Open_vSwitch", "connected")

    result = either.run("ovs-vsctl", "-vconsole:info", f"--db={relay}", "list-br")
    assert result.code == 1
    assert "relay database server cannot be a leader; trying another server" in result.err
    assert either.vsctl("--no-leader-only", f"--db={relay}", "list-br") == "br0\n"
    either.vsctl("--no-leader-only", "--no-wait", f"--db={relay}", "add-br", "br1")
    assert either.vsctl("--db=unix:" + str(ours.run_dir / "db.sock"), "list-br") == "br0\nbr1\n"


def test_relay_of_relays(nodes):
    source = nodes("ours")
    first = nodes("ours", relay=source.remote)
    second = nodes("ours", relay=first.remote)
    wait_until_up(second)
    assert "uuid" in second.insert(6)
    second.wait_for([6])
    assert source.numbers() == [6]


def test_requests_of_many_clients_get_their_own_answers(nodes):
    source = nodes("ours")
    relay = nodes("ours", relay=source.remote)
    wait_until_up(relay)
    clients = [relay.client() for _ in range(20)]
    for n, client in enumerate(clients):
        for i in range(3):
            insert = {"op": "insert", "table": "Types", "row": {"i": n, "iset1": 1}}
            comment = {"op": "comment", "comment": "x"}
            request = {"method": "transact", "id": f"{n}/{i}",
                       "params": ["Kitchen", *[comment] * i, insert]}
            client.sock.sendall(json.dumps(request).encode())
    for n, client in enumerate(clients):
        for i in range(3):
            reply = client.receive()
            assert reply["id"] == f"{n}/{i}" and len(reply["result"]) == i + 1
    relay.wait_for(list(range(20)))


def test_before_the_source_is_there(nodes):
    for kind in ("ours", "peer"):
        relay = nodes(kind, relay="tcp:127.0.0.1:1")
        assert relay.status() == {"model": "relay", "connected": False, "leader": False}
        client = relay.client()
        assert client.call("list_dbs")["result"] == ["Kitchen", "_Server"]
        for params in (["get_schema", "Kitchen"], ["transact", "Kitchen"],
                       ["monitor", "Kitchen", "m", {}]):
            assert client.call(*params)["error"] == {
                "error": "database not available",
                "details": f"{params[0]} request specifies database Kitchen which is not yet "
                           "available because it has not completed joining its cluster",
            }


def test_source_goes_and_comes_back(nodes):
    source = nodes("ours")
    source.insert(5)
    relay = nodes("ours", relay=source.remote)
    wait_until_up(relay)
    watcher, writer = relay.client(), relay.client()
    watcher.call("monitor", "Kitchen", "m", REQUEST)
    source.stop()
    relay.suite.wait_for(lambda: not relay.status()["connected"], "loss")
    assert relay.numbers() == [5]
    request = {"method": "transact", "id": 1, "params": [
        "Kitchen", {"op": "insert", "table": "Types", "row": {"i": 6, "iset1": 1}}]}
    writer.sock.sendall(json.dumps(request).encode())

    nodes.again(source)
    wait_until_up(relay)
    assert "uuid" in writer.receive()["result"][0]
    relay.wait_for([5, 6])
    watcher.call("echo")
    assert [list(n["params"][1]["Types"].values()) for n in watcher.notes] == [
        [{"new": {"i": 6}}]]


def test_clients_move_between_relays(nodes):
    source = nodes("ours")
    source.insert(5)
    relays = [nodes("ours", relay=source.remote) for _ in range(2)]
    for relay in relays:
        wait_until_up(relay)
        # Relays remember transactions once somebody asked for them.
        relay.client().call("monitor_cond_since", "Kitchen", "m", REQUEST, NOBODY)
    source.insert(6)
    for relay in relays:
        relay.wait_for([5, 6])
    one = relays[0].client().call("monitor_cond_since", "Kitchen", "m", REQUEST, NOBODY)
    last = one["result"][1]
    source.insert(7)
    relays[1].wait_for([5, 6, 7])
    found, _, updates = relays[1].client().call(
        "monitor_cond_since", "Kitchen", "m", REQUEST, last)["result"]
    assert found and [u for u in updates["Types"].values()] == [{"insert": {"i": 7}}]


def test_conversion_passes_through(nodes):
    source = nodes("ours")
    source.insert(5)
    relay = nodes("ours", relay=source.remote)
    wait_until_up(relay)
    schema = copy.deepcopy(json.loads(KITCHEN.read_text()))
    schema["tables"]["Types"]["columns"]["fresh"] = {"type": "string"}
    client = relay.client()
    client.call("set_db_change_aware", True)
    client.call("monitor", "Kitchen", "m", REQUEST)
    assert client.call("convert", "Kitchen", schema)["result"] == {}
    relay.suite.wait_for(
        lambda: "fresh" in relay.ask("get_schema", "Kitchen")["result"]
        ["tables"]["Types"]["columns"], "new schema")
    client.call("echo")
    assert {"id": None, "method": "monitor_canceled", "params": ["m"]} in client.notes
    relay.wait_for([5])


def test_locks_are_the_relays_own(nodes):
    source = nodes("ours")
    relay = nodes("ours", relay=source.remote)
    wait_until_up(relay)
    for node in (source, relay):
        client = node.client()
        assert client.call("lock", "L")["result"] == {"locked": True}
        if node is relay:
            ops = [{"op": "assert", "lock": "L"},
                   {"op": "insert", "table": "Types", "row": {"i": 1, "iset1": 1}}]
            assert client.transact(*ops)[0]["error"] == "not owner"


def test_added_at_run_time(nodes):
    source = nodes("ours")
    source.insert(5)
    relay = nodes("ours", "--no-dbs", relay=source.remote)
    wait_until_up(relay)
    relay.appctl("ovsdb-server/remove-db", "Kitchen")
    assert relay.client().call("list_dbs")["result"] == ["_Server"]
    relay.appctl("ovsdb-server/add-db", f"relay:Kitchen:{source.remote}")
    wait_until_up(relay)
    assert relay.numbers() == [5]


def test_bad_arguments(either):
    result = either.run("ovsdb-server", "relay:Kitchen", "--remote=punix:x")
    assert result.code == 1
    assert result.err == "ovsdb-server: ovsdb error: relay:Kitchen: invalid syntax\n"
