"""Files that are damaged, disks that are full, files that somebody has."""

import json
import os
import subprocess

import pytest

from lib.ovsdb import KITCHEN, Client
from lib.suite import Suite

HEADER = b"OVSDB JSON "


@pytest.fixture
def suite(tmp_path):
    suite = Suite("ours", tmp_path / "run")
    yield suite
    suite.stop()


def insert(number, size=0):
    row = {"op": "insert", "table": "Types", "row": {"i": number, "iset1": 1}}
    return [row, {"op": "comment", "comment": "x" * size}]


def numbers(client):
    select = {"op": "select", "table": "Types", "where": [], "columns": ["i"]}
    return sorted(row["i"] for row in client.transact(select)[0]["rows"])


def serve(suite, path):
    suite.start(
        "ovsdb-server", path, f"--remote=punix:{suite.run_dir}/db.sock", "--unixctl", suite.run_dir / "ctl", "--log-file",
        "-vconsole:off",
    )  # fmt: skip
    suite.wait_for(lambda: (suite.run_dir / "ctl").exists(), "ovsdb-server")
    return Client(suite.run_dir / "db.sock")


@pytest.fixture
def content(suite):
    """A file with the rows 1 to 4."""
    path = suite.run_dir / "a.db"
    suite.ok("ovsdb-tool", "create", path, KITCHEN)
    for i in range(1, 5):
        suite.ok("ovsdb-tool", "transact", path, json.dumps(["Kitchen", *insert(i)]))
    return path.read_bytes()


def start_of_record(content, number):
    """Where record 'number' begins: the schema is 0."""
    at = 0
    for _ in range(number):
        at = content.index(b"\n" + HEADER, at) + 1
    return at


def test_torn_tail_is_cut_and_told(suite, content):
    last = start_of_record(content, 4)
    path = suite.run_dir / "t.db"
    for size in range(last + 1, len(content), 7):
        path.write_bytes(content[:size])
        row = json.dumps(["Kitchen", *insert(9), {"op": "select", "table": "Types", "where": [], "columns": ["i"]}])
        result = suite.run("ovsdb-tool", "transact", path, row)

        assert result.code == 0
        found = sorted(row["i"] for row in json.loads(result.out)[2]["rows"])
        assert found == [1, 2, 3, 9]
        assert f"using the 3 records before offset {last}, ignoring the {size - last} bytes after it" in result.err
        assert path.read_bytes().startswith(content[:last] + HEADER)
        assert not list(suite.run_dir.glob("*.damaged*"))


def test_records_after_a_damaged_one_are_kept_aside(suite, content):
    second, third = start_of_record(content, 2), start_of_record(content, 3)
    damaged = bytearray(content)
    damaged[third - 3] ^= 1
    path = suite.run_dir / "t.db"
    path.write_bytes(damaged)

    client = serve(suite, path)

    assert numbers(client) == [1]
    saved = suite.run_dir / f"t.db.damaged-{second}"
    assert saved.read_bytes() == damaged[second:]
    assert f"kept in {saved}" in suite.log("ovsdb-server")
    assert "uuid" in client.transact(*insert(7))[0]
    assert numbers(client) == [1, 7]


@pytest.mark.skipif(not os.environ.get("OVS_PEER"), reason="no peer")
@pytest.mark.parametrize("damage", ["torn body", "flip", "garbage"])
def test_messages_are_the_peers(suite, content, damage):
    text = {
        "torn body": content[:-30],
        "flip": content[:-30] + b"~" + content[-29:],
        "garbage": content + b"hello\n",
    }[damage]
    said = []
    for kind in "ours", "peer":
        path = suite.run_dir / "t.db"
        path.write_bytes(text)
        result = suite.run("ovsdb-server", path, "--remote=punix:x.sock", "--unixctl=none", "--run=true", kind=kind)
        said.append(result.err.split("|ERR|")[1].split("\n")[0])
    assert said[0] == said[1]


@pytest.fixture
def small_disk(tmp_path):
    """A directory that has room for 256 KiB."""
    path = tmp_path / "disk"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path]).returncode:
        pytest.skip("cannot mount")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def test_full_disk_refuses_writes_and_keeps_serving(suite, small_disk):
    path = small_disk / "a.db"
    suite.ok("ovsdb-tool", "create", path, KITCHEN)
    client, other = (serve(suite, path), Client(suite.run_dir / "db.sock"))
    other.call("monitor", "Kitchen", "m", {"Types": [{}]})
    written = []
    for i in range(1, 100):
        result = client.transact(*insert(i, size=10000))
        if any(r and "error" in r for r in result):
            break
        written.append(i)

    refused = [r for r in result if r and "error" in r][0]
    assert 10 < len(written) < 30
    assert refused["error"] == "I/O error" and "No space left on device" in refused["details"]
    assert numbers(client) == numbers(other) == written
    assert suite.run("ovs-appctl", "-t", suite.run_dir / "ctl", "ovsdb-server/compact").code == 0
    assert "uuid" in client.transact(*insert(99, size=10000))[0]
    assert numbers(client) == [*written, 99]

    suite.stop_all()
    (suite.run_dir / "ctl").unlink(missing_ok=True)
    assert numbers(serve(suite, path)) == [*written, 99]


def test_compaction_without_room_changes_nothing(suite, small_disk):
    path = small_disk / "a.db"
    suite.ok("ovsdb-tool", "create", path, KITCHEN)
    client = serve(suite, path)
    for i in range(1, 4):
        assert "uuid" in client.transact(*insert(i))[0]
    filler = small_disk / "filler"
    with filler.open("wb") as f, pytest.raises(OSError):
        while True:
            os.write(f.fileno(), bytes(4096))

    result = suite.run("ovs-appctl", "-t", suite.run_dir / "ctl", "ovsdb-server/compact")

    assert result.code == 2
    assert "No space left on device" in result.err
    assert sorted(p.name for p in small_disk.iterdir() if not p.name.startswith(".")) == ["a.db", "filler"]
    filler.unlink()
    assert "uuid" in client.transact(*insert(4))[0]
    assert numbers(client) == [1, 2, 3, 4]


def test_file_of_another_server_is_refused(suite, content):
    client = serve(suite, suite.run_dir / "a.db")

    result = suite.run("ovsdb-server", suite.run_dir / "a.db", "--remote=punix:x.sock", "--unixctl=none")

    assert result.code == 1
    assert f"{suite.run_dir}/a.db: failed to lock lockfile" in result.err
    assert numbers(client) == [1, 2, 3, 4]
