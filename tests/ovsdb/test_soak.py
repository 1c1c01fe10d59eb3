"""Many clients do random things, legal and not, to one server, which is killed
and started again, whose file is compacted and whose schema changes: what was
promised is there, what is told to monitors adds up, locks have one owner.

OVS_SOAK_STEPS sets the length (3,000 takes some seconds), OVS_SOAK_SEED the
seed, OVS_SOAK_CLIENTS the number of clients."""

import json
import os
import random
import socket

import pytest

from lib import peers
from lib.suite import SANITIZED, Suite

STEPS = int(os.environ.get("OVS_SOAK_STEPS", "3000"))
CLIENTS = int(os.environ.get("OVS_SOAK_CLIENTS", "12"))
MAX_ROWS = 200
MIB = 1 << 20


def schema(version):
    columns = {
        "name": {"type": "string"},
        "number": {"type": "integer"},
        "notes": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}},
        "leaves": {"type": {"key": {"type": "uuid", "refTable": "Leaf"}, "min": 0, "max": "unlimited"}},
        "friends": {"type": {"key": {"type": "uuid", "refTable": "Node", "refType": "weak"}, "min": 0, "max": "unlimited"}},
    }
    if version % 2:
        columns["more"] = {"type": "integer"}
    leaf = {"columns": {"owner": {"type": "string"}}}
    node = {"isRoot": True, "indexes": [["name"]], "columns": columns}
    return {"name": "Soak", "version": f"1.0.{version}", "tables": {"Node": node, "Leaf": leaf}}


MONITORED = ["name", "number", "notes", "leaves", "friends"]


def plain(value):
    """A value of a column so that equal ones compare equal."""
    if isinstance(value, list) and value and value[0] == "map":
        return {key: plain(item) for key, item in value[1]}
    if isinstance(value, list) and value and value[0] == "set":
        return frozenset(plain(item) for item in value[1])
    if isinstance(value, list):
        return frozenset([value[1]])
    return value


DEFAULTS = {"name": "", "number": 0, "notes": {}, "leaves": frozenset(), "friends": frozenset()}


def as_set(column, value):
    value = plain(value)
    return frozenset([value]) if column in ("leaves", "friends") and not isinstance(value, frozenset) else value


class Replica:
    """What a monitor was told: rows by UUID."""

    def __init__(self, name, version, limit):
        self.name, self.version, self.limit = name, version, limit
        self.rows, self.last = {}, "00000000-0000-0000-0000-000000000000"

    def where(self):
        return [["number", "<", self.limit]] if self.limit is not None else [True]

    def apply(self, updates):
        for uuid, update in updates.get("Node", {}).items():
            if self.version == 1:
                if "new" in update:
                    self.rows[uuid] = {c: as_set(c, v) for c, v in update["new"].items()}
                else:
                    del self.rows[uuid]
            elif "delete" in update:
                del self.rows[uuid]
            elif "modify" in update:
                self.modify(self.rows[uuid], update["modify"])
            else:
                row = update.get("initial", update.get("insert"))
                assert uuid not in self.rows
                self.rows[uuid] = {**DEFAULTS, **{c: as_set(c, v) for c, v in row.items()}}

    @staticmethod
    def modify(row, changes):
        for column, json_diff in changes.items():
            diff = as_set(column, json_diff)
            old = row[column]
            if column == "notes":
                new = dict(old)
                for key, value in diff.items():
                    if new.get(key) == value:
                        del new[key]
                    else:
                        new[key] = value
                row[column] = new
            else:
                row[column] = old ^ diff if isinstance(old, frozenset) else diff


