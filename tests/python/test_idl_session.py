"""What ovs.db.idl says to servers that are old, that belong to clusters, or
that make mistakes."""

import uuid

import pytest
from idl_tools import Replica

from ovs.db.idl import Transaction
from ovs.jsonrpc import Message

A, B, C = (str(uuid.UUID(int=i)) for i in (1, 2, 3))
CLUSTER = str(uuid.UUID(int=99))

SERVER_SCHEMA = {"name": "_Server", "version": "1.2.0", "tables": {"Database": {"columns": {
    "name": {"type": "string"},
    "model": {"type": {"key": {"type": "string", "enum": ["set", [
        "clustered", "relay", "standalone"]]}}},
    "connected": {"type": "boolean"},
    "leader": {"type": "boolean"},
    "schema": {"type": {"key": "string", "min": 0, "max": 1}},
    "cid": {"type": {"key": "uuid", "min": 0, "max": 1}},
    "index": {"type": {"key": "integer", "min": 0, "max": 1}}}}}}


def member(**columns):
    """Answers of a server of a cluster."""
    row = {"name": "Kitchen", "model": "clustered", "connected": True, "leader": True,
           "cid": ["uuid", CLUSTER], "index": 10, **columns}
    return {"get_schema": SERVER_SCHEMA, "set_db_change_aware": {},
            "monitor_cond": {"Database": {A: {"initial": row}}}}


