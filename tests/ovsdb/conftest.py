"""Database servers that follow each other."""

import os
import pathlib

import pytest

from lib.ovsdb import KITCHEN, Client
from lib.suite import Suite

INSERT = {"op": "insert", "table": "Types"}


class Node:
    """A server of the schema Kitchen in a directory of its own."""

    def __init__(self, suite):
        self.suite = suite
        self.sock = suite.run_dir / "db.sock"
        self.remote = f"unix:{self.sock}"

    def client(self):
        return Client(self.sock)

    def insert(self, i, client=None, **columns):
        client = client or self.client()
        row = {"i": i, "iset1": 1, **columns}
        return client.call("transact", "Kitchen", {**INSERT, "row": row})["result"][0]

    def ask(self, *request):
        """The reply to a request of a client of its own, whose connection may
        end once as the database changed."""
        try:
            return self.client().call(*request)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return self.client().call(*request)

    def numbers(self):
        """Column i of all rows, sorted."""
        select = {"op": "select", "table": "Types", "where": [], "columns": ["i"]}
        reply = self.ask("transact", "Kitchen", select)
        if reply["error"]:
            return reply["error"]["error"]
        return sorted(row["i"] for row in reply["result"][0]["rows"])

    def wait_for(self, numbers):
        self.suite.wait_for(lambda: self.numbers() == numbers, f"{numbers}")

    def appctl(self, *args):
        return self.suite.appctl("-t", "ovsdb-server", *args)

    def stop(self):
        self.suite.stop_all()

    def status(self):
        """Its row in _Server."""
        select = {"op": "select", "table": "Database", "where": [["name", "==", "Kitchen"]],
                  "columns": ["model", "connected", "leader"]}
        return self.ask("transact", "_Server", select)["result"][0]["rows"][0]


@pytest.fixture
def nodes(tmp_path):
    """nodes(KIND, *ARGS, relay=REMOTES): starts a server, ours or the peer's."""
    made = []

    def make(kind, *args, relay=None):
        if kind == "peer" and not os.environ.get("OVS_PEER"):
            pytest.skip("OVS_PEER is not set")
        suite = Suite(kind, pathlib.Path(tmp_path) / f"node{len(made)}")
        made.append(suite)
        node = Node(suite)
        if not relay:
            suite.ok("ovsdb-tool", "create", suite.run_dir / "k.db", KITCHEN)
        start(node, *args, relay=relay)
        return node

    def start(node, *args, relay=None):
        db = f"relay:Kitchen:{relay}" if relay else "k.db"
        node.suite.start_ovsdb_server(*args, db=db, create=False)

    make.again = start
    yield make
    for suite in made:
        suite.stop()
