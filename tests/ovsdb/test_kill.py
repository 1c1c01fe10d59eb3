"""kill -9 of either daemon in the middle of a thousand transactions: what was
committed is there, everybody else goes on by himself."""

import random
import subprocess
import threading
import time

from lib.ovsdb import Client

N_PORTS = 60
LAST = f"p{N_PORTS - 1}"
DUMMY = ("--enable-dummy=override", "--disable-system", "--disable-system-route")


class Killer(threading.Thread):
    """Kills and restarts daemons at moments of its seed, until told to stop."""

    def __init__(self, suite, restart, index, pauses):
        super().__init__()
        self.suite, self.restart, self.index = suite, restart, index
        self.random = random.Random(7)
        self.pauses = pauses
        self.ended = threading.Event()
        self.n_kills = 0

    def run(self):
        while not self.ended.wait(self.random.uniform(*self.pauses)):
            process = self.suite.processes[self.index]
            process.kill()
            process.wait()
            self.n_kills += 1
            self.restart()
            # The new one takes the place of the old.
            self.suite.processes[self.index] = self.suite.processes.pop()

    def stop(self):
        self.ended.set()
        self.join()


def connected(path, deadline):
    while True:
        try:
            return Client(path)
        except OSError:
            assert time.monotonic() < deadline, "no server"
            time.sleep(0.01)


def durable_inserts(suite, total):
    """Inserts rows 0 to 'total' - 1 of table Queue, each by one durable
    transaction, through whatever happens to the server; returns how often an
    answer was lost."""
    deadline = time.monotonic() + 60
    client, lost, number = None, 0, 0
    while number < total:
        try:
            client = client or connected(suite.run_dir / "db.sock", deadline)
            reply = client.call(
                "transact", "Open_vSwitch",
                {"op": "insert", "table": "QoS", "row": {"type": str(number)}},
                {"op": "insert", "table": "Queue", "row": {
                    "external_ids": ["map", [["number", str(number)]]]}},
                {"op": "commit", "durable": True},
            )
            assert reply["error"] is None and "error" not in str(reply["result"]), reply
            number += 1
        except (OSError, EOFError):
            # The answer is lost: the transaction may be there or not.
            client = None
            lost += 1
    return lost


def numbers(suite):
    rows = connected(suite.run_dir / "db.sock", time.monotonic() + 10).call(
        "transact", "Open_vSwitch",
        {"op": "select", "table": "Queue", "where": [], "columns": ["external_ids"]},
        {"op": "select", "table": "QoS", "where": [], "columns": ["type"]},
    )["result"]
    queues = sorted(int(row["external_ids"][1][0][1]) for row in rows[0]["rows"])
    qos = sorted(int(row["type"]) for row in rows[1]["rows"])
    return queues, qos


def test_server_killed_in_a_thousand_transactions(ours):
    ours.start_dummy()
    server = Killer(ours, ours.start_ovsdb_server, 0, (0.01, 0.06))
    server.start()
    try:
        lost = durable_inserts(ours, 1000)
    finally:
        server.stop()

    queues, qos = numbers(ours)
    assert server.n_kills >= 3
    assert set(queues) == set(range(1000))  # None is missing,
    assert len(queues) <= 1000 + lost  # none is there without reason,
    assert queues == qos  # and each is whole.
    # The switch found its way back, the tools too.
    assert ours.vsctl("--timeout=20", "add-br", "br0") == ""
    assert "br0" in ours.appctl("dpif/show")
    ours.ok("ovsdb-tool", "db-name", ours.run_dir / "conf.db")


def restart_switch(suite):
    """Without ovs-vsctl, which the server would have to answer."""
    (suite.run_dir / "ovs-vswitchd.pid").unlink(missing_ok=True)
    suite.start("ovs-vswitchd", f"unix:{suite.run_dir}/db.sock", "--pidfile", "--log-file",
                "-vconsole:off", *DUMMY)


def test_switch_killed_while_it_is_configured(ours):
    ours.start_dummy()
    ours.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "fail_mode=secure")
    killer = Killer(ours, lambda: restart_switch(ours), 1, (0.01, 0.1))
    killer.start()
    try:
        for number in range(N_PORTS):
            # Waits for a switch that is killed again and again, and ends.
            assert ours.vsctl("--timeout=20", "add-port", "br0", f"p{number}", "--",
                              "set", "interface", f"p{number}", f"ofport_request={number + 1}") == ""
    finally:
        killer.stop()

    assert killer.n_kills >= 2
    ours.wait_for(lambda: f"{LAST} {N_PORTS}/" in ours.run("ovs-appctl", "dpif/show").out, "all ports")
    shown = ours.appctl("dpif/show")
    for number in range(N_PORTS):
        assert f"    p{number} {number + 1}/" in shown
    assert ours.vsctl("get", "interface", LAST, "ofport") == f"{N_PORTS}\n"


def test_flows_are_the_controllers_business(ours):
    """A switch that was killed begins without flows, secure or standalone."""
    ours.start_dummy()
    ours.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "fail_mode=secure")
    ours.vsctl("add-br", "br1")
    for bridge in ("br0", "br1"):
        ours.ofctl("add-flow", bridge, "table=3,priority=7,ip,actions=drop")
    process = ours.processes[1]
    process.kill()
    process.wait()
    ours.start_vswitchd(*DUMMY)

    ours.wait_for(lambda: "br1" in ours.run("ovs-appctl", "ofproto/list").out, "bridges")
    assert "actions=" not in ours.ofctl("dump-flows", "br0")
    assert "actions=NORMAL" in ours.ofctl("dump-flows", "br1")
    assert "priority=7" not in ours.ofctl("dump-flows", "br1")


def test_monitor_of_a_client_ends_and_can_begin_again(ours):
    """ovsdb-client monitor tells that the server went away, with a failure."""
    ours.start_dummy()
    watching = subprocess.Popen(
        ours.argv("ovsdb-client", "monitor", "Bridge", "name"), env=ours.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    try:
        ours.vsctl("add-br", "br0")
        while "br0" not in watching.stdout.readline():
            pass
        server = ours.processes[0]
        server.kill()
        server.wait()
        assert watching.wait(10) != 0
        assert "br0" not in watching.stdout.read()
    finally:
        watching.kill()
        watching.communicate()
    ours.start_ovsdb_server()
    assert "br0" in ours.ok("ovsdb-client", "dump", "Bridge", "name")
