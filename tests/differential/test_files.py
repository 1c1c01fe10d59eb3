"""Files of databases pass back and forth between our programs and the peer's:
whoever wrote them, both read the same in them and say the same about them."""

import json
import re

import pytest

from lib.ovsdb import KITCHEN, Client
from lib.request_matrix import ROW

ORDERS = [("ours", "peer"), ("peer", "ours")]
TABLES = sorted(json.loads(KITCHEN.read_text())["tables"])
NUMBERS = [0, -1, 1 << 62, -(1 << 63), (1 << 63) - 1]
REALS = [0.1, 1e300, -2.5e-300, 3, 1e15, 123456789.125]
TEXTS = ["", "a", 'quote " and \\', "tab\tand\nline", "Zürich", "\U0001d11e", "\u007f\u0001"]


def op(name, table, **members):
    return {"op": name, "table": table, **members}


def comment(text):
    return {"op": "comment", "comment": text}


FIRST = [
    [op("insert", "Types", row=ROW), comment("all types")],
    [op("insert", "Types", row={})],
    [op("insert", "Types", row={
        "iset": ["set", NUMBERS], "rset": ["set", REALS], "sset": ["set", TEXTS],
        "ssmap": ["map", [[text, text[::-1]] for text in TEXTS]],
        "irmap": ["map", list(zip(NUMBERS, REALS))], "i": 3})],
    [op("insert", "Root", row={"name": "r", "eph": "gone", "kids": ["named-uuid", "k"],
                               "weak": ["named-uuid", "k"],
                               "kidmap": ["map", [["x", ["named-uuid", "k"]]]]}),
     op("insert", "Kid", row={"k": 1, "next": ["named-uuid", "l"]}, **{"uuid-name": "k"}),
     op("insert", "Kid", row={"k": 2}, **{"uuid-name": "l"})],
    [op("update", "Types", where=[["i", "==", 3]], row={"s": "three", "oi": 5}),
     comment("first"), comment("second: ü \"quoted\"\nline")],
    [comment("nothing else")],
    [op("insert", "Types", row={"i": 99}), {"op": "abort"}],
]
LATER = [
    [op("mutate", "Types", where=[["i", "==", 3]], mutations=[
        ["iset", "delete", ["set", NUMBERS[:2]]], ["ssmap", "delete", ["set", ["a"]]],
        ["sset", "insert", ["set", ["new"]]], ["irmap", "insert", ["map", [[7, 0.5]]]]])],
    [op("delete", "Types", where=[["i", "==", 7]]), comment("deleted")],
    [op("update", "Root", where=[], row={"weak": ["set", []], "a": 5}),
     op("insert", "Types", row={"i": 8, "uset": ["named-uuid", "me"]}, **{"uuid-name": "me"})],
    [op("update", "Types", where=[], row={"oi": ["set", []], "os": "x"}), {"op": "commit", "durable": True}],
]


def talk(suite, transactions):
    """Runs a server of 'suite' on its file; returns all that is there at the
    end, but for what no file keeps."""
    suite.start_ovsdb_server(db="k.db", create=False)
    client = Client(suite.run_dir / "db.sock")
    for operations in transactions:
        results = client.transact(*operations)
        assert all("error" not in r or r["error"] == "aborted" for r in results if r), results
    found = contents(client.transact(*(op("select", table, where=[]) for table in TABLES)))
    return client, found


def contents(results):
    tables = {}
    for table, result in zip(TABLES, results):
        for row in result["rows"]:
            row.pop("_version", None)
            row.pop("eph", None)
        tables[table] = sorted((row for row in result["rows"]), key=lambda row: row["_uuid"])
    return tables


def hand_over(giver, taker):
    giver.stop_all()
    (taker.run_dir / "k.db").write_bytes(giver.kept("k.db"))


def ordered_log(text):
    """What "show-log" prints, with rows and their columns in a fixed order."""
    records = []
    for record in text.split("\nrecord "):
        head, *rows = record.split("\n  table ")
        rows = ["\n".join(sorted(row.rstrip("\n").split("\n"))) for row in rows]
        records.append("\n  table ".join([head.rstrip("\n"), *sorted(rows)]))
    return "\nrecord ".join(records)


def said(suite, *commands):
    """What ovsdb-tool says of the file."""
    texts = []
    for command in commands:
        text = suite.ok("ovsdb-tool", *command)
        if command[0] == "show-log":
            text = ordered_log(text)
        elif command[0] == "query":
            text = json.dumps(contents(json.loads(text)), sort_keys=True)
        texts.append(text)
    return texts


def about(suite):
    db = suite.run_dir / "k.db"
    select = json.dumps(["Kitchen", *(op("select", table, where=[]) for table in TABLES)])
    return said(suite, *(("show-log", *more, db) for more in ([], ["-m"], ["-mm"], ["-mmm"])),
                ("db-name", db), ("db-version", db), ("db-cksum", db), ("query", db, select))


@pytest.fixture
def pair(request, ours, peer):
    """The two suites in the order of the test's parameter; the first has a
    file of its own making."""
    suites = {"ours": ours, "peer": peer}
    one, two = (suites[name] for name in request.param)
    one.ok("ovsdb-tool", "create", one.run_dir / "k.db", KITCHEN)
    return one, two


