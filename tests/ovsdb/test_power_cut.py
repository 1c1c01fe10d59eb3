"""Power cuts at every moment: what a database was told to keep must be there.

The server runs with a library that writes down each change of files.  From
that, the test makes what a disk may hold after a power cut between any two of
them: what was synced, and of the rest nothing, all, or the beginning.
"""

import collections
import json
import os
import pathlib
import re
import subprocess

import pytest

from lib.ovsdb import KITCHEN, Client
from lib.suite import BUILD, Suite

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "lib/iolog.c"
RECORD = re.compile(rb"(\w+) (\d+) (\d+) (\d+)\n")
SECTOR = 512

Op = collections.namedtuple("Op", "name inode offset data")


@pytest.fixture(scope="module")
def library():
    """The compiled library; workers make one each."""
    path = BUILD / f"iolog-{os.getpid()}.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-D_GNU_SOURCE", "-o", path, SOURCE, "-ldl"]
    subprocess.run(command, check=True)
    yield path
    path.unlink()


class Disk:
    """Files as a program sees them, and what of them is safe."""

    def __init__(self):
        self.names, self.safe_names = {}, {}  # Name to inode.
        self.name_changes = []  # Not safe yet: functions that change names.
        self.safe_data = collections.defaultdict(bytes)  # By inode.
        self.changes = collections.defaultdict(list)  # By inode: not safe yet.

    def apply(self, op):
        if op.name in ("write", "truncate"):
            self.changes[op.inode].append(op)
        elif op.name == "sync":
            self.safe_data[op.inode] = changed(self.safe_data[op.inode], self.changes.pop(op.inode, []))
        elif op.name == "syncdir":
            self.safe_names = renamed(self.safe_names, self.name_changes)
            self.name_changes = []
        else:
            self.name_changes.append(op)

    def after_power_cut(self, file):
        """All contents that 'file' may have; None if it may not be there."""
        found = set()
        for n in range(len(self.name_changes) + 1):
            inode = renamed(self.safe_names, self.name_changes[:n]).get(file)
            if inode is None:
                found.add(None)
            else:
                found.update(self.contents(inode))
        return found

    def contents(self, inode):
        safe, changes = self.safe_data[inode], self.changes[inode]
        for n in range(len(changes) + 1):
            yield changed(safe, changes[:n])
        for n, op in enumerate(changes):
            before = changed(safe, changes[:n])
            for size in torn_sizes(op):
                yield changed(before, [op._replace(data=op.data[:size])])
        if changes and changes[-1].name == "write":
            # The size is there, and of the data only the last sector.
            last = changes[-1]
            end = last.offset + len(last.data)
            whole = changed(safe, changes)
            start = max(len(safe), end - SECTOR)
            yield safe + bytes(start - len(safe)) + whole[start:]
            yield safe + bytes(len(whole) - len(safe))


def torn_sizes(op):
    size = len(op.data)
    first = SECTOR - op.offset % SECTOR
    return {s for s in (*range(1, size, 199), size - 1, *range(first, size, SECTOR)) if 0 < s < size}


def changed(data, ops):
    for op in ops:
        if op.name == "truncate":
            data = data[: op.offset]
        else:
            data = data[: op.offset].ljust(op.offset, b"\0") + op.data + data[op.offset + len(op.data) :]
    return data


def renamed(names, ops):
    names = dict(names)
    for op in ops:
        if op.name == "create":
            names[op.data.decode()] = op.inode
        elif op.name == "rename":
            old, new = op.data.decode().split("\0")
            names[new] = names.pop(old)
        elif op.name == "unlink":
            names.pop(op.data.decode(), None)
    return names


def read_log(path):
    data, offset = path.read_bytes(), 0
    while offset < len(data):
        match = RECORD.match(data, offset)
        name, inode, where, size = match[1].decode(), *map(int, match.groups()[1:])
        yield Op(name, inode, where, data[match.end() : match.end() + size])
        offset = match.end() + size + 1


