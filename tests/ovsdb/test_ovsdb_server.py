"""ovsdb-server and ovsdb-tool: durability, file format, and agreement with a
peer (environment variable OVS_PEER: a wrapper that runs its programs)."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from lib.ovsdb import UUID, Client

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "kitchen.ovsschema")
BUILD = os.environ.get("OVS_BUILD", os.path.join(HERE, "../../build"))
PEER = os.environ.get("OVS_PEER")
needs_peer = pytest.mark.skipif(not PEER, reason="OVS_PEER is not set")


def program(name, peer=False):
    if peer:
        return [PEER, name]
    return [os.path.join(BUILD, "src", name)]


class Server:
    running = []

    def __init__(self, directory, peer=False, database=None):
        self.dir = str(directory)
        self.peer = peer
        os.makedirs(self.dir, exist_ok=True)
        self.env = dict(os.environ)
        for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR"):
            self.env["OVS_" + name] = self.dir
        self.db = database or os.path.join(self.dir, "k.db")
        if not os.path.exists(self.db):
            self.tool("create", self.db, SCHEMA)
        self.sock = os.path.join(self.dir, "db.sock")
        self.start()

    def tool(self, *args):
        return subprocess.run(
            program("ovsdb-tool", self.peer) + list(args), env=self.env,
            check=True, capture_output=True, text=True, timeout=20).stdout

    def appctl(self, *args):
        """A runtime command's output."""
        return subprocess.run(
            program("ovs-appctl", self.peer)
            + ["-t", os.path.join(self.dir, "ctl")] + list(args),
            env=self.env, check=True, capture_output=True, text=True,
            timeout=20).stdout

    def start(self):
        self.process = subprocess.Popen(
            program("ovsdb-server", self.peer)
            + ["--remote=punix:" + self.sock, "-vconsole:off",
               "--unixctl=" + os.path.join(self.dir, "ctl"), self.db],
            env=self.env)
        Server.running.append(self.process)
        for _ in range(200):
            try:
                Client(self.sock)
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("server does not start")

    def stop(self, signo=signal.SIGTERM):
        self.process.send_signal(signo)
        self.process.wait(10)


@pytest.fixture(autouse=True)
def no_servers_left():
    """Ends those that failed tests leave."""
    yield
    while Server.running:
        process = Server.running.pop()
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "ours")
    yield server
    server.stop()


def normalize(value):
    if isinstance(value, dict):
        pairs = [(UUID.sub("U", k), normalize(v)) for k, v in value.items()
                 if k not in ("_version", "_uuid")]
        return sorted(pairs, key=repr)
    if isinstance(value, list):
        items = [normalize(v) for v in value]
        return sorted(items, key=repr) if value and isinstance(
            value[0], dict) and "op" not in value[0] else items
    if isinstance(value, str):
        # Which of several unwanted members or rows is named has no order.
        value = re.sub(r"^-?\d+ is not one of", "V is not one of", value)
        value = re.sub(r"Member '\w+' and", "Member 'M' and", value)
        return UUID.sub("U", value)
    return value


def corpus():
    """Transactions, good and bad, generated from tables of parts."""
    def insert(table, **row):
        return {"op": "insert", "table": table, "row": row}

    values = [0, 1, -1, 5, 101, 1.5, True, "", "red", "123456789", None, {},
              [], ["set", []], ["set", [1]], ["set", [1, 2]],
              ["set", [1, 1]], ["set", ["a", "b"]], ["set", 1],
              ["map", []], ["map", [["a", 1]]], ["map", [["a", "b"]]],
              ["map", [[1, 2.5]]], ["map", [["a", 1], ["a", 2]]],
              ["uuid", "x"], ["named-uuid", "1x"], ["foo", 1]]
    columns = ["i", "ie", "iset", "iset1", "r", "bo", "s", "se", "sset", "u",
               "ssmap", "simap", "irmap", "oi", "os"]
    for column in columns:
        for value in values:
            yield [insert("Types", **{column: value})]
    everything = {"op": "select", "table": "Types", "where": []}
    for column in columns:
        for function in ("==", "!=", "<", ">=", "includes", "excludes", "~"):
            for value in (1, "red", ["set", []], ["map", [["a", "b"]]]):
                yield [dict(everything, where=[[column, function, value]],
                            columns=[column])]
        for mutator in ("+=", "/=", "%=", "insert", "delete", "x"):
            for value in (0, 2, "a", ["set", [1, 2]], ["map", [["a", "b"]]]):
                yield [{"op": "mutate", "table": "Types", "where": [],
                        "mutations": [[column, mutator, value]]},
                       dict(everything, columns=[column])]
    for op in ("select", "insert", "update", "mutate", "delete", "wait",
               "commit", "comment", "assert", "abort", "nope", 1):
        yield [{"op": op}]
        yield [{"op": op, "table": "Types"}]
        yield [{"op": op, "table": "Nope", "where": [], "row": {}}]
        yield [{"op": op, "table": "Types", "where": [], "x": 1}]
        yield [{"op": "comment", "comment": "c"}, {"op": op}, {"op": "abort"}]


