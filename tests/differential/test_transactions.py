"""Random transactions on two servers, ours and the peer's: same replies, same
updates for monitors, and files that either reads.

A run is a pure function of its seed.  Rows of all tables refer to each other,
so that most transactions meet references, garbage collection, indexes, limits
of rows and constraints; many are wrong."""

import json
import random
import re

import pytest

from lib.ovsdb import KITCHEN, Labelled

N_TRANSACTIONS = 150
MONITORED = {
    "Root": {"columns": ["name", "a", "b", "kids", "weak", "kidmap", "eph"]},
    "Kid": {"columns": ["k", "next"]},
    "Types": [
        {"columns": ["i", "sset"], "select": {"initial": False}},
        {"columns": ["ssmap"], "select": {"delete": False}},
    ],
}
CONDITIONS = {
    "Root": [{"columns": ["name", "a"], "where": [["a", "<", 3]]}],
    "Kid": [{"columns": ["k"], "where": [["k", ">=", 2], ["k", "==", 0]]}],
    "Types": [{"columns": ["i", "iset", "ssmap"], "where": [["i", ">", 0]]}],
}


class Writer:
    """Makes transactions; knows the labels of rows that may be there."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.n_labels = 0
        self.rows = {"Root": [], "Kid": [], "Need": [], "Types": []}

    def pick(self, *items):
        return self.random.choice(items)

    def reference(self, table, named):
        choices = [["uuid", label] for label in self.rows[table][-8:]]
        choices += [["named-uuid", name] for name, of in named if of == table]
        if not choices or self.random.random() < 0.03:
            return self.pick(["named-uuid", "nobody"], ["uuid", "00000000-0000-0000-0000-000000000009"])
        return self.random.choice(choices)

    def references(self, table, named, low=0):
        return ["set", [self.reference(table, named) for _ in range(self.random.randint(low, 3))]]

    def text(self):
        return self.pick("", "a", "b", "red", "green", "purple", "ü", 'q"\\', "longer than eight")

    def number(self):
        return self.pick(0, 1, 2, 3, 4, 9, -5, 100, 101, 1 << 62)

    def value(self, kind):
        rand = self.random
        if kind == "set-int":
            return ["set", [self.number() for _ in range(rand.randint(0, 6))]]
        if kind == "set-text":
            return ["set", [self.text() for _ in range(rand.randint(0, 3))]]
        if kind == "map-text":
            return ["map", [[self.text(), self.text()] for _ in range(rand.randint(0, 3))]]
        if kind == "map-int":
            return ["map", [[self.text(), self.number()] for _ in range(rand.randint(0, 4))]]
        if kind == "real":
            return self.pick(0, 1, -1.5, 1e11, 2.25, 1e13, 0.1)
        if kind == "bool":
            return self.pick(True, False)
        return {"int": self.number, "text": self.text}[kind]()

    COLUMNS = {
        "Root": {"name": "text", "a": "int", "fixed": "int", "eph": "text"},
        "Kid": {"k": "int"},
        "Need": {},
        "Types": {
            "i": "int", "ie": "int", "iset": "set-int", "iset1": "set-int", "r": "real",
            "bo": "bool", "s": "text", "se": "text", "sset": "set-text", "ssmap": "map-text",
            "simap": "map-int", "oi": "set-int", "os": "set-text",
        },
    }

    SAFE = {
        "int": 3, "text": "red", "set-int": ["set", [1]], "set-text": ["set", ["a"]],
        "map-text": ["map", [["a", "b"]]], "map-int": ["map", [["a", 1]]],
        "real": 0.5, "bool": True,
    }

    def row(self, table, named):
        """A row, of which at most one value is wrong: which of several an error
        names is a matter of hashing."""
        columns = self.COLUMNS[table]
        chosen = self.random.sample(sorted(columns), min(len(columns), self.random.randint(0, 3)))
        row = {column: self.SAFE[columns[column]] for column in chosen}
        if "ie" in row:
            row["ie"] = 4
        for column in chosen[:1]:
            row[column] = self.value(columns[column])
        if table == "Root":
            row["name"] = self.pick("r1", "r2", "r3", "r4", "r5", "r6", "r7")
            for column in ("kids", "weak"):
                if self.random.random() < 0.5:
                    row[column] = self.references("Kid", named)
            if self.random.random() < 0.4:
                row["kidmap"] = ["map", [[self.text(), self.reference("Kid", named)]]]
        elif table == "Kid" and self.random.random() < 0.4:
            row["next"] = self.reference("Kid", named)
        elif table == "Need":
            # Not several: the peer keeps a dead reference if the row had it
            # before and gets more dead ones while its target goes.
            row["one"] = ["set", [self.reference("Types", named)] * self.pick(0, 1, 1, 1)]
        return row

    def where(self, table):
        rand = self.random
        if rand.random() < 0.5 and self.rows[table]:
            return [["_uuid", self.pick("==", "==", "!="), ["uuid", rand.choice(self.rows[table][-8:])]]]
        columns = self.COLUMNS[table]
        if not columns or rand.random() < 0.2:
            return []
        column = rand.choice(sorted(columns))
        function = self.pick("==", "!=", "includes", "excludes", "<", "<=", ">", ">=")
        return [[column, function, self.value(columns[column])]]

    def insert(self, named):
        table = self.pick("Root", "Kid", "Kid", "Need", "Types", "Types")
        operation = {"op": "insert", "table": table, "row": self.row(table, named)}
        if self.random.random() < 0.7:
            name = f"n{len(named)}"
            named.append((name, table))
            operation["uuid-name"] = name
        return operation

    def update(self, named):
        table = self.pick("Root", "Kid", "Types", "Need")
        return {"op": "update", "table": table, "where": self.where(table), "row": self.row(table, named)}

    def mutate(self, named):
        table = self.pick("Root", "Kid", "Types")
        columns = dict(self.COLUMNS[table])
        mutations = []
        for _ in range(self.random.randint(1, 2)):
            if table == "Root" and self.random.random() < 0.6:
                mutations.append([self.pick("kids", "weak"), self.pick("insert", "delete"),
                                  self.references("Kid", named)])
                continue
            column = self.random.choice(sorted(columns))
            kind = columns[column]
            if "set" in kind or "map" in kind:
                mutations.append([column, self.pick("insert", "delete"), self.value(kind)])
            else:
                mutations.append([column, self.pick("+=", "-=", "*=", "/=", "%="), self.value(kind)])
        return {"op": "mutate", "table": table, "where": self.where(table), "mutations": mutations}

    def delete(self, named):
        table = self.pick("Root", "Kid", "Need", "Types")
        return {"op": "delete", "table": table, "where": self.where(table)}

    def select(self, named):
        table = self.pick("Root", "Kid", "Need", "Types")
        operation = {"op": "select", "table": table, "where": self.where(table)}
        if self.random.random() < 0.5:
            columns = sorted(self.COLUMNS[table]) or ["one"]
            operation["columns"] = ["_uuid", *self.random.sample(columns, 1)]
        return operation

    def wait(self, named):
        table = self.pick("Root", "Types")
        column = self.pick(*sorted(self.COLUMNS[table]))
        value = self.value(self.COLUMNS[table][column])
        return {
            "op": "wait", "table": table, "timeout": 0, "where": self.where(table),
            "columns": [column], "until": self.pick("==", "!="),
            "rows": [{column: value}] if self.random.random() < 0.7 else [],
        }

    def other(self, named):
        return self.pick(
            {"op": "comment", "comment": "said"},
            {"op": "commit", "durable": False},
            {"op": "commit", "durable": True},
            {"op": "abort"},
            {"op": "assert", "lock": "nobodys"},
            {"op": "select", "table": "Kid", "where": [], "extra": 1},
            {"op": "update", "table": "Kid", "where": [], "row": {"_uuid": ["uuid", "x"]}},
            {"op": "nonsense"},
        )

    def transaction(self):
        named = []
        makers = [self.insert] * 6 + [self.update] * 4 + [self.mutate] * 4 + [self.select] * 2
        makers += [self.delete] * 2 + [self.wait] + [self.other]
        return [self.random.choice(makers)(named) for _ in range(self.random.randint(1, 5))]

    def took(self, operations, results, sides):
        """Gives labels to the rows that both sides inserted."""
        for operation, *result in zip(operations, *results):
            if operation["op"] == "insert" and all("uuid" in (r or {}) for r in result):
                self.n_labels += 1
                label = f"@{self.n_labels}"
                for side, r in zip(sides, result):
                    side.name(label, r["uuid"][1])
                self.rows[operation["table"]].append(label)


def start(suite):
    path = suite.run_dir / "kitchen.db"
    suite.ok("ovsdb-tool", "create", path, KITCHEN)
    suite.start_ovsdb_server(db="kitchen.db")
    return suite


def connect(suite):
    """The socket has a name a moment before it listens."""
    made = []

    def try_it():
        try:
            made.append(Labelled(suite.run_dir / "db.sock"))
        except ConnectionRefusedError:
            return False
        return True

    suite.wait_for(try_it, "a server that listens")
    return made[0]


def everything(side):
    result = {}
    for table in ("Root", "Kid", "Need", "Types"):
        rows = side.client.transact({"op": "select", "table": table, "where": []})[0]["rows"]
        result[table] = sorted((json.dumps(side.inward(row), sort_keys=True) for row in rows))
    return result


def open_monitors(side):
    """Of all three kinds; returns the replies."""
    call = side.client.call
    replies = [
        call("monitor", "Kitchen", "one", MONITORED),
        call("monitor_cond", "Kitchen", "two", CONDITIONS),
        call("monitor_cond_since", "Kitchen", "three", MONITORED,
             "00000000-0000-0000-0000-000000000000"),
    ]
    return [side.inward([reply["result"], reply["error"]]) for reply in replies]


def taken_notes(side):
    """Updates since the last time, the ids of transactions forgotten."""
    side.client.call("echo")
    notes = [side.inward([note["method"], note["params"]]) for note in side.client.notes]
    side.client.notes.clear()
    # The order of monitors has no meaning.
    return sorted(json.dumps(note, sort_keys=True) for note in notes)


def told(results):
    """Results; which of several offenders an error names is open."""
    text = json.dumps(results, sort_keys=True)
    text = re.sub(r"Table \w+ column \w+ row (@\d+|U) references [^}]*", "no such row", text)
    text = re.sub(r"(Transaction causes multiple rows in)[^}]*", r"\1 ...", text)
    text = re.sub(r"-?\d+ is not (one of|in the valid)", r"N is not \1", text)
    return re.sub(r"Deletion of \d+ weak reference[^}]*", "Deletion ...", text)


def run(writer, sides, n):
    """Runs 'n' transactions; yields every difference.  A label is given only
    after the updates came, so updates are compared with labels later."""
    for number in range(n):
        operations = writer.transaction()
        results = [side.client.transact(*side.outward(operations)) for side in sides]
        writer.took(operations, [r or [] for r in results], sides)
        mine, other = (told(side.inward(r)) for side, r in zip(sides, results))
        if mine != other:
            yield f"{number}: {json.dumps(operations)}\n  ours {mine}\n  peer {other}"
        notes = [taken_notes(side) for side in sides]
        if notes[0] != notes[1]:
            yield f"{number}: {json.dumps(operations)}\n  ours {notes[0]}\n  peer {notes[1]}"


@pytest.mark.parametrize("seed", range(12))
def test_replies_and_updates(ours, peer, seed):
    sides = [connect(start(suite)) for suite in (ours, peer)]
    writer = Writer(seed)

    found = list(run(writer, sides, 30))
    replies = [open_monitors(side) for side in sides]
    if replies[0] != replies[1]:
        found.append(f"monitors\n  ours {replies[0]}\n  peer {replies[1]}")
    found += run(writer, sides, N_TRANSACTIONS)
    for side in sides:
        reply = side.client.call("monitor_cond_change", "two", "two",
                                 {"Types": [{"where": [True]}], "Kid": [{"where": [["k", "<", 3]]}]})
        assert reply["error"] is None
    found += run(writer, sides, 20)

    assert not found, f"{len(found)} differences, the first:\n" + "\n".join(found[:3])
    assert everything(sides[0]) == everything(sides[1])


@pytest.mark.parametrize("writer,reader", [("ours", "peer"), ("peer", "ours")])
@pytest.mark.parametrize("compacted", [False, True], ids=["whole", "compacted"])
def test_files_change_hands(tmp_path, peer, ours, writer, reader, compacted):
    suites = {"ours": ours, "peer": peer}
    one, two = suites[writer], suites[reader]
    side = connect(start(one))
    maker = Writer(99)
    for _ in range(400):
        operations = maker.transaction()
        result = side.client.transact(*side.outward(operations))
        maker.took(operations, [result or []], [side])
    if compacted:
        one.ok("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/compact", "Kitchen")
        side.client.transact({"op": "insert", "table": "Types", "row": {"i": 3}})
    before = everything(side)
    assert sum(map(len, before.values())) > 5
    one.stop_all()

    (two.run_dir / "kitchen.db").write_bytes(one.kept("kitchen.db"))
    two.start_ovsdb_server(db="kitchen.db", create=False)
    again = connect(two)
    again.labels = side.labels
    assert everything(again) == before_without_ephemeral(before)
    # And goes on from there.
    assert "uuid" in again.client.transact({"op": "insert", "table": "Types", "row": {"i": 4}})[0]


def before_without_ephemeral(before):
    """Ephemeral columns are not kept."""
    rows = []
    for text in before["Root"]:
        row = json.loads(text)
        row["eph"] = ""
        rows.append(json.dumps(row, sort_keys=True))
    return dict(before, Root=sorted(rows))


def test_older_schema_and_missing_columns(ours, peer, tmp_path):
    """A database of an older schema: either converts it to the same."""
    schema = json.loads(KITCHEN.read_text())
    del schema["cksum"]
    old = json.loads(json.dumps(schema))
    old["version"] = "1.0.0"
    del old["tables"]["Need"], old["tables"]["Types"]["columns"]["ssmap"]
    old["tables"]["Types"]["columns"]["extra"] = {"type": "string"}
    for name, value in (("old", old), ("new", schema)):
        (tmp_path / name).write_text(json.dumps(value))

    shown = []
    for suite in (ours, peer):
        db = suite.run_dir / "old.db"
        suite.ok("ovsdb-tool", "create", db, tmp_path / "old")
        suite.ok("ovsdb-tool", "transact", db, json.dumps(
            ["Kitchen", {"op": "insert", "table": "Types", "row": {"i": 7, "extra": "x"}}]))
        assert suite.run("ovsdb-tool", "needs-conversion", db, tmp_path / "new").out == "yes\n"
        suite.ok("ovsdb-tool", "convert", db, tmp_path / "new")
        assert suite.ok("ovsdb-tool", "db-version", db) == "1.2.3\n"
        suite.start_ovsdb_server(db="old.db")
        shown.append(everything(connect(suite)))

    assert shown[0] == shown[1]
