"""Replicas of ovs.db.idl: content, changes, conditions, connections."""

import random
import uuid

import pytest
from idl_tools import Replica
from lib.ovsdb import KITCHEN, Client

import ovs.db.error
import ovs.json
from ovs.db import custom_index
from ovs.db.idl import Monitor, SchemaHelper, Transaction

TYPES = {
    "i": 7, "ie": 4, "iset": ["set", [3, 1]], "iset1": ["set", [5, 6]], "r": 1.5,
    "rset": ["set", [0.5, -2]], "bo": True, "bset": ["set", [True, False]], "s": "text",
    "se": "red", "sset": ["set", ["a", "é"]],
    "u": ["uuid", "11111111-2222-4333-8444-555555555555"],
    "uset": ["set", [["uuid", "11111111-2222-4333-8444-555555555555"]]],
    "ssmap": ["map", [["k", "v"], ["l", "w"]]], "simap": ["map", [["one", 1]]],
    "irmap": ["map", [[1, 0.5]]], "oi": 3, "os": "maybe",
}
U = uuid.UUID("11111111-2222-4333-8444-555555555555")
PYTHON = {
    "i": 7, "ie": 4, "iset": [1, 3], "iset1": [5, 6], "r": 1.5, "rset": [-2.0, 0.5], "bo": True,
    "bset": [False, True], "s": "text", "se": "red", "sset": ["a", "é"], "u": U, "uset": [U],
    "ssmap": {"k": "v", "l": "w"}, "simap": {"one": 1}, "irmap": {1: 0.5}, "oi": [3],
    "os": ["maybe"],
}
DEFAULTS = {
    "i": 0, "ie": 0, "iset": [], "iset1": [1], "r": 0.0, "rset": [], "bo": False, "bset": [],
    "s": "", "se": "", "sset": [], "u": uuid.UUID(int=0), "uset": [], "ssmap": {}, "simap": {},
    "irmap": {}, "oi": [], "os": [],
}


@pytest.fixture
def client(kitchen):
    return Client(kitchen.run_dir / "db.sock")


def values(row):
    found = {name: getattr(row, name) for name in row._table.columns}
    return {name: sorted(v) if isinstance(v, list) else v for name, v in found.items()}


def insert(client, table="Types", **columns):
    if table == "Types":
        columns = {"iset1": 1, **columns}
    (result,) = client.transact({"op": "insert", "table": table, "row": columns})
    return uuid.UUID(result["uuid"][1])


def update(client, table="Types", where=(), **columns):
    client.transact({"op": "update", "table": table, "where": list(where), "row": columns})


def test_columns_of_all_types(replica, client):
    insert(client, s="early", **{k: v for k, v in TYPES.items() if k != "s"})
    idl = replica()
    assert values(idl.row("Types", i=7)) == {**PYTHON, "s": "early"}

    insert(client, s="bare")
    update(client, where=[["s", "==", "early"]], s="text")
    idl.until(lambda: len(idl.rows("Types")) == 2)
    idl.until(lambda: idl.row("Types", i=7).s == "text")

    assert values(idl.row("Types", s="text")) == PYTHON
    assert values(idl.row("Types", s="bare")) == {**DEFAULTS, "s": "bare"}
    update(client, where=[["s", "==", "text"]],
           **{name: ["set", []] for name in ("iset", "rset", "bset", "sset", "oi", "os")},
           ssmap=["map", []], r=0, bo=False)
    idl.until(lambda: not idl.row("Types", s="text").bo)
    emptied = {name: DEFAULTS[name] for name in
               ("iset", "rset", "bset", "sset", "oi", "os", "ssmap", "r", "bo")}
    assert values(idl.row("Types", s="text")) == {**PYTHON, **emptied}


def test_python_values_of_all_types_are_written(replica):
    idl = replica()

    row = idl.insert("Types", **PYTHON)

    assert values(row) == PYTHON


class WithoutConditions(Replica):
    """Asks the way that older servers understand."""

    def _send_monitor(self):
        self._method = min(self._method, self.newest)
        super()._send_monitor()