@needs_peer
def test_corpus_gives_the_same_replies(server, tmp_path):
    peer = Server(tmp_path / "peer", peer=True)
    try:
        ours, theirs = Client(server.sock), Client(peer.sock)
        n = 0
        for ops in corpus():
            a, b = ours.transact(*ops), theirs.transact(*ops)
            assert normalize(a) == normalize(b), json.dumps(ops)
            n += 1
        assert n > 300
    finally:
        peer.stop()


@needs_peer
@pytest.mark.parametrize("writer_is_peer", [False, True])
def test_file_of_one_loads_in_the_other(tmp_path, writer_is_peer):
    writer = Server(tmp_path / "writer", peer=writer_is_peer)
    for ops in corpus():
        Client(writer.sock).transact(*ops)
    select = {"op": "select", "table": "Types", "where": []}
    before = Client(writer.sock).transact(select)
    writer.stop()
    reader = Server(tmp_path / "reader", peer=not writer_is_peer,
                    database=writer.db)
    after = Client(reader.sock).transact(select)
    reader.stop()
    assert before[0]["rows"]
    assert normalize(before) == normalize(after)


@needs_peer
def test_monitors_tell_the_same(server, tmp_path):
    peer = Server(tmp_path / "peer", peer=True)
    seen = []
    for one in (server, peer):
        client = Client(one.sock)
        table = {"Types": {"columns": ["i", "s", "iset"]}}
        cond = {"Types": {"columns": ["i", "iset"],
                          "where": [["i", "<", 50]]}}
        replies = [
            client.call("monitor", "Kitchen", "m1", table),
            client.call("monitor_cond", "Kitchen", "m2", cond),
            client.call("monitor_cond_since", "Kitchen", "m3", table,
                        "00000000-0000-0000-0000-000000000000")]
        for row in ({"i": 7}, {"iset": ["set", [1, 2]]}, {"i": 60},
                    {"iset": ["set", [2, 3]]}, {"i": 8, "s": "x"}):
            if row == {"i": 7}:
                client.transact({"op": "insert", "table": "Types",
                                 "row": row})
            else:
                client.transact({"op": "update", "table": "Types",
                                 "where": [], "row": row})
        client.call("monitor_cond_change", "m2", "m2",
                    {"Types": [{"where": [False]}]})
        client.transact({"op": "delete", "table": "Types", "where": []})
        for reply in replies:
            reply.pop("error"), reply.pop("id")
        seen.append(sorted(json.dumps(normalize(x))
                           for x in client.notes + replies))
    peer.stop()
    assert seen[0] == seen[1]


def test_kill_loses_no_durable_transaction(tmp_path):
    server = Server(tmp_path / "ours")
    expected = 0
    for _ in range(10):
        client = Client(server.sock)
        for _ in range(20):
            result = client.transact(
                {"op": "insert", "table": "Types", "row": {"oi": expected}},
                {"op": "commit", "durable": True})
            assert "uuid" in result[0]
            expected += 1
        request = {"method": "transact", "id": 1, "params": [
            "Kitchen", {"op": "insert", "table": "Types", "row": {}}]}
        client.sock.sendall(json.dumps(request).encode() * 50)
        server.stop(signal.SIGKILL)
        server.start()
        rows = Client(server.sock).transact(
            {"op": "select", "table": "Types", "where": [],
             "columns": ["oi"]})[0]["rows"]
        numbers = sorted(r["oi"] for r in rows if isinstance(r["oi"], int))
        assert numbers == list(range(expected))
    server.stop()


def test_torn_tail_is_cut(tmp_path):
    server = Server(tmp_path / "ours")
    for i in range(3):
        Client(server.sock).transact(
            {"op": "insert", "table": "Types", "row": {"oi": i}})
    server.stop()
    os.truncate(server.db, os.path.getsize(server.db) - 5)
    server.start()
    select = {"op": "select", "table": "Types", "where": []}
    rows = Client(server.sock).transact(select)[0]["rows"]
    server.stop()
    assert len(rows) == 2


def test_compact_keeps_rows(server):
    client = Client(server.sock)
    for i in range(5):
        client.transact({"op": "insert", "table": "Types",
                         "row": {"oi": i}})
    server.stop()
    server.tool("compact", server.db)
    assert server.tool("show-log", server.db).count("record") == 2
    server.start()
    select = {"op": "select", "table": "Types", "where": []}
    assert len(Client(server.sock).transact(select)[0]["rows"]) == 5