class Client:
    """A connection with at most one request under way."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.n_made = 0
        self.replica = None
        self.connect()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.world.socket))
        self.buffer, self.id = "", 0
        self.world.locks = {lock: owner for lock, owner in self.world.locks.items() if owner is not self}
        self.call("set_db_change_aware", True)

    def send(self, method, *params):
        self.id += 1
        text = json.dumps({"id": self.id, "method": method, "params": params})
        self.sock.sendall(text.encode())

    def call(self, method, *params):
        self.send(method, *params)
        while True:
            message = self.receive()
            if message.get("id") == self.id and "method" not in message:
                return message
            self.take(message)

    def receive(self):
        decoder = json.JSONDecoder()
        while True:
            try:
                value, size = decoder.raw_decode(self.buffer)
                self.buffer = self.buffer[size:]
                return value
            except ValueError:
                data = self.sock.recv(1 << 18)
                if not data:
                    raise EOFError from None
                self.buffer += data.decode()

    def take(self, message):
        method, params = message.get("method"), message.get("params")
        if method == "echo":
            self.sock.sendall(json.dumps({"id": message["id"], "result": params, "error": None}).encode())
        elif method in ("update", "update2", "update3"):
            assert params[0] == self.replica.name
            if method == "update3":
                self.replica.last = params[1]
            self.replica.apply(params[-1])
        elif method == "monitor_canceled":
            self.replica = None
        elif method == "locked":
            self.world.got_lock(self, params[0])
        elif method == "stolen":
            pass
        else:
            raise AssertionError(message)

    # What clients do.

    def transact(self, *operations):
        return self.call("transact", "Soak", *operations)["result"]

    def insert(self, rand):
        self.n_made += 1
        name = f"{self.name}-{self.n_made}"
        row = {"name": name, "number": rand.randrange(100), "notes": ["map", [["by", self.name]]]}
        leaf = {"op": "insert", "table": "Leaf", "row": {"owner": name}, "uuid-name": "leaf"}
        row["leaves"] = ["named-uuid", "leaf"]
        friend = self.world.some_uuid(rand)
        if friend:
            row["friends"] = ["uuid", friend]
        self.world.doubtful[name] = row["number"]
        result = self.transact(leaf, {"op": "insert", "table": "Node", "row": row})
        assert "uuid" in result[1], result
        del self.world.doubtful[name]
        self.world.nodes[name] = row["number"]
        self.world.uuids[name] = result[1]["uuid"][1]

    def change(self, rand):
        if not self.world.nodes:
            return
        name, number = rand.choice(sorted(self.world.nodes)), rand.randrange(100)
        where = [["name", "==", name]]
        self.world.doubtful[name] = number
        operations = rand.choice([
            [{"op": "update", "table": "Node", "where": where, "row": {"number": number}}],
            [{"op": "mutate", "table": "Node", "where": where,
              "mutations": [["notes", "insert", ["map", [[str(number), "x" * number]]]]]},
             {"op": "update", "table": "Node", "where": where, "row": {"number": number}}],
            [{"op": "update", "table": "Node", "where": where, "row": {"number": number, "notes": ["map", []]}}],
        ])  # fmt: skip
        assert self.transact(*operations)[0] == {"count": 1}
        del self.world.doubtful[name]
        self.world.nodes[name] = number

    def delete(self, rand):
        if not self.world.nodes:
            return
        name = rand.choice(sorted(self.world.nodes))
        self.world.doubtful[name] = None
        assert self.transact({"op": "delete", "table": "Node", "where": [["name", "==", name]]}) == [{"count": 1}]
        del self.world.doubtful[name]
        del self.world.nodes[name]
        del self.world.uuids[name]

    def fail(self, rand):
        """Transactions that come to nothing."""
        taken = rand.choice(sorted(self.world.nodes) or ["none"])
        insert = {"op": "insert", "table": "Node", "row": {"name": "never"}}
        operations = rand.choice([
            [insert, {"op": "abort"}], [insert, {"op": "none"}], [insert, {"op": "update", "table": "Node"}],
            [insert, {"op": "insert", "table": "Node", "row": {"name": "never"}}],
            [insert, {"op": "insert", "table": "Node", "row": {"name": taken, "x": 1}}],
            [insert, {"op": "wait", "table": "Node", "where": [], "columns": ["name"], "until": "==", "rows": [], "timeout": 0},
             {"op": "abort"}],
            [insert, {"op": "insert", "table": "Node", "row": {"name": "other", "leaves": ["named-uuid", "nobody"]}}],
            [{"op": "insert", "table": "Leaf", "row": {"owner": "nobody"}}],
        ])  # fmt: skip
        self.transact(*operations)

    def monitor(self, rand):
        if self.replica:
            reply = self.call("monitor_cancel", self.replica.name)
            assert reply["error"] is None
            self.replica = None
            return
        version = rand.randint(1, 3)
        limit = None if version == 1 else rand.choice([None, 30, 60])
        self.replica = Replica(f"m{self.name}", version, limit)
        self.begin_monitor()

    def begin_monitor(self):
        replica = self.replica
        request = {"columns": MONITORED}
        if replica.limit is not None:
            request["where"] = replica.where()
        params = ["Soak", replica.name, {"Node": [request]}]
        if replica.version == 3:
            found, replica.last, updates = self.call("monitor_cond_since", *params, replica.last)["result"]
        else:
            found, updates = False, self.call("monitor" if replica.version == 1 else "monitor_cond", *params)["result"]
        if not found:
            replica.rows = {}
        replica.apply(updates)

    def recondition(self, rand):
        if self.replica and self.replica.version > 1:
            self.replica.limit = rand.choice([10, 50, 90])
            reply = self.call("monitor_cond_change", self.replica.name, self.replica.name, {"Node": [{"where": self.replica.where()}]})
            assert reply["error"] is None

    def lock(self, rand):
        name = rand.choice(["a", "b"])
        mine = self.world.mine.setdefault(self, set())
        if name in mine:
            mine.discard(name)
            assert self.call("unlock", name)["error"] is None
            if self.world.locks.get(name) is self:
                del self.world.locks[name]
        else:
            mine.add(name)
            if self.call("lock", name)["result"]["locked"]:
                self.world.got_lock(self, name)

    def leave(self, rand):
        """In the middle of a request or not; comes back."""
        if rand.random() < 0.5:
            self.sock.sendall(rand.choice([b'{"method":"transact","id":1,"par', b"[[[[", b"nonsense", b'{"a":1}']))
        self.sock.close()
        self.come_back()

    def come_back(self):
        self.world.mine.pop(self, None)
        self.connect()
        if self.replica:
            self.begin_monitor()

    def pile_up(self, rand):
        """Requests whose replies are read later, all at once."""
        n = rand.randint(2, 40)
        for _ in range(n):
            self.send("transact", "Soak", {"op": "select", "table": "Node", "where": []})
        last = self.id
        while True:
            message = self.receive()
            if "method" in message:
                self.take(message)
            elif message["id"] == last:
                return

    def check(self):
        """What the monitor was told is what is there."""
        columns = ["_uuid", *MONITORED]
        where = self.replica.where() if self.replica and self.replica.limit is not None else []
        rows = self.transact({"op": "select", "table": "Node", "where": where, "columns": columns})[0]["rows"]
        if self.replica:
            there = {row.pop("_uuid")[1]: {c: as_set(c, v) for c, v in row.items()} for row in rows}
            assert self.replica.rows == there


class World:
    """The server, the clients, and what must hold."""

    ACTIONS = [
        (Client.insert, 20), (Client.change, 20), (Client.delete, 12), (Client.fail, 10), (Client.monitor, 4),
        (Client.recondition, 6), (Client.lock, 5), (Client.leave, 3), (Client.pile_up, 2),
    ]  # fmt: skip

    def __init__(self, suite, seed):
        self.suite, self.rand = suite, random.Random(seed)
        self.socket = suite.run_dir / "s.sock"
        self.file = suite.run_dir / "soak.db"
        self.nodes, self.uuids = {}, {}  # Name to number, to UUID: what is promised.
        self.doubtful = {}  # Name to the number it may have got, None: deleted.
        self.locks, self.mine = {}, {}  # Lock to owner; client to locks that it asked for.
        self.version = 0
        (suite.run_dir / "soak.ovsschema").write_text(json.dumps(schema(0)))
        suite.ok("ovsdb-tool", "create", self.file, suite.run_dir / "soak.ovsschema")
        self.start()
        self.clients = [Client(self, f"c{i}") for i in range(CLIENTS)]

    def start(self):
        for path in self.suite.run_dir.glob("*.sock"):
            path.unlink()
        (self.suite.run_dir / "ctl").unlink(missing_ok=True)
        self.server = self.suite.start(
            "ovsdb-server", self.file, f"--remote=punix:{self.socket}", "--unixctl", self.suite.run_dir / "ctl", "--log-file",
            "-vconsole:off",
        )  # fmt: skip
        self.suite.wait_for(lambda: (self.suite.run_dir / "ctl").exists(), "ovsdb-server")

    def some_uuid(self, rand):
        return self.uuids[rand.choice(sorted(self.uuids))] if self.uuids and rand.random() < 0.5 else None

    def got_lock(self, client, name):
        owner = self.locks.get(name)
        assert owner is None or owner is client, f"{name}: {owner.name} and {client.name}"
        self.locks[name] = client

    def kill(self):
        """One transaction is under way."""
        client, name = self.rand.choice(self.clients), f"last-{self.version}-{self.rand.random()}"
        client.send("transact", "Soak", {"op": "insert", "table": "Node", "row": {"name": name, "number": 7}})
        self.doubtful[name] = 7
        self.server.kill()
        self.server.wait()
        self.suite.processes.remove(self.server)
        self.locks, self.mine = {}, {}
        self.start()
        for client in self.clients:
            client.sock.close()
            client.come_back()
        self.settle()

    def settle(self):
        """Sees what became of transactions without an answer."""
        rows = self.clients[0].transact({"op": "select", "table": "Node", "where": [], "columns": ["name", "number", "_uuid"]})
        there = {row["name"]: row["number"] for row in rows[0]["rows"]}
        for name, number in self.doubtful.items():
            assert there.get(name) in (number, self.nodes.get(name)), name
            if name in there:
                self.nodes[name] = there[name]
            else:
                self.nodes.pop(name, None)
        self.doubtful = {}
        assert there == self.nodes
        self.uuids = {row["name"]: row["_uuid"][1] for row in rows[0]["rows"]}

    def compact(self):
        result = self.suite.run("ovs-appctl", "-t", self.suite.run_dir / "ctl", "ovsdb-server/compact")
        assert result.code == 0, result

    def convert(self):
        self.version += 1
        reply = self.rand.choice(self.clients).call("convert", "Soak", schema(self.version))
        assert reply["error"] is None, reply
        for client in self.clients:
            # Monitors have ended, which those who had one were told.
            client.call("echo")
            assert client.replica is None
        self.settle()

    def check(self):
        for client in self.clients:
            client.check()
        self.settle()
        leaves = self.clients[0].transact({"op": "select", "table": "Leaf", "where": [], "columns": ["owner"]})[0]["rows"]
        named = {leaf["owner"] for leaf in leaves}
        assert named <= set(self.nodes)

    def run(self, steps):
        sizes = []
        actions, weights = zip(*self.ACTIONS)
        for step in range(steps):
            action = self.rand.choices(actions, weights)[0]
            if action is Client.insert and len(self.nodes) >= MAX_ROWS:
                action = Client.delete
            action(self.rand.choice(self.clients), self.rand)
            if step % 150 == 149:
                self.check()
            if step % 400 == 399:
                self.rand.choice([self.kill, self.compact, self.convert, self.kill])()
            if step % 1000 == 999:
                sizes.append(peers.rss(self.server.pid))
        self.check()
        return sizes


@pytest.fixture
def suite(tmp_path):
    suite = Suite("ours", tmp_path / "run")
    yield suite
    suite.stop()


@pytest.mark.parametrize("number", range(2))
def test_soak(suite, number):
    seed = int(os.environ.get("OVS_SOAK_SEED", "1")) * 1000 + number
    print(f"OVS_SOAK_SEED={seed // 1000}")
    world = World(suite, seed)
    sizes = world.run(STEPS)
    if len(sizes) > 10 and not SANITIZED:
        assert max(sizes) - sizes[len(sizes) // 4] < 20 * MIB
    assert "|ERR|" not in suite.log("ovsdb-server") and "|EMER|" not in suite.log("ovsdb-server")
