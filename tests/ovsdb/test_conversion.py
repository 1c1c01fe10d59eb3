"""A schema that changes while the database is being served."""

import copy
import json

import pytest

from lib.ovsdb import KITCHEN, Client

SCHEMA = json.loads(KITCHEN.read_text())
TYPES = {"Types": {"columns": ["i"]}}


def schema(**changes):
    """The schema Kitchen with other columns of table Types; None: removed."""
    new = copy.deepcopy(SCHEMA)
    columns = new["tables"]["Types"]["columns"]
    for name, column in changes.items():
        if column is None:
            del columns[name]
        else:
            columns[name] = {"type": column}
    new["version"] = "2.0.0"
    return new


@pytest.fixture
def server(either):
    either.ok("ovsdb-tool", "create", either.run_dir / "k.db", KITCHEN)
    either.start_ovsdb_server(db="k.db", create=False)
    client(either).transact({"op": "insert", "table": "Types",
                             "row": {"i": 5, "iset1": 1, "s": "x", "simap": ["map", [["a", 1]]]}})
    return either


def client(server):
    return Client(server.run_dir / "db.sock")


def rows(client, *columns):
    return client.transact({"op": "select", "table": "Types", "where": [],
                            "columns": list(columns)})[0]["rows"]


def test_data_move_to_the_new_schema(server):
    new = schema(s=None, fresh={"key": "string"}, i={"key": "integer", "min": 0, "max": 5})
    assert client(server).call("convert", "Kitchen", new)["result"] == {}

    assert rows(client(server), "i", "fresh", "simap") == [
        {"i": 5, "fresh": "", "simap": ["map", [["a", 1]]]}
    ]
    assert client(server).call("get_schema", "Kitchen")["result"]["version"] == "2.0.0"
    # So they are on disk, and what comes after.
    client(server).transact({"op": "update", "table": "Types", "where": [], "row": {"fresh": "f"}})
    server.stop_all()
    server.start_ovsdb_server(db="k.db", create=False)
    assert rows(client(server), "i", "fresh") == [{"i": 5, "fresh": "f"}]


def test_rows_that_nothing_roots_any_more_go(server):
    root = {"op": "insert", "table": "Root", "row": {"name": "r", "a": 1}}
    client(server).transact(root)
    new = schema()
    new["tables"]["Root"]["isRoot"] = False
    assert client(server).call("convert", "Kitchen", new)["result"] == {}
    select = {"op": "select", "table": "Root", "where": [], "columns": ["name"]}
    assert client(server).transact(select) == [{"rows": []}]


@pytest.mark.parametrize(
    "params, error",
    [
        ([], ("syntax error", "array expected")),
        ([5], ("syntax error", "Parsing database schema failed: Object expected.")),
        ([{**SCHEMA, "name": "Other"}],
         ("invalid parameters",
          "new schema name (Other) does not match database name (Kitchen)")),
        ([schema(i="string")], ("syntax error", "expected string")),
        ([schema(i={"key": {"type": "integer", "maxInteger": 3}})],
         ("constraint violation", "5 is greater than maximum allowed value 3")),
    ],
)
def test_what_does_not_fit_changes_nothing(server, params, error):
    kept = client(server)
    kept.call("monitor", "Kitchen", "m", TYPES)
    reply = client(server).call("convert", "Kitchen", *params)
    assert (reply["error"]["error"], reply["error"]["details"]) == error
    assert rows(kept, "i") == [{"i": 5}] and not kept.notes
    assert client(server).call("get_schema", "Kitchen")["result"]["version"] == "1.2.3"


def test_the_servers_own_database_is_not_converted(ours):
    ours.start_ovsdb_server()
    own = Client(ours.run_dir / "db.sock")
    reply = own.call("convert", "_Server", own.call("get_schema", "_Server")["result"])
    assert reply["error"]["error"] == "not allowed"


def test_clients_are_told(server):
    aware, plain, waiting = (client(server) for _ in range(3))
    for one in (aware, waiting):
        one.call("set_db_change_aware", True)
    aware.call("monitor", "Kitchen", "m1", TYPES)
    aware.call("monitor", "_Server", "m2", {"Database": {"columns": ["schema"]}})
    plain.call("monitor", "Kitchen", "m1", TYPES)
    wait = {"op": "wait", "table": "Types", "where": [], "columns": ["i"], "until": "==",
            "rows": [{"i": 6}]}
    request = {"id": 9, "method": "transact", "params": ["Kitchen", wait]}
    waiting.sock.sendall(json.dumps(request).encode())
    waiting.call("echo")

    client(server).call("convert", "Kitchen", schema())
    # The peer leaves the old schema in its database _Server.
    notes = [aware.receive() for _ in range(2 if server.kind == "ours" else 1)]
    assert {"id": None, "method": "monitor_canceled", "params": ["m1"]} in notes
    for note in notes:
        if note["method"] == "update":
            (row,) = note["params"][1]["Database"].values()
            assert json.loads(row["new"]["schema"])["version"] == "2.0.0"
    message = waiting.receive()
    assert (message["id"], message["error"]) == (9, "canceled")
    with pytest.raises((EOFError, ConnectionError)):
        plain.receive()
    assert rows(aware, "i") == [{"i": 5}]
    aware.call("monitor", "Kitchen", "m1", TYPES)


def test_by_command(server):
    remote = f"unix:{server.run_dir}/db.sock"
    path = server.dir / "new.ovsschema"
    path.write_text(json.dumps(schema(fresh="string")))
    for needs in ("yes", "no"):
        assert server.ok("ovsdb-client", "needs-conversion", remote, path) == f"{needs}\n"
        assert server.ok("ovsdb-client", "convert", remote, path) == ""
    log = server.ok("ovsdb-tool", "show-log", server.run_dir / "k.db", "-m")
    assert '"converted by ovsdb-server"' in log


def test_remotes_of_rows_stay(either):
    either.start_ovsdb_server("--remote=db:Open_vSwitch,Open_vSwitch,manager_options")
    either.vsctl("--no-wait", "init", "--", "set-manager", f"punix:{either.run_dir}/extra")
    either.wait_for((either.run_dir / "extra").exists, "manager's socket")
    for _ in range(2):
        either.ok("ovsdb-client", "convert", f"unix:{either.run_dir}/db.sock", either.schema())
        either.ok("ovsdb-client", "list-dbs", f"unix:{either.run_dir}/extra")
    either.vsctl("--no-wait", "del-manager")
    either.wait_for(lambda: not (either.run_dir / "extra").exists(), "socket's end")
