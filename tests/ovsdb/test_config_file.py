"""ovsdb-server --config-file: what is served, from a file that may change."""

import json

import pytest

from lib.ovsdb import KITCHEN, Client


@pytest.fixture
def server(ours):
    """Files k.db and o.db, and a function that starts the server with a
    configuration."""
    schema = json.loads(KITCHEN.read_text())
    for file, name in (("k.db", "Kitchen"), ("o.db", "Other")):
        path = ours.dir / f"{name}.ovsschema"
        path.write_text(json.dumps({**schema, "name": name}))
        ours.ok("ovsdb-tool", "create", ours.run_dir / file, path)
    return ours


def configure(server, config):
    (server.dir / "config.json").write_text(
        config if isinstance(config, str) else json.dumps(config))


def start(server, config):
    configure(server, config)
    server.start("ovsdb-server", f"--config-file={server.dir}/config.json", "--log-file",
                 "--pidfile", f"--unixctl={server.run_dir}/ctl", "-vconsole:off")
    server.wait_for((server.run_dir / "ctl").exists, "server")


def appctl(server, *args):
    return server.run("ovs-appctl", "-t", server.run_dir / "ctl", *args)


def reload(server, config):
    configure(server, config)
    return appctl(server, "ovsdb-server/reload")


def dbs(server, sock="db.sock"):
    return Client(server.run_dir / sock).call("list_dbs")["result"]


BOTH = {"remotes": {"punix:db.sock": {}}, "databases": {"k.db": {}, "o.db": {}}}


def test_what_it_names_is_served(server):
    start(server, BOTH)
    assert dbs(server) == ["Kitchen", "Other", "_Server"]
    kept = Client(server.run_dir / "db.sock")
    kept.call("set_db_change_aware", True)
    kept.call("monitor", "Kitchen", "m", {"Types": {}})

    assert reload(server, {"remotes": {"punix:db.sock": {}, "punix:more.sock": {}},
                           "databases": {"k.db": {"service-model": "standalone"}}}).code == 0
    assert dbs(server) == dbs(server, "more.sock") == ["Kitchen", "_Server"]
    # Who uses what stays is not disturbed.
    assert kept.call("list_dbs")["result"] == ["Kitchen", "_Server"] and not kept.notes
    assert reload(server, {"remotes": {"punix:more.sock": {}}, "databases": {}}).code == 0
    assert dbs(server, "more.sock") == ["_Server"]
    assert not (server.run_dir / "db.sock").exists()


def test_remotes_have_options(server):
    remotes = {"punix:db.sock": {"read-only": True},
               "punix:rw.sock": {"inactivity-probe": 0, "max-backoff": 9000, "dscp": 8}}
    start(server, {"remotes": remotes, "databases": {"k.db": {}}})
    insert = {"op": "insert", "table": "Types", "row": {"i": 1, "iset1": 1}}
    read_only = Client(server.run_dir / "db.sock")
    assert read_only.transact(insert)[0]["error"] == "not allowed"
    assert "uuid" in Client(server.run_dir / "rw.sock").transact(insert)[0]
    remotes["punix:db.sock"]["read-only"] = False
    assert reload(server, {"remotes": remotes, "databases": {"k.db": {}}}).code == 0
    assert "uuid" in read_only.transact(insert)[0]


def test_relays_and_backups(server, nodes):
    source = nodes("ours")
    source.insert(5)
    relay = {"service-model": "relay", "source": {source.remote: {"inactivity-probe": 3000}}}
    backup = {"service-model": "active-backup", "backup": True, "source": {source.remote: {}},
              "exclude-tables": ["Need"]}
    remotes = {"punix:db.sock": {}}

    def numbers():
        select = {"op": "select", "table": "Types", "where": [], "columns": ["i"]}
        try:
            reply = Client(server.run_dir / "db.sock").call("transact", "Kitchen", select)
        except (EOFError, ConnectionError):
            # Clients come again when the relay has got its schema.
            return None
        return reply.get("result") and [row["i"] for row in reply["result"][0]["rows"]]

    def insert():
        row = {"op": "insert", "table": "Types", "row": {"i": 7, "iset1": 1}}
        return Client(server.run_dir / "db.sock").transact(row)[0]

    start(server, {"remotes": remotes, "databases": {"Kitchen": relay}})
    server.wait_for(lambda: numbers() == [5], "relay")
    assert reload(server, {"remotes": remotes, "databases": {"k.db": backup}}).code == 0
    server.wait_for(lambda: numbers() == [5], "backup")
    assert insert()["error"] == "not allowed"
    backup["backup"] = False
    assert reload(server, {"remotes": remotes, "databases": {"k.db": backup}}).code == 0
    assert "uuid" in insert()


@pytest.mark.parametrize(
    "config, error",
    [
        ("{", "config.json"),
        ("[]", "Parsing configuration file failed"),
        ({"remote": {}}, "Parsing configuration file failed"),
        ({"databases": {"k.db": {"service-model": "x"}}}, "database k.db: unknown service model"),
        ({"databases": {"k.db": {"service-model": "clustered"}}}, "not supported yet"),
        ({"databases": {"D": {"service-model": "relay"}}}, "a relay needs a source"),
        ({"databases": {"k.db": {"source": {"tcp:1.2.3.4": {}}}}}, "only relays"),
        ({"databases": {"nosuch.db": {}}}, "nosuch.db"),
        ({"remotes": {"punix:x": {"inactivity-probe": -1}}}, "between 0 and"),
        ({"remotes": {"punix:x": {"probe": 1}}}, "Parsing remote punix:x failed"),
        ({"remotes": {"punix:/nosuch/x": {}}}, "punix:/nosuch/x: listen failed"),
    ],
)
def test_errors(server, config, error):
    configure(server, config)
    result = server.run("ovsdb-server", f"--config-file={server.dir}/config.json")
    assert result.code == 1 and error in result.err, result

    # A file that makes no sense changes nothing.
    start(server, BOTH)
    result = reload(server, config)
    assert result.code == 2 and error in result.err
    if "Parsing" in error or "database" in error:
        assert dbs(server) == ["Kitchen", "Other", "_Server"]
    assert reload(server, BOTH).code == 0
    assert dbs(server) == ["Kitchen", "Other", "_Server"]


@pytest.mark.parametrize("args", [["--remote=punix:x"], ["--sync-from=tcp:1.2.3.4"], ["--active"],
                                  ["--no-dbs"], ["k.db"]])
def test_nothing_else_says_what_is_served(server, args):
    configure(server, BOTH)
    result = server.run("ovsdb-server", f"--config-file={server.dir}/config.json", *args)
    assert result.code == 1 and "mutually exclusive" in result.err


def test_commands_do_not_contradict_it(server):
    start(server, BOTH)
    for command in (["add-remote", "punix:x"], ["remove-remote", "punix:db.sock"],
                    ["add-db", "k.db"], ["remove-db", "Kitchen"]):
        result = appctl(server, f"ovsdb-server/{command[0]}", *command[1:])
        assert result.code == 2 and "configuration file" in result.err
    assert dbs(server) == ["Kitchen", "Other", "_Server"]


def test_reload_without_a_file(ours):
    ours.start_ovsdb_server()
    result = ours.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/reload")
    assert result.code == 2 and "--config-file" in result.err
