"""Sessions that are recorded and replayed: ovsdb-server --record, --replay."""

import json
import shutil
import socket

import pytest

from lib.ovsdb import KITCHEN, Client
from lib.suite import Suite


@pytest.fixture
def suite(tmp_path):
    suite = Suite("ours", tmp_path / "run")
    yield suite
    suite.stop()


def arguments(suite, database):
    return [
        suite.run_dir / database,
        f"--remote=punix:{suite.run_dir}/db.sock",
        f"--unixctl={suite.run_dir}/ctl",
        "--log-file",
    ]


def replay(suite, directory):
    """Replays the session on the database of before."""
    return suite.run("ovsdb-server", *arguments(suite, "b.db"), f"--replay={directory}")


def rows(suite, database):
    """UUIDs and numbers of all rows."""
    columns = ["_uuid", "i", "iset1"]
    query = ["Kitchen", {"op": "select", "table": "Types", "where": [], "columns": columns}]
    found = json.loads(suite.ok("ovsdb-tool", "query", suite.run_dir / database, json.dumps(query)))
    return sorted(json.dumps(row, sort_keys=True) for row in found[0]["rows"])


@pytest.fixture
def recorded(suite, tmp_path):
    """A recorded session; the suite, and the database as it was before."""
    suite.ok("ovsdb-tool", "create", suite.run_dir / "a.db", KITCHEN)
    shutil.copy(suite.run_dir / "a.db", suite.run_dir / "b.db")
    server = suite.start("ovsdb-server", *arguments(suite, "a.db"), f"--record={tmp_path}")
    suite.wait_for(lambda: (suite.run_dir / "ctl").exists(), "ovsdb-server")
    use(suite)
    assert suite.run("ovs-appctl", "-t", suite.run_dir / "ctl", "exit").code == 0
    assert server.wait(10) == 0
    return suite


def use(suite):
    """Clients that come, write, watch, wait and go in the middle of a request."""
    path = suite.run_dir / "db.sock"
    first, second = Client(path), Client(path)
    second.call("monitor_cond", "Kitchen", "m", {"Types": [{}]})
    for i in range(3):
        first.transact(insert(i), {"op": "comment", "comment": "x"})
        second.transact(insert(i + 10))
    first.transact({"op": "no such thing"})
    first.call("lock", "l")
    third = socket.socket(socket.AF_UNIX)
    third.connect(str(path))
    third.sendall(b'{"method":"transact","params":["Kit')
    suite.appctl("-t", suite.run_dir / "ctl", "ovsdb-server/compact")
    third.close()
    second.call("steal", "l")
    first.transact({"op": "delete", "table": "Types", "where": [["i", "==", 1]]}, insert(20))
    assert first.call("echo")["result"] == []


def insert(number):
    return {"op": "insert", "table": "Types", "row": {"i": number, "iset1": 1}}


def test_replay_makes_the_same_database(recorded, tmp_path):
    result = replay(recorded, tmp_path)

    assert result.code == 0, result
    assert len(rows(recorded, "a.db")) == 6
    assert rows(recorded, "b.db") == rows(recorded, "a.db")
    assert not (recorded.run_dir / "db.sock").exists()


def test_replay_ends_with_the_record(recorded, tmp_path):
    path = tmp_path / "ovsdb-server.replay"
    text = path.read_bytes()
    exit_at = text.rindex(b" accept ")
    path.write_bytes(text[: text.rindex(b"\n", 0, exit_at) + 1])

    result = replay(recorded, tmp_path)

    assert result.code == 0, result
    assert rows(recorded, "b.db") == rows(recorded, "a.db")
    assert "records replayed" in recorded.log("ovsdb-server")


def test_replay_of_something_else_is_noticed(recorded, tmp_path):
    more = ["--remote=punix:y.sock", "--remote=punix:z.sock"]
    result = recorded.run("ovsdb-server", *arguments(recorded, "b.db"), *more, f"--replay={tmp_path}")

    assert result.code == 1
    assert "which it did not" in result.err and "ovsdb-server.replay" in result.err


@pytest.mark.parametrize("damage", ["no such file", "OVS-REPLAY 2 5\n", "OVS-REPLAY 1 5\n0 listen 1 0 999\nx"])
def test_damaged_record_is_refused(recorded, tmp_path, damage):
    path = tmp_path / "ovsdb-server.replay"
    path.unlink()
    if damage.startswith("OVS"):
        path.write_text(damage)

    result = replay(recorded, tmp_path)

    assert result.code == 1
    assert str(path) in result.err


def test_record_and_replay_exclude_each_other(suite):
    result = suite.run("ovsdb-server", "--record", "--replay")
    assert result.code == 1
    assert "exclude each other" in result.err