@pytest.mark.parametrize("newest", list(Monitor))
def test_replicas_follow_random_changes(kitchen, client, newest):
    rng = random.Random(newest)
    idl = WithoutConditions(kitchen.remote)
    idl.newest = newest
    idl.connect()

    def change():
        where = [["i", "==", rng.randrange(6)]]
        numbers = ["set", rng.sample(range(5), rng.randrange(1, 5))]
        pairs = ["map", [[key, rng.choice("xyz")] for key in rng.sample("abcd", rng.randrange(5))]]
        row = {"iset1": numbers, "ssmap": pairs, "oi": rng.choice([["set", []], 1, 2]),
               "r": rng.randrange(4), "bo": rng.random() < 0.5, "iset": numbers}
        chosen = {name: row[name] for name in rng.sample(sorted(row), rng.randrange(1, 7))}
        return rng.choice([
            {"op": "insert", "table": "Types", "row": {**row, "i": rng.randrange(6)}},
            {"op": "update", "table": "Types", "where": where, "row": chosen},
            {"op": "update", "table": "Types", "where": where, "row": chosen},
            {"op": "delete", "table": "Types", "where": where},
        ])

    for _ in range(40):
        client.transact(*(change() for _ in range(rng.randrange(1, 4))))
        idl.run()
    mark = insert(client, s="mark")
    idl.until(lambda: mark in idl.tables["Types"].rows)

    fresh = Replica(kitchen.remote).connect()
    assert len(idl.rows("Types")) > 3
    assert {row.uuid: values(row) for row in idl.rows("Types")} == {
        row.uuid: values(row) for row in fresh.rows("Types")
    }
    assert idl._method == newest
    fresh.close()
    idl.close()


def test_notifications_tell_what_changed(replica, client):
    insert(client, "Root", name="early")
    idl = replica(tables={"Root": ["name", "a", "b"]})
    assert idl.notes == [("create", "Root", {})]
    del idl.notes[:]

    update(client, "Root", a=5, b="x")
    idl.until(lambda: idl.notes)
    update(client, "Root", eph="not replicated")
    update(client, "Root", b=["set", []])
    idl.until(lambda: len(idl.notes) == 2)
    seqno = idl.change_seqno
    client.transact({"op": "delete", "table": "Root", "where": []})
    idl.until(lambda: len(idl.notes) == 3)

    assert idl.change_seqno > seqno
    assert idl.notes == [
        ("update", "Root", {"a": 0, "b": []}),
        ("update", "Root", {"b": ["x"]}),
        ("delete", "Root", {}),
    ]
    assert idl.yields


def test_columns_without_alert_change_silently(replica, client):
    insert(client, "Root", name="x")
    idl = replica()
    idl.tables["Root"].columns["a"].alert = False
    seqno, n = idl.change_seqno, len(idl.notes)

    update(client, "Root", a=5)
    idl.until(lambda: idl.row("Root", name="x").a == 5)

    assert (idl.change_seqno, len(idl.notes)) == (seqno, n)


def test_references_to_what_is_not_replicated(replica, client):
    client.transact(
        {"op": "insert", "table": "Kid", "row": {"k": 1}, "uuid-name": "kid"},
        {"op": "insert", "table": "Root", "row": {
            "name": "x", "kids": ["named-uuid", "kid"], "weak": ["named-uuid", "kid"]}},
    )
    whole = replica()
    root = whole.row("Root", name="x")
    (kid,) = whole.rows("Kid")
    assert root.kids == [kid] and kid.k == 1

    # A table that is not replicated: UUIDs; rows that are not: nothing.
    part = replica(tables={"Root": ["name", "kids"]})
    assert part.row("Root", name="x").kids == [kid.uuid]
    whole.cond_change("Kid", [False])
    whole.until(lambda: not whole.rows("Kid"))
    assert root.kids == [] and root.weak == []


