"""Role-based access control: what clients of a remote with a role may do."""

import json
import socket
import ssl

import pytest

from lib.keys import options, wrap
from lib.ovsdb import Client

STRINGS = {"type": {"key": "string", "min": 0, "max": "unlimited"}}
MAP = {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}}


def ref(table, **more):
    return {"type": "uuid", "refTable": table, **more}


SCHEMA = {
    "name": "R", "version": "1.0.0", "tables": {
        "Root": {"isRoot": True, "columns": {
            "conns": {"type": {"key": ref("Conn"), "min": 0, "max": "unlimited"}}}},
        "Conn": {"columns": {"target": {"type": "string"}, "role": {"type": "string"}}},
        "RBAC_Role": {"isRoot": True, "columns": {
            "name": {"type": "string"},
            "permissions": {"type": {"key": "string", "min": 0, "max": "unlimited",
                                     "value": ref("RBAC_Permission", refType="weak")}}}},
        "RBAC_Permission": {"isRoot": True, "columns": {
            "table": {"type": "string"}, "authorization": STRINGS,
            "insert_delete": {"type": "boolean"}, "update": STRINGS}},
        "T": {"isRoot": True, "columns": {
            "name": {"type": "string"}, "a": {"type": "integer"}, "m": MAP, "s": STRINGS}},
        "U": {"isRoot": True, "columns": {"name": {"type": "string"}, "a": {"type": "integer"}}},
        "V": {"isRoot": True, "columns": {"name": {"type": "string"}}},
    },
}


def insert(into, **row):
    return {"op": "insert", "table": into, "row": row}


def where(name):
    return [["name", "==", name]] if name else []


def update(table, which, **row):
    return {"op": "update", "table": table, "where": where(which), "row": row}


def mutate(name, *mutation):
    return {"op": "mutate", "table": "T", "where": where(name), "mutations": [list(mutation)]}


def delete(table, name):
    return {"op": "delete", "table": table, "where": where(name)}


# Operations, and whether the client "switch" may do them.
OPERATIONS = [
    (insert("T", name="switch"), True),
    (insert("T", name="new"), False),
    (insert("U", name="switch"), False),
    (insert("V", name="switch"), False),
    (insert("RBAC_Role", name="mine"), False),
    (update("T", "switch", a=5), True),
    (update("T", "owned", a=5), True),
    (update("T", "foreign", a=5), False),
    (update("T", None, a=5), False),
    (update("T", "switch", name="q"), False),
    (update("T", "switch", m=["map", [["x", "1"]]]), False),
    (update("U", None, a=9), True),
    (update("U", None, name="z"), False),
    (update("V", "nobody", name="z"), False),
    (mutate("switch", "a", "+=", 1), True),
    (mutate("switch", "s", "insert", "k"), True),
    (mutate("switch", "m", "insert", ["map", [["x", "2"]]]), False),
    (mutate("foreign", "a", "+=", 1), False),
    (delete("T", "switch"), True),
    (delete("T", "foreign"), False),
    (delete("T", None), False),
    (delete("U", None), False),
    (delete("V", "nobody"), False),
    ({"op": "select", "table": "V", "where": [], "columns": ["name"]}, True),
]
WORDS = {"insert": "row insertion into table", "update": "modification of table",
         "mutate": "mutate operation on table", "delete": "row deletion from table"}


