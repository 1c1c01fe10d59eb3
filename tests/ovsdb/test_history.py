"""monitor_cond_since: a client that comes back gets just what it missed."""

import random

import pytest

from lib.ovsdb import KITCHEN, Client

NOBODY = "00000000-0000-0000-0000-000000000000"
VIEWS = [
    {"Types": {"columns": ["i", "iset", "ssmap", "s"]}},
    {"Types": {"columns": ["i", "s"], "where": [["i", "<", 50]]}},
    {"Types": {"columns": ["iset"], "where": [["s", "==", "x"], ["s", "==", "y"]]},
     "Root": {"columns": ["name", "a"]}},
    {"Types": {"columns": ["i"], "select": {"insert": False}}},
]


@pytest.fixture
def server(ours):
    ours.ok("ovsdb-tool", "create", ours.run_dir / "k.db", KITCHEN)
    ours.start_ovsdb_server(db="k.db", create=False)
    return ours


def client(server):
    return Client(server.run_dir / "db.sock")


def normal(column, value):
    """A set or map in one form, in order."""
    if column in ("iset", "ssmap"):
        value = value if isinstance(value, list) else ["set", [value]]
        return [value[0], sorted(value[1])]
    return value


def apply_diff(column, old, diff):
    """What a difference in update2 makes of a column."""
    if column == "iset":
        return ["set", sorted(set(old[1]) ^ set(diff[1]))]
    if column == "ssmap":
        merged = dict(map(tuple, old[1]))
        for key, value in diff[1]:
            if merged.get(key) == value:
                del merged[key]
            else:
                merged[key] = value
        return ["map", sorted(map(list, merged.items()))]
    return diff


def default(column):
    return {"i": 0, "a": 0, "s": "", "name": "", "iset": ["set", []], "ssmap": ["map", []]}[column]


def apply(content, updates):
    """Applies <table-updates2>."""
    for table, rows in updates.items():
        for uuid, update in rows.items():
            key = (table, uuid)
            if "delete" in update:
                del content[key]
            elif "modify" in update:
                row = content[key]
                for column, value in update["modify"].items():
                    old = row.get(column, default(column))
                    row[column] = apply_diff(column, old, normal(column, value))
            else:
                assert key not in content or "initial" in update
                row = update.get("insert", update.get("initial"))
                content[key] = {c: normal(c, v) for c, v in row.items()}


def plain(content):
    """Without defaults, which updates may leave out."""
    return {
        key: {c: v for c, v in row.items() if v != default(c)} for key, row in content.items()
    }


def change(client, rng, n):
    """A random transaction."""
    ops = []
    for i in range(rng.randint(1, 4)):
        row = {"i": rng.randint(0, 100)}
        if rng.random() < 0.5:
            row["s"] = rng.choice("xyz")
        if rng.random() < 0.5:
            row["iset"] = ["set", rng.sample(range(9), rng.randint(0, 5))]
        if rng.random() < 0.3:
            row["ssmap"] = ["map", [[k, rng.choice("pq")] for k in rng.sample("abc", 2)]]
        where = [["i", rng.choice(["<", ">"]), rng.randint(0, 100)]]
        ops.append(rng.choice([
            {"op": "insert", "table": "Types", "row": {**row, "iset1": 1}},
            {"op": "update", "table": "Types", "where": where, "row": row},
            {"op": "delete", "table": "Types", "where": [["i", "==", rng.randint(0, 100)]]},
            {"op": "mutate", "table": "Types", "where": where,
             "mutations": [["ssmap", "insert", ["map", [["d", str(n)]]]]]},
        ]))
    if rng.random() < 0.2:
        ops.append({"op": "insert", "table": "Root", "row": {"name": f"r{n}", "a": n}})
    if rng.random() < 0.2:
        ops.append({"op": "delete", "table": "Root", "where": [["a", "<", n]]})
    client.transact(*ops)


@pytest.mark.parametrize("view", range(len(VIEWS)))
@pytest.mark.parametrize("seed", range(5))
def test_whoever_comes_back_has_the_same_as_who_stayed(server, view, seed):
    rng = random.Random(seed * 100 + view)
    writer = client(server)
    params = ["Kitchen", "m", VIEWS[view]]
    kept = []
    for n in range(60):
        reader = client(server)
        found, last, updates = reader.call("monitor_cond_since", *params, NOBODY)["result"]
        assert not found
        content = {}
        apply(content, updates)
        for past_id, past in rng.sample(kept, min(len(kept), 3)):
            again = client(server)
            found, now, updates = again.call("monitor_cond_since", *params, past_id)["result"]
            assert found and now == last
            missed = {key: dict(row) for key, row in past.items()}
            if "select" not in VIEWS[view].get("Types", {}):
                apply(missed, updates)
                assert plain(missed) == plain(content)
        kept.append((last, content))
        change(writer, rng, n)


def test_updates_carry_the_id_to_come_back_with(server):
    reader, writer = client(server), client(server)
    request = {"Types": {"columns": ["i"]}}
    _, last, _ = reader.call("monitor_cond_since", "Kitchen", "m", request, NOBODY)["result"]
    writer.transact({"op": "insert", "table": "Types", "row": {"i": 5, "iset1": 1}})
    update = reader.receive()
    assert update["method"] == "update3" and update["params"][1] not in (last, NOBODY)

    found, _, updates = client(server).call(
        "monitor_cond_since", "Kitchen", "m", request, update["params"][1])["result"]
    assert found and updates == {}
    found, _, updates = client(server).call(
        "monitor_cond_since", "Kitchen", "m", request, last)["result"]
    assert found and len(updates["Types"]) == 1


def test_what_comes_to_nothing_is_not_told(server):
    reader, writer = client(server), client(server)
    request = {"Types": {"columns": ["i"]}}
    writer.transact({"op": "insert", "table": "Types", "row": {"i": 1, "iset1": 1}})
    _, last, _ = reader.call("monitor_cond_since", "Kitchen", "m", request, NOBODY)["result"]
    for i in (2, 3, 1):
        writer.transact({"op": "update", "table": "Types", "where": [], "row": {"i": i}})
    writer.transact({"op": "insert", "table": "Types", "row": {"i": 9, "iset1": 1}})
    writer.transact({"op": "delete", "table": "Types", "where": [["i", "==", 9]]})

    found, _, updates = client(server).call(
        "monitor_cond_since", "Kitchen", "m", request, last)["result"]
    assert found and updates == {}


def test_history_is_bounded(server):
    reader, writer = client(server), client(server)
    request = {"Types": {"columns": ["i"]}}
    writer.transact({"op": "insert", "table": "Types", "row": {"i": 1, "iset1": 1}})
    _, first, _ = reader.call("monitor_cond_since", "Kitchen", "m", request, NOBODY)["result"]
    for i in range(1200):
        writer.transact({"op": "update", "table": "Types", "where": [], "row": {"i": i % 100}})

    found, _, updates = client(server).call(
        "monitor_cond_since", "Kitchen", "m", request, first)["result"]
    assert not found and len(updates["Types"]) == 1