@pytest.fixture
def replica():
    """replica(SERVER..., **ARGS): a replica of one of the servers."""
    made = []

    def make(*servers, **kwargs):
        made.append(Replica(",".join(server.remote for server in servers), **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.close()


def monitor_of(server):
    """The parameters of the last request for data."""
    return [params for method, params in server.requests
            if method.startswith("monitor") and params[0] == "Kitchen"][-1]


def test_older_servers_have_no_conditions(fake, replica):
    server = fake(
        monitor={"Kid": {A: {"new": {"k": 1}}}, "Types": {}},
        monitor_cond_since=Exception("unknown method"),
    )
    idl = replica(server, tables={"Kid": ["k"], "Types": ["i"]})
    idl.cond_change("Types", [False])
    idl.connect(server)

    assert server.methods() == ["get_schema", "monitor_cond_since", "monitor_cond", "monitor"]
    assert monitor_of(server)[2] == {"Kid": [{"columns": ["k"]}]}
    seqno = idl.cond_change("Kid", [["k", "==", 2]])
    idl.until(lambda: idl.cond_seqno == seqno, server)
    assert [row.k for row in idl.rows("Kid")] == [1]

    server.notify("update", str(idl.uuid), {"Kid": {
        A: {"old": {"k": 1}, "new": {"k": 2}}, B: {"new": {"k": 3}}}})
    idl.until(lambda: len(idl.rows("Kid")) == 2, server)
    server.notify("update", str(idl.uuid), {"Kid": {A: {"old": {"k": 2}}}})
    idl.until(lambda: len(idl.rows("Kid")) == 1, server)
    assert idl.notes == [("create", "Kid", {}), ("update", "Kid", {"k": 1}),
                         ("create", "Kid", {}), ("delete", "Kid", {})]


def test_servers_with_conditions_but_without_memory(fake, replica):
    server = fake(
        monitor_cond={"Kid": {A: {"initial": {"k": 1}}}},
        monitor_cond_since=Exception("unknown method"),
    )
    idl = replica(server, tables={"Kid": ["k"]})
    idl.cond_change("Kid", [["k", "<", 5]])
    idl.connect(server)

    assert server.methods() == ["get_schema", "monitor_cond_since", "monitor_cond"]
    assert monitor_of(server)[2] == {"Kid": [{"columns": ["k"], "where": [["k", "<", 5]]}]}
    assert [row.k for row in idl.rows("Kid")] == [1]


def test_the_leader_of_the_cluster_is_looked_for(fake, replica):
    follower, leader = fake(**member(leader=False)), fake(**member())

    for _ in range(4):
        # The order of the remotes is random.
        idl = replica(follower, leader).connect(follower, leader)
        assert idl.get_session_name() == leader.remote
        assert "set_db_change_aware" in leader.methods()
        assert "monitor_cond_since" not in follower.methods()


def test_a_follower_will_do_if_the_leader_need_not_be_asked(fake, replica):
    follower = fake(**member(leader=False))

    idl = replica(follower, leader_only=False).connect(follower)

    assert monitor_of(follower)[0] == "Kitchen"
    assert idl.leader_only is False


def test_no_server_of_a_cluster_is_forgotten_for_long(fake, replica):
    followers = [fake(**member(leader=False)) for _ in range(2)]
    idl = replica(*followers)
    pauses = set()

    def is_enough():
        pauses.add(idl._session.reconnect.backoff)
        return all(server.n_connections >= 2 for server in followers)

    idl.until(is_enough, *followers)

    assert pauses <= {0, 1000}


@pytest.mark.parametrize("bad", [
    member(connected=False),
    member(name="Other"),
    member(model="relay", leader=False),
    {**member(), "monitor_cond": {}},
])
def test_servers_of_no_use_are_left(fake, replica, bad):
    server = fake(**bad)
    idl = replica(server)

    idl.until(lambda: server.n_connections == 2, server)

    assert "monitor_cond_since" not in server.methods()


def test_a_leader_that_loses_an_election_is_left(fake, replica):
    servers = [fake(**member()), fake(**member())]
    idl = replica(*servers).connect(*servers)
    first, second = sorted(servers, key=lambda server: not server.n_connections)

    first.notify("update2", str(idl._server_monitor),
                 {"Database": {A: {"modify": {"leader": False}}}})
    idl.until(lambda: "monitor_cond_since" in second.methods(), *servers)

    idl.connect(*servers)
    assert idl.get_session_name() == second.remote


def test_a_cluster_never_goes_back_in_time(fake, replica):
    server = fake(**member(index=10))
    idl = replica(server).connect(server)
    server.answers.update(member(index=9))
    n = server.methods().count("monitor_cond_since")
    server.hang_up()

    idl.until(lambda: server.n_connections == 3, server)

    assert server.methods().count("monitor_cond_since") == n
    server.answers.update(member(index=11))
    idl.connect(server)


def test_the_cluster_may_be_chosen(fake, replica):
    server = fake(**member(name="renamed"))
    idl = replica(server)
    idl.set_cluster_id(CLUSTER)

    idl.connect(server)

    assert monitor_of(server)[0] == "Kitchen"


def test_a_server_that_remembers_tells_the_rest(fake, replica):
    server = fake(monitor_cond_since=[False, A, {"Kid": {
        A: {"initial": {"k": 1}}, B: {"initial": {"k": 2}}}}])
    idl = replica(server).connect(server)
    assert monitor_of(server)[3] == str(uuid.UUID(int=0))
    server.notify("update3", str(idl.uuid), B, {"Kid": {A: {"delete": None}}})
    idl.until(lambda: len(idl.rows("Kid")) == 1, server)
    server.answers["monitor_cond_since"] = [True, C, {"Kid": {C: {"insert": {"k": 3}}}}]
    server.hang_up()

    idl.until(lambda: len(idl.rows("Kid")) == 2, server)

    assert monitor_of(server)[3] == B and idl.last_id == C
    assert sorted(row.k for row in idl.rows("Kid")) == [2, 3]


def test_conditions_that_had_no_answer_begin_anew(fake, replica):
    server = fake(monitor_cond_since=[False, A, {}], monitor_cond_change=None)
    idl = replica(server, tables={"Kid": ["k"], "Types": ["i"]}).connect(server)
    first = idl.cond_change("Kid", [["k", "==", 1]])
    idl.until(lambda: "monitor_cond_change" in server.methods(), server)
    second = idl.cond_change("Kid", [["k", "==", 2]])
    idl.run()
    server.run()
    assert server.methods().count("monitor_cond_change") == 1
    server.hang_up()

    idl.until(lambda: idl.cond_seqno >= second, server)

    assert second > first
    assert monitor_of(server)[2]["Kid"][0]["where"] == [["k", "==", 2]]
    assert monitor_of(server)[3] == str(uuid.UUID(int=0))
    assert server.methods().count("monitor_cond_change") == 1


def test_conditions_that_were_not_sent_follow_later(fake, replica):
    server = fake(monitor_cond_since=[False, A, {}], monitor_cond_change={})
    idl = replica(server, tables={"Kid": ["k"]}).connect(server)
    server.hang_up()
    idl.until(lambda: not idl._session.is_connected(), server)
    seqno = idl.cond_change("Kid", [["k", "==", 1]])

    idl.until(lambda: idl.cond_seqno == seqno, server)

    assert monitor_of(server)[2:] == [{"Kid": [{"columns": ["k"]}]}, A]
    changes = [params for method, params in server.requests if method == "monitor_cond_change"]
    assert changes == [[str(idl.uuid), str(idl.uuid), {"Kid": [{"where": [["k", "==", 1]]}]}]]


@pytest.mark.parametrize("update", [
    ["nonsense"],
    {"Kid": []},
    {"Kid": {"no uuid": {"insert": {}}}},
    {"Kid": {B: []}},
    {"Kid": {B: {"surprise": {}}}},
    {"Kid": {B: {"insert": []}}},
    {"Kid": {B: {"modify": {"k": 3}}}},
    {"Kid": {A: {"modify": {"k": "three"}}}},
])
def test_after_nonsense_the_content_is_asked_for_again(fake, replica, update):
    server = fake(monitor_cond_since=[False, A, {"Kid": {A: {"initial": {"k": 1}}}}])
    idl = replica(server).connect(server)

    server.notify("update3", str(idl.uuid), B, update)
    server.notify("update3", str(idl.uuid), C, {"Kid": {C: {"insert": {"k": 9}}}})
    idl.until(lambda: server.n_connections == 2, server)

    idl.connect(server)
    assert monitor_of(server)[3] == str(uuid.UUID(int=0))
    assert [row.k for row in idl.rows("Kid")] == [1]


def test_what_we_did_not_ask_for_is_left_out(fake, replica):
    server = fake(monitor_cond_since=[False, A, {
        "Kid": {A: {"initial": {"k": 1, "surprise": 5}}}, "Surprise": {B: {"initial": {}}}}])
    idl = replica(server).connect(server)

    server.notify("update3", "another monitor", B, {"Kid": {A: {"delete": None}}})
    server.notify("surprise")
    for id_ in (12345678, "surprise", [], {}):
        server.connection.send(Message.create_reply({}, id_))
    server.notify("update3", str(idl.uuid), B, {"Kid": {
        B: {"insert": {}}, C: {"delete": None}}})
    idl.until(lambda: len(idl.rows("Kid")) == 2, server)

    assert sorted(row.k for row in idl.rows("Kid")) == [0, 1]
    assert server.n_connections == 1


def test_a_canceled_monitor_begins_anew(fake, replica):
    server = fake()
    idl = replica(server).connect(server)

    server.notify("monitor_canceled", str(idl.uuid))
    idl.until(lambda: server.n_connections == 2, server)

    idl.connect(server)


def test_the_lock_follows_the_connection(fake, replica):
    server = fake(lock={"locked": True})
    idl = replica(server)
    idl.set_lock("mine")
    idl.connect(server)
    assert idl.has_lock
    server.notify("stolen", "mine")
    idl.until(lambda: idl.is_lock_contended, server)
    assert not idl.has_lock
    server.notify("locked", "another")
    server.notify("locked", "mine")
    idl.until(lambda: idl.has_lock, server)

    server.answers["lock"] = {"locked": False}
    server.hang_up()
    idl.until(lambda: not idl.has_lock, server)
    idl.connect(server)
    assert idl.is_lock_contended
    idl.set_lock(None)
    idl.until(lambda: server.methods()[-1] == "unlock", server)


@pytest.mark.parametrize("reply", [
    "nonsense", [], [None], [{}], [{"uuid": "nonsense"}], [{"uuid": ["uuid", "short"]}],
    Exception("sorry"),
])
def test_nonsense_in_reply_to_a_transaction_is_an_error(fake, replica, reply):
    server = fake(transact=reply)
    idl = replica(server).connect(server)
    txn = Transaction(idl)
    txn.insert(idl.tables["Kid"])

    assert idl.commit(txn, server) == Transaction.ERROR
    assert txn.get_error() not in ("error", "")


def test_transactions_as_the_server_sees_them(fake, replica):
    server = fake(transact=None, lock={"locked": True},
                  monitor_cond_since=[False, A, {"Root": {A: {"initial": {"name": "x"}}}}])
    idl = replica(server)
    idl.set_lock("mine")
    idl.connect(server)
    root = idl.row("Root", name="x")
    txn = Transaction(idl)
    kid = txn.insert(idl.tables["Kid"])
    kid.k = 0
    root.verify("a")
    root.addvalue("kids", kid)
    root.setkey("kidmap", "key", kid)
    root.name = "x"
    root.b = "y"
    root.increment("a")
    txn.add_comment("why")
    txn.dry_run = True
    txn.commit()
    idl.until(lambda: "transact" in server.methods(), server)

    name = "row" + str(kid.uuid).replace("-", "_")
    where = [["_uuid", "==", ["uuid", A]]]
    named = ["named-uuid", name]
    assert server.requests[-1][1] == [
        "Kitchen",
        {"op": "assert", "lock": "mine"},
        {"op": "wait", "table": "Root", "where": where, "columns": ["a"], "until": "==",
         "rows": [{"a": 0}], "timeout": 0},
        {"op": "insert", "table": "Kid", "uuid-name": name, "row": {}},
        {"op": "update", "table": "Root", "where": where, "row": {"name": "x", "b": "y"}},
        {"op": "mutate", "table": "Root", "where": where, "mutations": [
            ["kids", "insert", ["set", [named]]],
            ["kidmap", "delete", ["set", ["key"]]],
            ["kidmap", "insert", ["map", [["key", named]]]]]},
        {"op": "mutate", "table": "Root", "where": where, "mutations": [["a", "+=", 1]]},
        {"op": "select", "table": "Root", "where": where, "columns": ["a"]},
        {"op": "comment", "comment": "why"},
        {"op": "abort"},
    ]


def test_the_probe_interval_is_settable(fake, replica):
    idl = replica(fake())

    idl.set_probe_interval(1234)

    assert idl._session.reconnect.get_probe_interval() == 1234
