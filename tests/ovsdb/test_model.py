"""Clients that send many transactions without waiting for replies, some of them
torn in the middle, to a server that is killed, compacted or stopped at any
moment.  Each transaction counts its client's and a common number up by one and
leaves a mark, so what is there afterwards tells which ones were done: for each
client the first so many, none in part, and all those that were answered.

OVS_MODEL_STEPS is the number of rounds, OVS_MODEL_SEED the seed."""

import json
import os
import random
import signal
import socket
import time

import pytest

from lib import peers
from lib.ovsdb import Client
from lib.suite import SANITIZED

STEPS = int(os.environ.get("OVS_MODEL_STEPS", "25"))
SEED = int(os.environ.get("OVS_MODEL_SEED", "1"))
WORKERS = 8
MIB = 1 << 20
SCHEMA = {
    "name": "Model", "version": "1.0.0", "tables": {
        "Sum": {"isRoot": True, "maxRows": 1, "columns": {"total": {"type": "integer"}}},
        "Worker": {"isRoot": True, "indexes": [["name"]], "columns": {
            "name": {"type": "string"}, "seq": {"type": "integer"},
            "marks": {"type": {"key": {"type": "uuid", "refTable": "Mark"}, "min": 0, "max": "unlimited"}},
            "first": {"type": {"key": {"type": "uuid", "refTable": "Mark", "refType": "weak"}, "min": 0, "max": 1}}}},
        "Mark": {"columns": {"name": {"type": "string"}, "number": {"type": "integer"}}}}}


class Worker:
    """A client that sends ahead; 'sent' and 'acked' count its transactions."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.seq = 0
        self.sock = None

    def request(self, number):
        where = [["name", "==", self.name]]
        mark = ["set", [["named-uuid", "mark"]]]
        change = {"op": "mutate", "table": "Worker", "where": where,
                  "mutations": [["seq", "+=", 1], ["marks", "insert", mark]]}
        operations = [
            {"op": "insert", "table": "Mark", "row": {"name": self.name, "number": number},
             "uuid-name": "mark"},
            change,
            {"op": "mutate", "table": "Sum", "where": [], "mutations": [["total", "+=", 1]]}]
        if number % 7 == 0:  # All marks but this go; the weak reference follows.
            operations += [{"op": "update", "table": "Worker", "where": where,
                            "row": {"marks": mark, "first": mark}}]
        return {"method": "transact", "params": ["Model", *operations], "id": number}

    def wrong(self, rand):
        """A request that must not count."""
        good = self.request(-1)
        good["params"].append(rand.choice([
            {"op": "abort"}, {"op": "nonsense"}, {"op": "assert", "lock": "nobodys"},
            {"op": "insert", "table": "Sum", "row": {}},
            {"op": "insert", "table": "Worker", "row": {"name": self.name}},
            {"op": "update", "table": "Worker", "where": [],
             "row": {"marks": ["uuid", "00000000-0000-0000-0000-000000000001"]}}]))
        return good

    def send(self, rand):
        """Sends some transactions at once, perhaps a torn one at the end."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.world.socket))
        n = rand.choice([1, 3, 20, 60])
        texts = []
        for number in range(self.seq + 1, self.seq + n + 1):
            texts.append(json.dumps(self.request(number)))
            if rand.random() < 0.1:
                texts.append(json.dumps(self.wrong(rand)))
        data = "".join(texts).encode()
        self.sent, self.acked = self.seq + n, self.seq
        self.torn = rand.random() < 0.3
        if self.torn:
            data = data[:rand.randrange(len(data))]
        self.sock.sendall(data)
        if self.torn and rand.random() < 0.5:
            self.sock.shutdown(socket.SHUT_WR)

    def read(self, wait_for_all):
        """Takes replies, all or what is there after the server's end."""
        decoder, text = json.JSONDecoder(), ""
        while not wait_for_all or self.acked < self.sent:
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionResetError:
                continue
            if not data:
                break
            text += data.decode()
            while text:
                try:
                    message, size = decoder.raw_decode(text)
                except ValueError:
                    break
                text = text[size:]
                self.took(message)
        self.sock.close()

    def took(self, message):
        failed = any(result and "error" in result for result in message["result"])
        assert failed == (message["id"] == -1), message
        if not failed:
            assert message["id"] == self.acked + 1
            self.acked += 1


