"""Transactions of ovs.db.idl on servers."""

import uuid

import pytest
from idl_tools import wait_until
from lib.ovsdb import Client

from ovs.db.idl import Row, Transaction


@pytest.fixture
def idl(replica):
    return replica()


@pytest.fixture
def client(kitchen):
    return Client(kitchen.run_dir / "db.sock")


def test_rows_inserted_together_refer_to_each_other(idl):
    def change(txn):
        root, kid, next_ = (txn.insert(idl.tables[name]) for name in ("Root", "Kid", "Kid"))
        kid.k, next_.k = 1, 2
        root.name = "x"
        root.kids = [kid]
        root.kidmap = {"uuid": kid}
        kid.next = next_
        root.addvalue("weak", next_)
        assert root.kids == [kid] and root.kids[0].next[0].k == 2
        assert root.weak == [next_] and root.b == [] and root.fixed == 0

    idl.transact(change)

    root = idl.row("Root", name="x")
    assert [kid.k for kid in root.kids] == [1]
    assert [kid.k for kid in root.kids[0].next] == [2]
    assert [kid.k for kid in root.weak] == [2]
    assert {key: kid.k for key, kid in root.kidmap.items()} == {"uuid": 1}


def test_strings_that_look_like_references_to_new_rows_stay_strings(idl):
    def change(txn):
        row = txn.insert(idl.tables["Types"])
        row.iset1 = [1]
        row.ssmap = {"uuid": str(row.uuid)}
        row.sset = ["uuid", str(row.uuid)]
        made.append(row)

    made = []

    idl.transact(change)

    (row,) = idl.rows("Types")
    assert row.ssmap == {"uuid": str(made[0].uuid)}
    assert set(row.sset) == {"uuid", str(made[0].uuid)}


def test_provisional_rows_go_with_the_transaction(idl):
    txn = Transaction(idl)
    row = txn.insert(idl.tables["Kid"])
    assert idl.rows("Kid") == [row]
    txn.abort()

    assert txn.commit() == Transaction.ABORTED and txn.get_error() == "aborted"
    assert idl.rows("Kid") == [] and idl.txn is None


def test_a_uuid_may_be_chosen(idl):
    chosen = uuid.uuid4()
    txn = Transaction(idl)
    root = txn.insert(idl.tables["Root"], new_uuid=chosen, persist_uuid=True)
    kid = txn.insert(idl.tables["Kid"], new_uuid=uuid.uuid4(), persist_uuid=True)
    root.kids = [kid]

    assert idl.commit(txn) == Transaction.SUCCESS
    assert txn.get_insert_uuid(chosen) == chosen
    assert idl.tables["Root"].rows[chosen].kids[0].uuid == kid.uuid
    assert txn.get_insert_uuid(uuid.uuid4()) is None


def test_nothing_to_do_is_unchanged(idl):
    row = idl.insert("Root", name="x", a=1)

    def status(change):
        txn = Transaction(idl)
        change(txn)
        return idl.commit(txn)

    assert status(lambda txn: None) == Transaction.UNCHANGED
    assert status(lambda txn: setattr(row, "a", 1)) == Transaction.UNCHANGED
    assert status(lambda txn: row.verify("a")) == Transaction.UNCHANGED
    assert status(lambda txn: txn.add_comment("hello")) == Transaction.UNCHANGED
    assert status(lambda txn: row.increment("a")) == Transaction.UNCHANGED
    assert status(lambda txn: txn.insert(idl.tables["Kid"]).delete()) == Transaction.UNCHANGED
    assert row.a == 1


def test_changes_show_at_once_and_old_values_until_the_server_answers(idl):
    row = idl.insert("Root", name="x")
    txn = Transaction(idl)
    row.a = 7
    assert row.a == 7

    assert txn.commit() == Transaction.INCOMPLETE
    assert row.a == 0
    assert idl.commit(txn) == Transaction.SUCCESS
    assert row.a == 7


def test_wrong_values_are_not_written(idl):
    row = idl.insert("Types", i=5, iset1=[1])
    txn = Transaction(idl)
    row.i = "five"
    row.i = 101
    row.i = [1, 2]
    row.ssmap = ["a"]
    row.addvalue("i", 3)
    row.addvalue("ssmap", "key")
    row.addvalue("iset", "three")
    row.setkey("ssmap", "key", 3)
    row.setkey("iset", 3, 4)

    assert idl.commit(txn) == Transaction.UNCHANGED
    assert row.i == 5
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        row.nonesuch
    assert not hasattr(row, "_nonesuch")