def test_conditions(replica, client):
    for i in range(6):
        insert(client, i=i)
    idl = Replica(replica().get_session_name())
    seqno = idl.cond_change("Types", [["i", "<", 2], ["i", "==", 4]])
    idl.connect()

    def numbers():
        return sorted(row.i for row in idl.rows("Types"))

    assert numbers() == [0, 1, 4] and idl.cond_seqno == seqno
    assert idl.cond_change("Types", [["i", "<", 2], ["i", "==", 4]]) == seqno

    seqno = idl.cond_change("Types", [["i", ">=", 4]])
    assert idl.cond_seqno < seqno and idl.cond_changed
    idl.run()
    later = idl.cond_change("Types", [["i", "==", 3]])
    assert later > seqno and idl.cond_seqno < seqno
    idl.until(lambda: idl.cond_seqno == seqno)
    assert numbers() == [4, 5]
    idl.until(lambda: idl.cond_seqno == later)
    assert numbers() == [3]

    seqno = idl.cond_change("Types", [])
    idl.until(lambda: idl.cond_seqno == seqno)
    assert numbers() == []
    seqno = idl.cond_change("Types", [True])
    idl.until(lambda: idl.cond_seqno == seqno)
    assert numbers() == list(range(6))
    with pytest.raises(ovs.db.error.Error, match='Unknown table "Nonesuch"'):
        idl.cond_change("Nonesuch", [True])
    idl.close()


def test_a_client_that_comes_back_gets_what_it_missed(replica, client, kitchen):
    row = insert(client, s="old")
    idl = replica()
    kept = idl.tables["Types"].rows[row]
    last_id = idl.last_id
    idl.force_reconnect()
    update(client, i=9)
    insert(client, s="new")
    del idl.notes[:]

    idl.until(lambda: len(idl.rows("Types")) == 2 and idl.state == idl.IDL_S_MONITORING)

    assert idl.tables["Types"].rows[row].i == 9
    if kitchen.kind == "ours":
        assert idl.tables["Types"].rows[row] is kept
        assert sorted(idl.notes) == [("create", "Types", {}), ("update", "Types", {"i": 0})]
        assert idl.last_id != last_id
    else:
        # It remembers only what happens in clusters.
        assert idl.notes == [("create", "Types", {})] * 2


def test_conditions_survive_reconnection(replica, client):
    for i in range(3):
        insert(client, i=i)
    idl = replica()
    idl.until(lambda: len(idl.rows("Types")) == 3)
    idl.force_reconnect()
    seqno = idl.cond_change("Types", [["i", "==", 1]])

    idl.until(lambda: idl.cond_seqno == seqno)

    assert [row.i for row in idl.rows("Types")] == [1]
    idl.run()
    idl.force_reconnect()
    insert(client, i=1, s="more")
    insert(client, i=2, s="more")
    idl.until(lambda: len(idl.rows("Types")) == 2)
    assert [row.i for row in idl.rows("Types")] == [1, 1]


def test_a_server_that_restarts(kitchen, replica, client):
    insert(client, s="old")
    idl = replica()
    kitchen.stop_all()
    idl.until(lambda: not idl._session.is_connected())
    assert [row.s for row in idl.rows("Types")] == ["old"]

    kitchen.start_ovsdb_server(db="k.db", create=False)
    insert(Client(kitchen.run_dir / "db.sock"), s="new")
    # It may wait for a second before it tries again.
    idl.until(lambda: len(idl.rows("Types")) == 2)

    assert sorted(row.s for row in idl.rows("Types")) == ["new", "old"]


def test_another_remote_serves_as_well(replica, kitchen, fake):
    nobody = f"unix:{kitchen.run_dir}/nobody"
    remotes = f"{nobody},{kitchen.remote}"

    idl = replica(remote=remotes)

    assert idl.get_session_name() == kitchen.remote
    assert Replica._parse_remotes("tcp:a:1, ssl:[::1]:2,unix:/x,y") == [
        "tcp:a:1", "ssl:[::1]:2", "unix:/x,y"]


