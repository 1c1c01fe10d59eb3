"""Database files with one wrong byte, or one wrong record, anywhere: what is
before it is served, and the complaint is the peer's."""

import hashlib
import json
import os
import pathlib
import re

import pytest

from lib.ovsdb import KITCHEN
from lib.suite import Suite

UUID = b"5f8ac3b5-0d1c-4b9a-a0f6-1b64b0f7d1b5"
STEP = 7  # Every so many bytes are damaged.


def record(body):
    digest = hashlib.sha1(body).hexdigest().encode()
    return b"OVSDB JSON %d %s\n%s" % (len(body), digest, body)


def row(i):
    return {"op": "insert", "table": "Types", "row": {"i": i, "iset1": 1}}


SELECT = {"op": "select", "table": "Types", "where": [], "columns": ["i"]}

# A record that is whole, but wrong.
WRONG = [
    b"", b"\n", b"null\n", b"[]\n", b"5\n", b'{"x":{}}\n', b'{"Types":5}\n', b'{"Types":{"x":{}}}\n',
    b'{"Types":{"%s":5}}\n' % UUID, b'{"Types":{"%s":null}}\n' % UUID, b'{"Types":{"%s":{"i":"x"}}}\n' % UUID,
    b'{"Types":{"%s":{"no":1}}}\n' % UUID, b'{"Types":{}', b'{"a":1}{"b":2}\n',
]  # fmt: skip
# A header that is none.
HEADERS = [
    b"OVSDB JSON " + b"9" * 300 + b" " + b"a" * 40, b"OVSDB JSON 99999999999999999999 " + b"a" * 40,
    b"OVSDB JSON 3 " + b"g" * 40, b"OVSDB JSON 0 " + b"a" * 40, b"OVSDB JSON", b"OVSDB", b"x" * 9000, b"\xff" * 200,
]  # fmt: skip


class File:
    """A database with two rows, of which the last record may be damaged."""

    def __init__(self, suite):
        self.suite = suite
        self.path = suite.run_dir / "a.db"
        suite.ok("ovsdb-tool", "create", self.path, KITCHEN)
        for i in (1, 2):
            suite.ok("ovsdb-tool", "transact", self.path, json.dumps(["Kitchen", row(i)]))
        self.content = self.path.read_bytes()
        self.last = self.content.rindex(b"OVSDB JSON ")

    def complaint(self, text, kind):
        """What a server that starts with 'text' says first."""
        self.path.write_bytes(text)
        result = self.suite.run(
            "ovsdb-server", self.path, "--remote=punix:x.sock", "--unixctl=none", "--run=true", kind=kind
        )
        assert result.code == 0, result
        return result.err.split("|ERR|")[1].split("\n")[0]

    def rows(self):
        """Those that can be read, by a program that writes as well."""
        operations = json.dumps(["Kitchen", SELECT, row(9)])
        reply = json.loads(self.suite.ok("ovsdb-tool", "transact", self.path, operations))
        return sorted(found["i"] for found in reply[0]["rows"])

    def damaged(self, kind):
        """Contents with the damage 'kind'."""
        content, last = self.content, self.last
        places = range(last + (kind == "cut"), len(content), STEP)
        if kind == "cut":
            return [content[:i] for i in places]
        if kind == "flipped":
            return [content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :] for i in places]
        if kind == "zeroed":
            # As of a file whose size outlived a power cut, but not its data.
            return [content[:i] + bytes(len(content) - i) for i in places]
        if kind == "header":
            return [content + header + b"\n{}\n" for header in HEADERS]
        return [content + record(body) + record(b'{"_comment":"after"}\n') for body in WRONG]


@pytest.fixture
def file(tmp_path):
    suite = Suite("ours", tmp_path / "run")
    yield File(suite)
    suite.stop()


DAMAGES = ["cut", "flipped", "zeroed", "header", "record"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_complaint_is_the_peers(file, damage):
    if not os.environ.get("OVS_PEER"):
        pytest.skip("OVS_PEER is not set")
    for text in file.damaged(damage):
        assert file.complaint(text, "ours") == file.complaint(text, "peer"), text[file.last :]
        for saved in file.suite.run_dir.glob("*.damaged*"):
            saved.unlink()


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_before_is_used(file, damage):
    before = [1] if damage in ("cut", "flipped", "zeroed") else [1, 2]
    for text in file.damaged(damage):
        file.path.write_bytes(text)
        assert file.rows() == before
        # The next one reads what this one added.
        assert file.rows() == [*before, 9]


def test_what_was_kept_aside_before_stays(file):
    text = file.content + b"\0" * 512 + record(b'{"_comment":"after"}\n')
    first = f"{file.path}.damaged-{len(file.content)}"
    for name in (first, f"{first}.2", f"{first}.3"):
        file.path.write_bytes(text)
        result = file.suite.run("ovsdb-server", file.path, "--remote=punix:x.sock", "--unixctl=none", "--run=true")
        assert result.code == 0
        assert re.findall(r"are kept in (\S+)", result.err) == [name]
        assert pathlib.Path(name).read_bytes() == text[len(file.content) :]
    assert pathlib.Path(first).read_bytes() == text[len(file.content) :]