class StreamClient(Client):
    """A client over a connection that is there."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer, self.id, self.notes = "", 0, []


def tls_client(keys, port):
    sock = socket.create_connection(("127.0.0.1", port), 10)
    return StreamClient(wrap(sock, keys.switch, keys.controllers.cert))


def plain_client(port):
    return StreamClient(socket.create_connection(("127.0.0.1", port), 10))


@pytest.fixture
def server(either, keys):
    """A server with rules; 'ports' of its remotes with a role."""
    schema = either.dir / "schema"
    schema.write_text(json.dumps(SCHEMA))
    either.ok("ovsdb-tool", "create", either.run_dir / "r.db", schema)
    either.start_ovsdb_server("--remote=db:R,Root,conns", db="r.db", create=False,
                              *options(keys.controller, keys.switches.cert))
    permissions = [
        {**insert("RBAC_Permission", table="T", authorization=["set", ["name", "m:owner"]],
                  insert_delete=True, update=["set", ["a", "m:x", "s"]]), "uuid-name": "t"},
        {**insert("RBAC_Permission", table="U", authorization=["set", [""]],
                  insert_delete=False, update=["set", ["a"]]), "uuid-name": "u"},
        insert("RBAC_Role", name="role0", permissions=[
            "map", [["T", ["named-uuid", "t"]], ["U", ["named-uuid", "u"]]]]),
    ]
    rows = [
        insert("T", name="switch", a=1), insert("T", name="foreign"),
        insert("T", name="owned", m=["map", [["owner", "switch"]]]),
        insert("U", name="u"), insert("V", name="v"),
        {**insert("Conn", target="pssl:0:127.0.0.1", role="role0"), "uuid-name": "tls"},
        {**insert("Conn", target="ptcp:0:127.0.0.1", role="role0"), "uuid-name": "plain"},
        insert("Root", conns=["set", [["named-uuid", "tls"], ["named-uuid", "plain"]]]),
    ]
    client = Client(either.run_dir / "db.sock")
    assert not client.call("transact", "R", *permissions, *rows)["error"]

    def ports():
        client.call("echo")  # The peer looks at rows when it has something to do.
        log = either.log("ovsdb-server")
        return [int(line.rsplit(" ", 1)[1]) for line in log.splitlines() if "on port" in line]

    either.wait_for(lambda: len(ports()) == 2, "remotes")
    either.ports = ports()
    return either


def connect(server, keys):
    """The client with the certificate, and the one without."""
    try:
        return tls_client(keys, server.ports[0]), plain_client(server.ports[1])
    except (ssl.SSLError, TimeoutError, ConnectionError):
        return tls_client(keys, server.ports[1]), plain_client(server.ports[0])


def test_what_is_not_permitted_is_refused(server, keys):
    switch, stranger = connect(server, keys)
    for operation, allowed in OPERATIONS:
        refusal = {
            "error": "permission error",
            "details": 'RBAC rules for client "%s" role "role0" prohibit '
                       f'{WORDS.get(operation["op"])} "{operation["table"]}".',
        }
        result = switch.call("transact", "R", operation)["result"][0]
        if allowed:
            assert "error" not in result, (operation, result)
        else:
            assert result == {**refusal, "details": refusal["details"] % "switch"}
        result = stranger.call("transact", "R", operation)["result"][0]
        if operation["op"] == "select":
            assert "rows" in result
        else:
            assert result == {**refusal, "details": refusal["details"] % "(null)"}


def test_ovsdb_tool(server):
    server.stop_all()
    for command in ("query", "transact"):
        out = server.ok("ovsdb-tool", "--rbac-role=role0", command, server.run_dir / "r.db",
                        json.dumps(["R", delete("V", "v")]))
        assert json.loads(out)[0]["error"] == "permission error"
    out = server.ok("ovsdb-tool", "query", server.run_dir / "r.db",
                    json.dumps(["R", delete("V", "v")]))
    assert json.loads(out)[0] == {"count": 1}


def test_conversion_takes_more_than_a_role(server, keys):
    if server.kind != "ours":
        pytest.skip("the peer lets it pass")
    switch, _ = connect(server, keys)
    reply = switch.call("convert", "R", {**SCHEMA, "version": "2.0.0"})
    assert reply["error"]["error"] == "permission error"


def test_relay_checks_before_it_passes_on(server, keys, tmp_path):
    if server.kind != "ours":
        pytest.skip("ours only")
    config = {
        "remotes": {"pssl:0:127.0.0.1": {"role": "role0"}},
        "databases": {"R": {"service-model": "relay",
                            "source": {f"unix:{server.run_dir}/db.sock": {}}}},
    }
    path = tmp_path / "relay.json"
    path.write_text(json.dumps(config))
    log = tmp_path / "relay.log"
    server.start("ovsdb-server", f"--config-file={path}", f"--log-file={log}", "-vconsole:off",
                 f"--unixctl={tmp_path}/relay.ctl",
                 *options(keys.controller, keys.switches.cert))
    server.wait_for(lambda: log.exists() and "following" in log.read_text()
                    and "on port" in log.read_text(), "relay")
    line = next(line for line in log.read_text().splitlines() if "on port" in line)
    switch = tls_client(keys, int(line.rsplit(" ", 1)[1]))
    result = switch.call("transact", "R", update("T", "foreign", a=5))["result"][0]
    assert result["error"] == "permission error"
    result = switch.call("transact", "R", update("T", "switch", a=77))["result"][0]
    assert result == {"count": 1}
    source = Client(server.run_dir / "db.sock")
    select = {"op": "select", "table": "T", "where": [["a", "==", 77]], "columns": ["name"]}
    assert source.call("transact", "R", select)["result"] == [{"rows": [{"name": "switch"}]}]


def test_columns_of_other_types_say_nothing(ours, keys):
    """What looks like rules or options, but has other types."""
    integers = {"type": {"key": "integer", "min": 0, "max": "unlimited"}}
    schema = json.loads(json.dumps(SCHEMA))
    tables = schema["tables"]
    tables["RBAC_Permission"]["columns"] |= {"authorization": integers, "update": integers,
                                             "insert_delete": STRINGS}
    tables["Conn"]["columns"]["other_config"] = STRINGS
    path = ours.dir / "schema"
    path.write_text(json.dumps(schema))
    ours.ok("ovsdb-tool", "create", ours.run_dir / "r.db", path)
    ours.start_ovsdb_server("--remote=db:R,Root,conns", db="r.db", create=False,
                            *options(keys.controller, keys.switches.cert))
    client = Client(ours.run_dir / "db.sock")
    reply = client.call(
        "transact", "R",
        {**insert("RBAC_Permission", table="T", authorization=1, update=1,
                  insert_delete="x"), "uuid-name": "t"},
        insert("RBAC_Role", name="role0", permissions=["map", [["T", ["named-uuid", "t"]]]]),
        insert("T", name="switch"),
        {**insert("Conn", target="pssl:0:127.0.0.1", role="role0", other_config="dscp"),
         "uuid-name": "c"},
        insert("Root", conns=["named-uuid", "c"]))
    assert not any("error" in result for result in reply["result"])
    ours.wait_for(lambda: "on port" in ours.log("ovsdb-server"), "remote")
    line = next(line for line in ours.log("ovsdb-server").splitlines() if "on port" in line)
    switch = tls_client(keys, int(line.rsplit(" ", 1)[1]))
    for operation in (insert("T", name="switch"), update("T", "switch", a=1),
                      delete("T", "switch")):
        result = switch.call("transact", "R", operation)["result"][0]
        assert result["error"] == "permission error"