@pytest.mark.slow
def test_thousand_durable_transactions_survive_kills(tmp_path):
    server = Server(tmp_path / "ours")
    done = 0
    while done < 1000:
        client = Client(server.sock)
        for _ in range(50):
            client.transact(
                {"op": "insert", "table": "Types", "row": {"oi": done}},
                {"op": "commit", "durable": True})
            done += 1
        # In the middle of more, whose fate is open: all or nothing.
        for i in range(30):
            request = {"method": "transact", "id": "x", "params": [
                "Kitchen",
                {"op": "insert", "table": "Types", "row": {"s": str(i)}},
                {"op": "insert", "table": "Types", "row": {"s": str(i)}}]}
            client.sock.sendall(json.dumps(request).encode())
        server.stop(signal.SIGKILL)
        server.start()
        rows = Client(server.sock).transact(
            {"op": "select", "table": "Types", "where": [],
             "columns": ["oi", "s", "_uuid"]})[0]["rows"]
        assert sorted(r["oi"] for r in rows if not r["s"]) == \
            list(range(done))
        pairs = [r["s"] for r in rows if r["s"]]
        assert [s for s in set(pairs) if pairs.count(s) % 2] == []
    server.stop()


def test_runtime_commands(server):
    # The session that found the server alive may not have ended yet.
    memory = server.appctl("memory/show").replace(" sessions:1", "")
    assert memory == "atoms:14 cells:20 monitors:0 n-weak-refs:0\n"
    assert server.appctl("ovsdb-server/memory-trim-on-compaction", "on") == ""
    assert server.appctl("ovsdb-server/compact") == ""
    with pytest.raises(subprocess.CalledProcessError) as e:
        server.appctl("ovsdb-server/memory-trim-on-compaction", "x")
    assert "invalid argument" in e.value.stderr


def test_changes_in_the_log(ours):
    ours.start_ovsdb_server()
    ours.vsctl("--no-wait", "init")
    appctl = lambda *args: ours.appctl("-t", "ovsdb-server", *args)
    appctl("ovsdb-server/tlog-set", "Open_vSwitch:Bridge", "on")
    ours.vsctl("--no-wait", "add-br", "br0")
    ours.vsctl("--no-wait", "set", "bridge", "br0", "external_ids:a=b")
    ours.vsctl("--no-wait", "del-br", "br0")
    appctl("ovsdb-server/tlog-set", "Open_vSwitch:Bridge", "off")
    ours.vsctl("--no-wait", "add-br", "br1")
    lines = re.findall(r"\|transaction\|INFO\|(.*)", ours.log("ovsdb-server"))
    assert [line.split(",")[:2] for line in lines] == [
        ["table:Bridge", f"op:{op}"] for op in ("inserted", "updated", "deleted")]
    assert all(",name:br0" in line for line in lines)
    assert ",external_ids:{a=b}" in lines[1]


def test_monitor_restarts_a_killed_daemon(ours):
    path = ours.run_dir / "k.db"
    sock = str(ours.run_dir / "db.sock")
    pidfile = ours.run_dir / "ovsdb-server.pid"
    ours.ok("ovsdb-tool", "create", path, SCHEMA)
    ours.ok("ovsdb-server", "--detach", "--monitor", "--pidfile",
            "--log-file", "--no-chdir", f"--remote=punix:{sock}", path)
    client = Client(sock)
    client.transact({"op": "insert", "table": "Types", "row": {"oi": 1}})
    pid = int(pidfile.read_text())
    os.kill(pid, signal.SIGABRT)

    def is_back():
        try:
            return int(pidfile.read_text()) != pid and Client(sock)
        except (OSError, ValueError):
            return False

    ours.wait_for(is_back, "restart")
    rows = Client(sock).transact(
        {"op": "select", "table": "Types", "where": []})[0]["rows"]
    assert len(rows) == 1
    assert "killed (Aborted)" in ours.log("ovsdb-server")
    with open(f"/proc/{pidfile.read_text().strip()}/stat",
              encoding="ascii") as f:
        monitor = f.read().rsplit(")", 1)[1].split()[1]
    ours.ok("ovs-appctl", "-t", "ovsdb-server", "exit")
    ours.wait_for(lambda: not pidfile.exists()
                  and not os.path.exists(f"/proc/{monitor}/fd/0"), "end")


def test_exit_with_everything_open(server):
    """Ends in order with monitors, locks and waiting transactions: what leak
    checkers look at."""
    clients = [Client(server.sock) for _ in range(3)]
    for client in clients:
        client.call("monitor_cond", "Kitchen", "m", {"Types": {
            "columns": ["i"], "where": [["i", "<", 50]]}})
        client.call("lock", "l")
        request = {"method": "transact", "id": "w", "params": [
            "Kitchen", {"op": "wait", "table": "Types", "where": [],
                        "columns": ["i"], "until": "==",
                        "rows": [{"i": 99}]}]}
        client.sock.sendall(json.dumps(request).encode())
    clients[0].transact({"op": "insert", "table": "Types", "row": {"i": 1}})
    clients[0].transact({"op": "mutate", "table": "Types", "where": [],
                         "mutations": [["i", "/=", 0]]})
    clients[1].call("convert", "Kitchen", {})
    server.appctl("exit")
    assert server.process.wait(10) == 0
    server.start()
