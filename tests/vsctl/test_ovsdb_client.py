"""ovsdb-client: each test runs on our programs and, with OVS_PEER, on the
peer's, whose output must be the same but for UUIDs."""

import re
import subprocess

import pytest

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INVALID = "invalid syntax for '%s' (use --help for help)"


def plain(text):
    """'text' with "UUID" in the place of UUIDs."""
    return UUID.sub("UUID", text)


@pytest.fixture
def server(either):
    """The server's suite, with bridge br0 in the database."""
    either.start_ovsdb_server()
    either.vsctl("--no-wait", "init", "--", "add-br", "br0")
    return either


def restore(suite, backup, *options):
    """Restores the text 'backup' from a file; returns a finished process."""
    path = suite.dir / "backup.db"
    path.write_text(backup)
    with open(path) as file:
        return subprocess.run(suite.argv("ovsdb-client", *options, "restore"),
                              env=suite.env, stdin=file, capture_output=True,
                              text=True, timeout=10)


def detach(suite, *args):
    """Starts a detached client; returns its output file and a function that
    runs its runtime commands."""
    out = suite.dir / "client.out"
    pidfile = suite.run_dir / "client.pid"
    command = suite.argv("ovsdb-client", "--detach", f"--pidfile={pidfile}", *args)
    with open(out, "wb") as file:
        subprocess.run(command, env=suite.env, stdout=file, stderr=file,
                       stdin=subprocess.DEVNULL, check=True, timeout=10)
    control = suite.run_dir / f"ovsdb-client.{pidfile.read_text().strip()}.ctl"
    return out, lambda *words: suite.appctl("-t", control, *words)


def finish(suite, out, call):
    call("exit")
    suite.wait_for(lambda: not (suite.run_dir / "client.pid").exists(), "exit")
    return plain(out.read_text())


def change(suite):
    vsctl = lambda *args: suite.vsctl("--no-wait", *args)
    vsctl("set", "Bridge", "br0", "external_ids:a=5")
    vsctl("add-br", "br9")
    vsctl("del-br", "br9")
    vsctl("remove", "Bridge", "br0", "external_ids", "a")


CSV_INITIAL = "row,action,name,external_ids\nUUID,initial,br0,{}\n"
CSV_CHANGES = {
    "monitor": [
        'UUID,old,,{}\n,new,br0,"{a=""5""}"\n',
        "UUID,insert,br9,{}\n",
        "UUID,delete,br9,{}\n",
        'UUID,old,,"{a=""5""}"\n,new,br0,{}\n',
    ],
    "monitor-cond": [
        'UUID,modify,,"{a=""5""}"\n',
        "UUID,insert,br9,\n",
        "UUID,delete,,\n",
        'UUID,modify,,"{a=""5""}"\n',
    ],
}


@pytest.mark.parametrize("command", ["monitor", "monitor-cond", "monitor-cond-since"])
def test_monitor(server, command):
    condition = [] if command == "monitor" else ["[]"]
    out, call = detach(server, "-f", "csv", command, *condition, "Bridge",
                       "name,external_ids")
    change(server)
    expected = CSV_CHANGES["monitor" if command == "monitor" else "monitor-cond"]
    server.wait_for(lambda: out.read_text().count("row,") == 5, "all changes")
    text = finish(server, out, call)
    heading = "row,action,name,external_ids\n"
    if command != "monitor":
        # Columns that have their default are left out.
        initial = "row,action,name,external_ids\nUUID,initial,br0,\n"
    else:
        initial = CSV_INITIAL
    if command == "monitor-cond-since":
        initial = "found: false, last_id: UUID\n" + initial
        before = "\nlast_id: UUID\n"
    else:
        before = "\n"
    assert text == initial + "".join(before + heading + e for e in expected)


def test_cond_change(server):
    server.vsctl("--no-wait", "add-br", "br1")
    out, call = detach(server, "-f", "csv", "monitor-cond",
                       '[["name","==","br0"]]', "Bridge", "name")
    assert call("ovsdb-client/cond_change", "Bridge", '[["name","!=","x"]]') \
        == "condition changed\n"
    server.wait_for(lambda: "br1" in out.read_text(), "br1")
    assert finish(server, out, call) == (
        "row,action,name\nUUID,initial,br0\n\nrow,action,name\nUUID,insert,br1\n"
    )


def test_lock(server):
    out, call = detach(server, "lock", "x")
    call("unlock", "x")
    call("lock", "y")
    server.wait_for(lambda: out.read_text().count("\n") == 3, "replies")
    assert server.run("ovsdb-client", "-t1", "steal", "y").out == '{"locked":true}\n'
    server.wait_for(lambda: "locked\n" in out.read_text(), "lock is back")
    assert finish(server, out, call) == (
        '{"locked":true}\n{}\n{"locked":true}\nstolen\n["y"]\nlocked\n["y"]\n'
    )