class World:
    def __init__(self, suite, seed):
        self.suite, self.rand = suite, random.Random(seed)
        self.socket = suite.run_dir / "db.sock"
        path = suite.run_dir / "model.ovsschema"
        path.write_text(json.dumps(SCHEMA))
        suite.ok("ovsdb-tool", "create", suite.run_dir / "m.db", path)
        self.workers = [Worker(self, f"w{i}") for i in range(WORKERS)]
        self.start()
        rows = [{"op": "insert", "table": "Worker", "row": {"name": w.name}} for w in self.workers]
        Client(self.socket).call("transact", "Model", {"op": "insert", "table": "Sum", "row": {}}, *rows)

    def start(self):
        self.server = self.suite.start_ovsdb_server(db="m.db", create=False)

    def end(self, how):
        self.server.send_signal(how)
        self.server.wait()
        self.suite.processes.remove(self.server)
        for worker in self.workers:
            worker.read(wait_for_all=False)
        self.start()

    def finish(self):
        """Nobody is in a hurry: everything that was sent is done."""
        for worker in self.workers:
            if worker.torn:
                worker.sock.close()
            else:
                worker.read(wait_for_all=True)
                assert worker.acked == worker.sent

    def round(self):
        watcher = Watcher(self)
        for worker in self.workers:
            worker.send(self.rand)
        what = self.rand.choice(["kill", "kill", "stop", "compact", "finish"])
        time.sleep(self.rand.choice([0, 0, 0.001, 0.005, 0.02]))
        if what == "kill":
            self.end(signal.SIGKILL)
        elif what == "stop":
            self.end(signal.SIGTERM)
        else:
            if what == "compact":
                self.suite.appctl("-t", "ovsdb-server", "ovsdb-server/compact")
            self.finish()
            # Nothing else is under way once all of the torn ones are read.
            self.suite.wait_for(self.is_quiet, "quiet")
            watcher.check()
        self.check()

    def counts(self):
        select = {"op": "select", "table": "Sum", "where": []}
        return Client(self.socket).call("transact", "Model", select)["result"][0]["rows"][0]["total"]

    def is_quiet(self):
        before = self.counts()
        time.sleep(0.02)
        return before == self.counts()

    def check(self):
        selects = [{"op": "select", "table": table, "where": []} for table in ("Sum", "Worker", "Mark")]
        sums, workers, marks = (
            result["rows"] for result in Client(self.socket).call("transact", "Model", *selects)["result"])
        found = {row["name"]: row for row in workers}
        marks = {row["_uuid"][1]: row for row in marks}
        for worker in self.workers:
            row = found[worker.name]
            assert worker.acked <= row["seq"] <= worker.sent, (worker.name, worker.acked, row, worker.sent)
            worker.seq = row["seq"]
            held = row["marks"][1] if row["marks"][0] == "set" else [row["marks"]]
            kept = worker.seq - worker.seq // 7 * 7 + (1 if worker.seq >= 7 else 0)
            numbers = sorted(marks.pop(uuid)["number"] for _, uuid in held)
            assert numbers == list(range(worker.seq - kept + 1, worker.seq + 1))
            assert (row["first"] == ["set", []]) == (worker.seq < 7)
        assert not marks
        assert sums[0]["total"] == sum(worker.seq for worker in self.workers)


class Watcher:
    """A monitor of one of the three versions: no number is left out."""

    def __init__(self, world):
        self.world = world
        self.client = Client(world.socket)
        method, *more = world.rand.choice([
            ["monitor"], ["monitor_cond"],
            ["monitor_cond_since", "00000000-0000-0000-0000-000000000000"]])
        reply = self.client.call(method, "Model", "m", {"Sum": {"columns": ["total"]}}, *more)
        assert reply["error"] is None
        self.totals = []

    def check(self):
        self.client.call("echo")
        totals = []
        for note in self.client.notes:
            ((row,),) = ([*rows.values()] for rows in note["params"][-1].values())
            totals.append(row.get("modify", row.get("new"))["total"])
        assert totals == sorted(set(totals))
        assert not totals or totals[-1] == self.world.counts()


@pytest.mark.parametrize("number", range(2))
def test_what_was_answered_is_there(ours, number):
    seed = SEED * 1000 + number
    print(f"OVS_MODEL_SEED={SEED}")
    world = World(ours, seed)
    for _ in range(STEPS):
        world.round()
    # A record that the kill tore is complained of, and nothing else.
    errors = [line for line in ours.log("ovsdb-server").splitlines()
              if "|EMER|" in line or ("|ERR|" in line and "|ovsdb_file|" not in line)]
    assert not errors
    if not SANITIZED:
        assert peers.rss(world.server.pid) < 50 * MIB