def test_changes_need_a_transaction(idl):
    row = idl.insert("Root", name="x")

    for change in (lambda: setattr(row, "a", 1), row.delete, lambda: row.verify("a")):
        with pytest.raises(AssertionError):
            change()
    txn = Transaction(idl)
    with pytest.raises(AssertionError):
        Transaction(idl)
    with pytest.raises(AssertionError):
        idl.run()
    txn.abort()


def test_sets_change_whatever_others_do(idl, client):
    row = idl.insert("Types", iset1=[1, 2, 3])
    txn = Transaction(idl)
    row.addvalue("iset1", 4)
    row.addvalue("iset1", 5)
    row.delvalue("iset1", 5)
    row.delvalue("iset1", 1)
    row.delvalue("iset1", 99)
    assert sorted(row.iset1) == [2, 3, 4]
    client.transact({"op": "update", "table": "Types", "where": [],
                     "row": {"iset1": ["set", [1, 5, 6]]}})

    assert idl.commit(txn) == Transaction.SUCCESS
    assert sorted(row.iset1) == [4, 6]


def test_maps_change_whatever_others_do(idl, client):
    row = idl.insert("Types", iset1=[1], ssmap={"a": "1", "b": "2", "c": "3", "d": "4"})
    txn = Transaction(idl)
    row.setkey("ssmap", "a", "9")
    row.delkey("ssmap", "b")
    row.delkey("ssmap", "b", "other")
    row.delkey("ssmap", "c", "3")
    row.delkey("ssmap", "d", "other")
    row.setkey("ssmap", "e", "5")
    row.setkey("ssmap", "f", "6")
    row.delkey("ssmap", "f")
    assert row.ssmap == {"a": "9", "d": "4", "e": "5"}
    client.transact({"op": "mutate", "table": "Types", "where": [], "mutations": [
        ["ssmap", "delete", ["set", ["a", "c"]]],
        ["ssmap", "insert", ["map", [["a", "8"], ["c", "changed"], ["x", "10"]]]]]})

    assert idl.commit(txn) == Transaction.SUCCESS
    assert row.ssmap == {"a": "9", "c": "changed", "d": "4", "e": "5", "x": "10"}


def test_what_is_written_takes_the_place_of_what_was_added(idl):
    row = idl.insert("Types", iset1=[1])

    def change(txn):
        row.addvalue("iset1", 2)
        row.iset1 = [3]
        row.addvalue("iset1", 4)
        row.delvalue("iset1", 3)

    idl.transact(change)

    assert row.iset1 == [4]


def test_deleted_rows_are_gone_at_once(idl):
    row = idl.insert("Root", name="x")
    txn = Transaction(idl)
    row.delete()
    assert idl.rows("Root") == []
    with pytest.raises(AssertionError):
        row.name
    txn.abort()
    assert idl.row("Root", name="x") is row

    idl.transact(lambda txn: row.delete())

    assert idl.rows("Root") == []


def test_verified_columns_must_not_have_changed(idl, client):
    row = idl.insert("Root", name="x", a=1)
    txn = Transaction(idl)
    row.verify("a")
    row.verify("kids")
    row.b = "y"
    client.transact({"op": "update", "table": "Root", "where": [], "row": {"a": 2}})

    assert idl.commit(txn) == Transaction.TRY_AGAIN
    idl.until(lambda: row.a == 2)
    txn = Transaction(idl)
    row.verify("a")
    row.b = "y"
    assert idl.commit(txn) == Transaction.SUCCESS
    assert row.b == ["y"]


def test_the_server_may_refuse(idl):
    idl.insert("Root", name="x", a=1)
    txn = Transaction(idl)
    txn.insert(idl.tables["Root"]).name = "x"

    assert idl.commit(txn) == Transaction.ERROR
    assert "constraint violation" in txn.get_error()
    assert len(idl.rows("Root")) == 1


def test_increment(idl):
    row = idl.insert("Root", name="x", a=41)
    txn = Transaction(idl)
    row.increment("a")
    row.b = "y"

    assert idl.commit(txn) == Transaction.SUCCESS
    assert txn.get_increment_new_value() == 42 and row.a == 42


def test_dry_run_changes_nothing(idl, client):
    row = idl.insert("Root", name="x")
    txn = Transaction(idl)
    txn.dry_run = True
    row.a = 5

    assert idl.commit(txn) == Transaction.SUCCESS
    select = {"op": "select", "table": "Root", "where": [], "columns": ["a"]}
    assert client.transact(select) == [{"rows": [{"a": 0}]}]