class Session:
    """A server whose changes of files are written down, and its client."""

    def __init__(self, suite, library, directory):
        self.suite = suite
        self.files = directory / "files"
        self.files.mkdir()
        self.log = directory / "log"
        self.database = self.files / "a.db"
        options = f"{os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"
        self.env = {
            "LD_PRELOAD": str(library), "OVS_IOLOG": str(self.log), "OVS_IOLOG_DIR": str(self.files), "ASAN_OPTIONS": options,
        }  # fmt: skip
        self.n_promised = 0

    def promise(self, n=1):
        """From now on the last 'n' rows more must be safe."""
        self.n_promised += n
        with self.log.open("ab") as f:
            f.write(f"promise {self.n_promised} 0 0\n\n".encode())

    def start(self):
        assert self.suite.run("ovsdb-tool", "create", self.database, KITCHEN, env=self.env).code == 0
        self.promise(0)
        self.suite.start(
            "ovsdb-server", self.database, f"--remote=punix:{self.suite.run_dir}/db.sock", "--unixctl", self.suite.run_dir / "ctl",
            "--log-file", "-vconsole:off", env=self.env,
        )  # fmt: skip
        self.suite.wait_for(lambda: (self.suite.run_dir / "ctl").exists(), "ovsdb-server")
        self.client = Client(self.suite.run_dir / "db.sock")
        self.number = 0

    def insert(self, durable=True):
        self.number += 1
        row = {"i": self.number, "iset1": 1}
        result = self.client.transact(
            {"op": "insert", "table": "Types", "row": row},
            {"op": "comment", "comment": "x" * (self.number * 337 % 1500)},
            {"op": "commit", "durable": durable},
        )
        assert "uuid" in result[0]
        if durable:
            self.promise(self.number - self.n_promised)

    def compact(self):
        assert self.suite.run("ovs-appctl", "-t", self.suite.run_dir / "ctl", "ovsdb-server/compact").code == 0

    def convert(self):
        schema = json.loads(KITCHEN.read_text())
        schema["tables"]["Types"]["columns"]["added"] = {"type": "integer"}
        schema["version"] = "99.0.0"
        self.client.call("set_db_change_aware", True)
        assert not self.client.call("convert", "Kitchen", schema)["error"]


def numbers(suite, file, number):
    """Adds a row to what is in 'file'; the numbers of all rows then."""
    row = {"i": number, "iset1": 1}
    select = {"op": "select", "table": "Types", "where": [], "columns": ["i"]}
    text = json.dumps(["Kitchen", {"op": "insert", "table": "Types", "row": row}, select])
    result = suite.run("ovsdb-tool", "transact", file, text)
    assert result.code == 0, result
    found = json.loads(result.out)
    return sorted(row["i"] for row in found[1]["rows"])


@pytest.fixture
def session(tmp_path, library):
    suite = Suite("ours", tmp_path / "run")
    yield Session(suite, library, tmp_path)
    suite.stop()


def test_no_power_cut_loses_what_was_promised(session, tmp_path):
    session.start()
    for i in range(10):
        session.insert(durable=i % 3 != 1)
    session.compact()
    for i in range(9):
        session.insert(durable=i % 4 != 1)
    session.convert()
    for i in range(5):
        session.insert(durable=i % 2 == 0)
    session.compact()
    session.suite.stop_all()

    disk, promised, n_states = Disk(), None, 0
    seen = {}  # Content to the most that was promised when it was possible.
    for op in read_log(session.log):
        if op.name == "promise":
            promised = op.inode
        else:
            disk.apply(op)
        if promised is not None:
            for content in disk.after_power_cut("a.db"):
                seen[content] = max(seen.get(content, 0), promised)
    names = [op.name for op in read_log(session.log)]
    assert names.count("rename") == 3 and names.count("syncdir") == 4
    assert None not in seen, "the file may be missing"
    file = tmp_path / "after.db"
    for content, least in seen.items():
        file.write_bytes(content)
        found = numbers(session.suite, file, 90)
        rows = found[:-1]
        assert found[-1] == 90
        assert rows == list(range(1, len(rows) + 1)) and len(rows) >= least, (least, rows, content[-2000:])
        n_states += 1
    assert n_states > 100