def test_indexes(replica, client):
    idl = replica()
    by_name = idl.index_create("Root", "by_name")
    by_name.add_columns("name")
    both = idl.index_create("Types", "both")
    both.add_column("s", custom_index.OVSDB_INDEX_DESC)
    both.add_column("i")
    computed = idl.index_create("Types", "computed")
    computed.add_column("i", key=lambda row: -row.i)
    for i, s in ((1, "a"), (2, "b"), (3, "a")):
        insert(client, i=i, s=s)
    insert(client, "Root", name="x")
    idl.until(lambda: idl.rows("Root"))

    assert [row.name for row in idl.index_equal("Root", "by_name", "x")] == ["x"]
    assert [row.i for row in idl.index_irange("Types", "both", None, None)] == [2, 1, 3]
    assert [row.i for row in idl.index_equal("Types", "both", ("a", 3))] == [3]
    assert [row.i for row in computed] == [3, 2, 1]
    update(client, where=[["i", "==", 1]], s="c")
    idl.until(lambda: idl.row("Types", i=1).s == "c")
    assert [row.i for row in both] == [1, 2, 3]
    client.transact({"op": "delete", "table": "Types", "where": [["i", "==", 2]]})
    idl.until(lambda: len(idl.rows("Types")) == 2)
    assert [row.i for row in computed] == [3, 1]
    with pytest.raises(ValueError):
        idl.index_create("Root", "by_name")


def test_indexes_see_what_a_transaction_does(replica):
    idl = replica()
    idl.index_create("Root", "by_name").add_columns("name")
    idl.index_create("Root", "by_kids").add_columns("kids")
    row = idl.insert("Root", name="old")

    def found(name):
        return list(idl.index_equal("Root", "by_name", name))

    txn = Transaction(idl)
    row.name = "new"
    other = txn.insert(idl.tables["Root"])
    other.name = "other"
    kid = txn.insert(idl.tables["Kid"])
    other.addvalue("kids", kid)
    assert (found("old"), found("new"), found("other")) == ([], [row], [other])
    assert list(idl.index_equal("Root", "by_kids", kid)) == [other]
    row.delete()
    assert found("new") == []
    txn.abort()

    assert (found("old"), found("new"), found("other")) == ([row], [], [])
    assert list(idl.index_equal("Root", "by_kids", kid)) == []
    txn = Transaction(idl)
    kid = txn.insert(idl.tables["Kid"])
    row.name = "new"
    row.addvalue("kids", kid)
    assert list(idl.index_equal("Root", "by_kids", kid)) == found("new") == [row]
    txn.abort()
    assert list(idl.index_equal("Root", "by_kids", kid)) == found("new") == []
    assert found("old") == [row]


def test_schema_helpers_choose_tables_and_columns(tmp_path):
    json = ovs.json.from_file(str(KITCHEN))
    helper = SchemaHelper(schema_json=json)
    helper.register_table("Kid")
    helper.register_columns("Root", ["name"])
    helper.register_columns("Root", ["a", "b"], ["b"])
    schema = helper.get_idl_schema()

    assert {name: sorted(table.columns) for name, table in schema.tables.items()} == {
        "Root": ["a", "b", "name"], "Kid": ["k", "next"]}
    assert schema.readonly == {"Root": ["b"]}
    helper.register_all()
    assert set(helper.get_idl_schema().tables) == {"Root", "Kid", "Need", "Types"}
    for table, column in (("Nonesuch", "name"), ("Root", "nonesuch")):
        helper = SchemaHelper(schema_json=json)
        helper.register_columns(table, [column])
        with pytest.raises(ovs.db.error.Error, match="Nonesuch|nonesuch"):
            helper.get_idl_schema()
    for args in ((), (str(KITCHEN), json)):
        with pytest.raises(ValueError):
            SchemaHelper(*args)
    with pytest.raises(ovs.db.error.Error, match="No such file"):
        SchemaHelper(str(tmp_path / "nonesuch"))
