"""Active-backup pairs of servers, of ours and the peer's."""

import json

import pytest

from lib.ovsdb import KITCHEN

PAIRS = [("ours", "ours"), ("ours", "peer"), ("peer", "ours")]


@pytest.mark.parametrize("active_kind, backup_kind", PAIRS)
def test_backup_follows(nodes, active_kind, backup_kind):
    active = nodes(active_kind)
    active.insert(5)
    backup = nodes(backup_kind, f"--sync-from={active.remote}")
    backup.wait_for([5])
    assert backup.appctl("ovsdb-server/sync-status") == (
        f"state: backup\nreplicating: {active.remote}\ndatabase: Kitchen\n")

    writer = active.client()
    active.insert(6, writer)
    writer.transact({"op": "update", "table": "Types", "where": [["i", "==", 5]],
                     "row": {"i": 7, "iset": ["set", [1, 2]], "ssmap": ["map", [["a", "b"]]]}})
    backup.wait_for([6, 7])
    writer.transact({"op": "delete", "table": "Types", "where": [["i", "==", 6]]})
    backup.wait_for([7])

    # What it follows is on its disk.
    backup.stop()
    active.stop()
    nodes.again(backup)
    assert backup.numbers() == [7]


@pytest.mark.parametrize("active_kind, backup_kind", PAIRS)
def test_databases_that_come_later_follow_too(nodes, active_kind, backup_kind, tmp_path):
    schema = json.loads(KITCHEN.read_text())
    schema["name"] = "Second"
    file = tmp_path / "second.ovsschema"
    file.write_text(json.dumps(schema))
    active = nodes(active_kind)
    backup = nodes(backup_kind, f"--sync-from={active.remote}")
    active.insert(5)
    for node in (active, backup):
        node.suite.ok("ovsdb-tool", "create", node.suite.run_dir / "second.db", file)
    active.appctl("ovsdb-server/add-db", active.suite.run_dir / "second.db")
    insert = ["Second", {"op": "insert", "table": "Types", "row": {"i": 6, "iset1": 1}}]
    assert "uuid" in active.client().call("transact", *insert)["result"][0]

    backup.appctl("ovsdb-server/add-db", backup.suite.run_dir / "second.db")

    def numbers():
        select = ["Second", {"op": "select", "table": "Types", "where": [], "columns": ["i"]}]
        return [row["i"] for row in backup.client().call("transact", *select)["result"][0]["rows"]]

    backup.suite.wait_for(lambda: numbers() == [6], "the second database")
    backup.wait_for([5])

    def followed():
        status = backup.appctl("ovsdb-server/sync-status")
        return set(status.partition("database: ")[2].strip().split(", "))

    # A new database makes the source end connections once.
    backup.suite.wait_for(lambda: followed() == {"Kitchen", "Second"}, "both")


def test_backup_is_read_only(nodes):
    active = nodes("ours")
    for kind in ("ours", "peer"):
        backup = nodes(kind, f"--sync-from={active.remote}")
        client = backup.client()
        assert backup.insert(1) == {
            "error": "not allowed",
            "details": "insert operation not allowed when database server is in read only mode",
        }
        for method in ("lock", "steal", "unlock"):
            reply = client.call(method, "L")
            assert reply["error"] == (
                "lock and unlock methods not allowed, DB server is read only.")


def test_roles_change(nodes):
    active = nodes("ours")
    active.insert(5)
    backup = nodes("ours", f"--sync-from={active.remote}")
    backup.wait_for([5])
    backup.appctl("ovsdb-server/disconnect-active-ovsdb-server")
    assert backup.appctl("ovsdb-server/sync-status") == "state: active\n"
    assert "uuid" in backup.insert(6)
    active.insert(7)
    assert backup.numbers() == [5, 6]

    backup.appctl("ovsdb-server/connect-active-ovsdb-server")
    backup.wait_for([5, 7])
    assert backup.appctl("ovsdb-server/get-active-ovsdb-server") == f"{active.remote}\n"
    # Now the other way round.
    backup.appctl("ovsdb-server/disconnect-active-ovsdb-server")
    backup.insert(8)
    active.appctl("ovsdb-server/set-active-ovsdb-server", backup.remote)
    assert active.appctl("ovsdb-server/sync-status") == "state: active\n"
    active.appctl("ovsdb-server/connect-active-ovsdb-server")
    active.wait_for([5, 7, 8])