@pytest.mark.parametrize(
    "args, error",
    [
        (["monitor", "Nope"], '{S}: Open_vSwitch does not have a table named "Nope"'),
        (["monitor-cond", "[]", "Nope"],
         'Open_vSwitch does not have a table named "Nope"'),
        (["monitor-cond", "[]", "Bridge", "nope"],
         '{S}: table "Bridge" in Open_vSwitch does not have a column named "nope"'),
        (["monitor", "Bridge", "name", "!initial"],
         '{S}: column "name" mentioned multiple times'),
        (["monitor-cond", '[["nope","==",1]]', "Bridge"],
         'syntax "["nope","==",1]": unknown column: No column nope in table Bridge.'),
        (["monitor-cond", "xx", "Bridge"],
         '"xx": line 0, column 2, byte 2: invalid keyword \'xx\''),
        (["monitor-cond"], INVALID % "monitor-cond"),
        (["monitor-cond", "[]"], INVALID % "monitor-cond"),
        (["monitor-cond-since"], INVALID % "monitor-cond-since"),
        (["wait", "Open_vSwitch"], INVALID % "wait"),
        (["wait", "Open_vSwitch", "gone"], "gone: unknown state"),
        (["lock", "a", "b"], INVALID % "lock"),
        (["list-dbs", "unix:/nope"],
         'failed to connect to "unix:/nope" (No such file or directory)'),
        (["nope"], "unknown command 'nope'; use --help for help"),
    ],
)
def test_errors(server, args, error):
    result = server.run("ovsdb-client", *args)
    name = f"unix:{server.run_dir}/db.sock"
    assert result.err == "ovsdb-client: " + error.replace("{S}", name) + "\n"
    assert (result.code, result.out) == (1, "")


@pytest.mark.parametrize(
    "options",
    [["--db-change-aware"], ["--no-db-change-aware"], ["--force"], ["--detach"],
     ["--ssl-protocols=TLSv1.2"]],
)
def test_options_without_effect(server, options):
    assert server.ok("ovsdb-client", *options, "list-dbs") == "Open_vSwitch\n_Server\n"


def test_wait(server):
    for args in (["Open_vSwitch", "added"], ["Open_vSwitch", "connected"],
                 ["Nope", "removed"]):
        assert server.ok("ovsdb-client", "-t10", "wait", *args) == ""
    assert server.run("ovsdb-client", "-t1", "wait", "Nope", "added").code in (-14, 142)


def test_keys_matter_only_where_used(ours):
    ours.start_ovsdb_server()
    ours.ok("ovsdb-client", "-p", "k", "-c", "c", "-C", "ca", "list-dbs")
    ours.ok("ovs-vsctl", "--no-wait", "--private-key=k", "--certificate=c",
            "--ca-cert=ca", "--peer-ca-cert=p", "--bootstrap-ca-cert=b", "init")
    result = ours.run("ovsdb-client", "list-dbs", "ssl:127.0.0.1:1")
    assert result.code == 1
    assert "Private key must be configured" in result.err


def test_backup_and_restore(server):
    server.vsctl("--no-wait", "add-port", "br0", "p1", "--", "set", "Bridge", "br0",
                 "external_ids:a=5", "--", "--id=@m", "create", "Mirror", "name=m",
                 "--", "set", "Bridge", "br0", "mirrors=@m")
    before = server.vsctl("show")
    backup = server.ok("ovsdb-client", "backup")
    server.vsctl("--no-wait", "del-br", "br0", "--", "add-br", "other")
    assert restore(server, backup).returncode == 0
    assert sorted(plain(server.vsctl("show")).splitlines()) \
        == sorted(plain(before).splitlines())
    assert server.vsctl("get", "Bridge", "br0", "external_ids") == '{a="5"}\n'
    assert server.vsctl("get", "Bridge", "br0", "mirrors") != "[]\n"
    cut = restore(server, backup[:300])
    assert cut.returncode == 1
    assert "/dev/stdin: error reading" in cut.stderr


def test_restore_of_another_schema(server):
    schema = server.dir / "s.ovsschema"
    schema.write_text('{"name":"Open_vSwitch","version":"1.0.0","tables":'
                      '{"Nope":{"columns":{"a":{"type":"string"}}}}}')
    server.ok("ovsdb-tool", "create", server.dir / "s.db", schema)
    backup = (server.dir / "s.db").read_text()
    version = UUID.sub("", server.ok("ovsdb-client", "get-schema-version")).strip()
    differ = (f'backup schema has version "1.0.0" but database schema has '
              f'version "{version}"')
    result = restore(server, backup)
    assert result.returncode == 1
    assert result.stderr == (
        f"ovsdb-client: {differ} (use --force to override differences, or "
        '"ovsdb-client convert" to change the schema)\n')
    result = restore(server, backup, "--force")
    assert result.returncode == 1
    assert differ in result.stderr
    assert "server returned error reply: " in result.stderr
    assert "No table named Nope." in result.stderr