def test_comments_reach_the_log(idl, kitchen):
    def change(txn):
        txn.add_comment("first line")
        txn.add_comment("second line")
        txn.insert(idl.tables["Root"]).name = "x"

    idl.transact(change)

    assert "first line\\nsecond line" in kitchen.kept("k.db").decode()


def test_columns_that_are_not_replicated_are_fetched(idl, replica):
    idl.insert("Root", name="x", a=3)
    columns = ["name", "a", "b"]
    other = replica(tables={"Root": columns}, readonly={"Root": ["a"]})
    row = other.row("Root", name="x")
    other.index_create("Root", "by_a").add_columns("a")
    assert not hasattr(row, "a") and row.b == []
    seqno = other.change_seqno

    other.transact(lambda txn: row.fetch("a"))

    assert row.a == 3 and other.change_seqno > seqno
    assert list(other.index_equal("Root", "by_a", 3)) == [row]
    txn = Transaction(other)
    row.a = 4
    assert other.commit(txn) == Transaction.UNCHANGED


def test_transactions_need_the_lock(idl, replica):
    idl.set_lock("mine")
    idl.until(lambda: idl.has_lock)
    other = replica()
    other.set_lock("mine")
    other.until(lambda: other.is_lock_contended)
    assert not other.has_lock and not idl.is_lock_contended

    txn = Transaction(other)
    txn.insert(other.tables["Root"])
    # The server need not be asked.
    assert txn.commit() == Transaction.NOT_LOCKED
    assert other.rows("Root") == []
    idl.insert("Root", name="x")
    other.until(lambda: other.rows("Root"))

    seqno = other.change_seqno
    idl.set_lock(None)
    idl.until(lambda: other.has_lock, other)
    assert other.change_seqno > seqno and not other.is_lock_contended
    other.insert("Root", name="y", a=1)


def test_a_stolen_lock_is_noticed_by_the_server(idl, client):
    idl.set_lock("mine")
    idl.until(lambda: idl.has_lock)
    txn = Transaction(idl)
    txn.insert(idl.tables["Root"])
    client.call("steal", "mine")

    assert idl.commit(txn) == Transaction.NOT_LOCKED
    idl.until(lambda: idl.is_lock_contended)
    assert not idl.has_lock


def test_a_broken_connection_means_try_again(idl, kitchen):
    txn = Transaction(idl)
    txn.insert(idl.tables["Root"])
    assert txn.commit() == Transaction.INCOMPLETE
    idl.force_reconnect()
    idl._session.run()

    assert idl.commit(txn) == Transaction.TRY_AGAIN
    txn = Transaction(idl)
    txn.insert(idl.tables["Kid"])
    assert txn.commit() == Transaction.TRY_AGAIN


def test_a_new_connection_must_be_noticed_before_a_transaction(idl):
    idl.force_reconnect()
    seqno = idl._session.get_seqno()
    session = idl._session

    def is_new():
        return session.is_connected() and session.get_seqno() > seqno

    wait_until(is_new, [session])
    txn = Transaction(idl)
    txn.insert(idl.tables["Root"])

    assert txn.commit() == Transaction.TRY_AGAIN


def test_an_aborted_transaction_stays_aborted(idl):
    txn = Transaction(idl)
    txn.insert(idl.tables["Root"]).name = "x"
    assert txn.commit() == Transaction.INCOMPLETE
    txn.abort()

    idl.until(lambda: idl.rows("Root"))
    assert txn.commit() == Transaction.ABORTED and not idl._outstanding_txns


def test_commit_block(idl):
    txn = Transaction(idl)
    txn.insert(idl.tables["Root"]).name = "x"

    assert txn.commit_block() == Transaction.SUCCESS
    assert idl.row("Root", name="x")
    assert Transaction.status_to_string(txn.TRY_AGAIN) == "try again"


def test_rows_are_equal_by_uuid(idl):
    first, second = idl.insert("Root", name="x", a=1), idl.insert("Root", name="y", a=2)
    copy = Row(idl, idl.tables["Root"], first.uuid, {})

    assert first == copy and first != second and len({first, copy, second}) == 2
    assert sorted([second, first]) == sorted([first, second], key=lambda row: row.uuid)
    assert first != first.uuid
    assert "name=x" in str(first)