def test_starts_active_on_request(nodes):
    active = nodes("ours")
    other = nodes("ours", f"--sync-from={active.remote}", "--active")
    assert other.appctl("ovsdb-server/sync-status") == "state: active\n"
    assert "uuid" in other.insert(6)
    other.appctl("ovsdb-server/connect-active-ovsdb-server")
    other.wait_for([])


def test_excluded_tables_stay(nodes):
    active = nodes("ours")
    active.insert(5)
    backup = nodes("ours", f"--sync-from={active.remote}", "--active",
                   "--sync-exclude-tables=Kitchen:Types,Kitchen:Need")
    assert backup.appctl("ovsdb-server/get-sync-exclude-tables") == "Kitchen:Need,Kitchen:Types\n"
    backup.insert(9)
    backup.appctl("ovsdb-server/connect-active-ovsdb-server")
    row = {"op": "insert", "table": "Root", "row": {"name": "r", "a": 1}}
    active.client().transact(row)
    select = {"op": "select", "table": "Root", "where": [], "columns": ["name"]}
    client = backup.client()
    backup.suite.wait_for(
        lambda: client.transact(select) == [{"rows": [{"name": "r"}]}], "row of Root")
    assert backup.numbers() == [9]
    assert backup.appctl("ovsdb-server/sync-status").endswith(
        "exclude: Kitchen:Need,Kitchen:Types\n")
    backup.appctl("ovsdb-server/set-sync-exclude-tables")
    backup.wait_for([5])


def test_active_comes_back(nodes):
    active = nodes("ours")
    active.insert(5)
    backup = nodes("ours", f"--sync-from={active.remote}")
    backup.wait_for([5])
    watcher = backup.client()
    watcher.call("monitor", "Kitchen", "m", {"Types": {"columns": ["i"]}})
    active.stop()
    backup.suite.wait_for(
        lambda: "connecting" in backup.appctl("ovsdb-server/sync-status"), "loss")
    assert backup.numbers() == [5]
    nodes.again(active)
    active.insert(6)
    backup.wait_for([5, 6])
    # Nothing is told anew that did not change.
    watcher.call("echo")
    assert [list(n["params"][1]["Types"].values()) for n in watcher.notes] == [
        [{"new": {"i": 6}}]]


def test_a_server_does_not_replicate_itself(nodes):
    node = nodes("ours")
    node.insert(5)
    node.appctl("ovsdb-server/set-active-ovsdb-server", node.remote)
    node.appctl("ovsdb-server/connect-active-ovsdb-server")
    node.suite.wait_for(
        lambda: node.appctl("ovsdb-server/sync-status") == "state: active\n", "refusal")
    assert "Self replicating is not allowed" in node.suite.log("ovsdb-server")
    assert node.numbers() == [5]


def test_another_schema_is_not_replicated(nodes):
    active = nodes("ours")
    backup = nodes("ours")
    backup.insert(5)
    schema = json.loads(KITCHEN.read_text())
    schema["version"] = "9.0.0"
    assert active.client().call("convert", "Kitchen", schema)["result"] == {}
    backup.appctl("ovsdb-server/set-active-ovsdb-server", active.remote)
    backup.appctl("ovsdb-server/connect-active-ovsdb-server")
    backup.suite.wait_for(lambda: "the schema" in backup.suite.log("ovsdb-server"), "refusal")
    assert backup.numbers() == [5]


@pytest.mark.parametrize("command", ["set-active-ovsdb-server-probe-interval",
                                     "set-relay-source-probe-interval"])
def test_probe_intervals(nodes, command):
    node = nodes("ours")
    assert node.appctl(f"ovsdb-server/{command}", "2000") == ""
    assert node.appctl(f"ovsdb-server/{command}", "x") == (
        "Invalid probe interval, integer value expected\n")


def test_connecting_to_nobody(nodes):
    for kind in ("ours", "peer"):
        node = nodes(kind)
        assert node.appctl("ovsdb-server/connect-active-ovsdb-server") == (
            "Unable to connect: active server is not specified.\n")
        assert node.appctl("ovsdb-server/disconnect-active-ovsdb-server") == ""