@pytest.mark.parametrize("pair", ORDERS, indirect=True, ids="-".join)
@pytest.mark.parametrize("compact", [None, "server", "tool"])
def test_there_and_back(pair, compact):
    one, two = pair
    _, written = talk(one, FIRST)
    hand_over(one, two)
    assert about(one) == about(two)

    client, read = talk(two, [])
    assert read == written
    for operations in LATER[:2]:
        client.transact(*operations)
    if compact == "server":
        two.ok("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/compact")
    for operations in LATER[2:]:
        client.transact(*operations)
    written = contents(client.transact(*(op("select", table, where=[]) for table in TABLES)))
    hand_over(two, one)
    if compact == "tool":
        one.ok("ovsdb-tool", "compact", one.run_dir / "k.db")
        (two.run_dir / "k.db").write_bytes(one.kept("k.db"))
    assert about(one) == about(two)

    _, read = talk(one, [])
    assert read == written


def records(path):
    """The records of a file, without dates and versions of programs."""
    lines = path.read_text().split("\n")
    values = [json.loads(line) for line in lines if line.startswith("{")]
    for value in values:
        value.pop("_date", None)
        if "_comment" in value:
            value["_comment"] = re.sub(r" [0-9.]+$", "", value["_comment"])
    return values


@pytest.mark.parametrize("pair", ORDERS, indirect=True, ids="-".join)
def test_compacted_files_are_the_same(pair):
    one, two = pair
    talk(one, FIRST + LATER)
    hand_over(one, two)

    for suite in pair:
        suite.ok("ovsdb-tool", "compact", suite.run_dir / "k.db", suite.run_dir / "new.db")

    assert records(one.run_dir / "new.db") == records(two.run_dir / "new.db")


def older(schema):
    """An older schema of the same database."""
    old = json.loads(json.dumps(schema))
    old["version"] = "1.0.0"
    old.pop("cksum", None)
    types = old["tables"]["Types"]["columns"]
    del types["irmap"], types["os"], old["tables"]["Need"]
    types["dropped"] = {"type": {"key": "string", "min": 0, "max": 1}}
    types["i"] = {"type": "integer"}
    types["oi"] = {"type": "integer"}
    return old


@pytest.mark.parametrize("pair", ORDERS, indirect=True, ids="-".join)
def test_older_schemas_are_converted(pair, tmp_path):
    one, two = pair
    new = json.loads(KITCHEN.read_text())
    paths = {}
    for name, schema in (("new", new), ("old", older(new))):
        paths[name] = tmp_path / name
        paths[name].write_text(json.dumps(schema))
    (one.run_dir / "k.db").unlink()
    one.ok("ovsdb-tool", "create", one.run_dir / "k.db", paths["old"])
    one.ok("ovsdb-tool", "transact", one.run_dir / "k.db", json.dumps(
        ["Kitchen", op("insert", "Types", row={"i": 7, "s": "x", "oi": 3, "dropped": "d",
                                               "ssmap": ROW["ssmap"]}), comment("old")]))
    hand_over(one, two)
    for suite in pair:
        db = suite.run_dir / "k.db"
        assert said(suite, ("needs-conversion", db, paths["new"]),
                    ("needs-conversion", db, paths["old"])) == ["yes\n", "no\n"]

    # One converts, both read it; then back to the old schema.
    for name, converter, other in (("new", two, one), ("old", one, two)):
        converter.ok("ovsdb-tool", "convert", converter.run_dir / "k.db", paths[name])
        (other.run_dir / "k.db").write_bytes(converter.kept("k.db"))
        assert about_converted(one, paths) == about_converted(two, paths)
        rows = json.loads(one.ok("ovsdb-tool", "query", one.run_dir / "k.db", json.dumps(
            ["Kitchen", op("select", "Types", where=[], columns=["i", "s", "oi"])])))
        assert rows == [{"rows": [{"i": 7, "s": "x", "oi": 3}]}]


def about_converted(suite, paths):
    db = suite.run_dir / "k.db"
    return said(suite, ("show-log", "-mmm", db), ("db-version", db), ("db-cksum", db),
                *(("needs-conversion", db, path) for path in paths.values()))


@pytest.mark.parametrize("pair", ORDERS, indirect=True, ids="-".join)
def test_conversions_that_fail_say_the_same(pair, tmp_path):
    one, two = pair
    talk(one, FIRST[:1])
    hand_over(one, two)
    schema = json.loads(KITCHEN.read_text())
    kept = one.kept("k.db")
    for change in ({"i": "string"}, {"iset": "integer"},
                   {"i": {"key": {"type": "integer", "maxInteger": -1}}},
                   {"se": {"key": {"type": "string", "enum": "green"}}}):
        new = json.loads(json.dumps(schema))
        for column, kind in change.items():
            new["tables"]["Types"]["columns"][column] = {"type": kind}
        path = tmp_path / "new"
        path.write_text(json.dumps(new))
        texts = []
        for suite in pair:
            result = suite.run("ovsdb-tool", "convert", suite.run_dir / "k.db", path)
            text = result.err.replace(str(suite.run_dir), "RUN")
            text = re.sub(r"^[-0-9T:.]+Z\|", "", text, flags=re.M)
            texts.append((result.code, result.out, text))
            assert suite.kept("k.db") == kept
        assert texts[0] == texts[1] and texts[0][0] != 0
