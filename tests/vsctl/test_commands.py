"""ovs-vsctl, command by command.

Every line of commands.txt runs on a fresh database; output, error text, exit
status and the resulting database must be as in commands.golden.  With
OVS_PEER (a wrapper that runs the peer's programs) set, the same lines run on
the peer as well, and RECORD=1 writes the golden file from it.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lib.ovsdb import UUID
from lib.pair import sort_tree

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
SCHEMA = TOP / "spec/schemas/vswitch.toml"
FIXED = "11111111-"


def batches():
    found = []
    for line in (HERE / "commands.txt").read_text().splitlines():
        if line == "!":
            found.append([])
        elif not line.startswith("#"):
            found[-1].append(line)
    return found


class Side:
    """One implementation with its own database."""

    def __init__(self, directory, server, vsctl, client, tool):
        self.directory = directory
        self.vsctl, self.client = vsctl, client
        self.env = dict(os.environ, OVS_RUNDIR=str(directory),
                        OVS_LOGDIR=str(directory), OVS_DBDIR=str(directory),
                        OVS_SYSCONFDIR=str(directory),
                        OVS_SYSLOG_METHOD="null")
        self.env.pop("OVS_CTL_TIMEOUT", None)
        schema = directory / "vswitch.ovsschema"
        subprocess.run([str(TOP / "tools/schema_compile.py"), "schema",
                        str(SCHEMA), str(schema)], check=True)
        subprocess.run(tool + ["create", str(directory / "conf.db"),
                               str(schema)], env=self.env, check=True)
        self.server = subprocess.Popen(
            server + [str(directory / "conf.db"),
                      f"--remote=punix:{directory}/db.sock", "--no-chdir"],
            env=self.env, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (directory / "db.sock").exists():
            assert time.monotonic() < deadline, "no server"
            time.sleep(0.02)

    def close(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(10)

    def run(self, argv):
        name = [os.path.basename(argv[0])]
        return subprocess.run(name + argv[1:], executable=argv[0],
                              env=self.env, capture_output=True, text=True, timeout=5, check=False)

    def command(self, line):
        try:
            done = self.run(self.vsctl + ["--no-wait"] + shlex.split(line))
        except subprocess.TimeoutExpired:
            return {"command": line, "status": "hangs", "stdout": "",
                    "stderr": ""}
        return {"command": line, "status": done.returncode,
                "stdout": normalize(done.stdout),
                "stderr": normalize(log_free(done.stderr))}

    def dump(self):
        return normalize_dump(
            self.run(self.client + ["-f", "json", "dump"]).stdout)


def log_free(text):
    """Log records carry the time and a number: drop these."""
    return re.sub(r"(?m)^\d{4}-\d\d-\d\dT[0-9:.]+Z\|\d+\|", "", text)


def order(match):
    """Sets of UUIDs are in no order that means anything."""
    return "[" + ", ".join(sorted(match.group(1).split(", "))) + "]"


def normalize(text):
    text = UUID.sub(lambda m: m.group() if m.group().startswith(FIXED)
                    else "UUID", text)
    text = re.sub(r"(<a (?:name=\"|href=\"#)UUID\">)[0-9a-f]{8}", r"\1U",
                  text)
    text = re.sub(r"\[((?:UUID, )*UUID)\]", order, text)
    if "\n    Bridge" in text:
        return "\n".join(sort_tree(text.splitlines()))
    if "\n\n_uuid" in text or "\n\nname" in text:
        return "\n\n".join(sorted(text.strip("\n").split("\n\n"))) + "\n"
    lines = text.splitlines(keepends=True)
    if lines and "----" in "".join(lines[1:2]):
        return "".join(lines[:2] + sorted(lines[2:]))
    return text


def normalize_dump(text):
    """Rows with references replaced by the text of the row referred to."""
    tables, rows = {}, {}
    for line in text.splitlines():
        table = json.loads(line)
        name = table["caption"].split()[0]
        tables[name] = []
        for data in table["data"]:
            row = dict(zip(table["headings"], data))
            uuid = row.pop("_uuid")[1]
            tables[name].append(uuid)
            rows[uuid] = row

    def show(value, depth):
        if isinstance(value, list) and len(value) == 2 and value[0] == "uuid":
            return (describe(value[1], depth + 1)
                    if value[1] in rows and depth < 4 else "UUID")
        if isinstance(value, list) and value and value[0] in ("set", "map"):
            return [value[0], sorted((show(v, depth) for v in value[1]),
                                     key=json.dumps)]
        if isinstance(value, list):
            return [show(v, depth) for v in value]
        return value

    def describe(uuid, depth=0):
        return {k: show(v, depth) for k, v in sorted(rows[uuid].items())
                if v not in ("", 0, False, ["set", []], ["map", []])}

    return {name: sorted((describe(u) for u in uuids), key=json.dumps)
            for name, uuids in tables.items() if uuids}


def program(name):
    build = os.environ.get("OVS_BUILD", str(TOP / "build"))
    return [str(Path(build) / "src" / name)]


def run_all(directory, side_of):
    result = []
    for i, batch in enumerate(batches()):
        path = directory / str(i)
        path.mkdir()
        side = side_of(path)
        try:
            result.append({"commands": [side.command(c) for c in batch],
                           "database": side.dump()})
        finally:
            side.close()
    return result


def peer_side(path):
    peer = [os.environ["OVS_PEER"]]
    return Side(path, peer + ["ovsdb-server"], peer + ["ovs-vsctl"],
                peer + ["ovsdb-client"], peer + ["ovsdb-tool"])


def our_side(path):
    """Our tool; the peer's server if there is one, else ours."""
    if "OVS_PEER" in os.environ:
        side = peer_side(path)
        side.vsctl = program("ovs-vsctl")
        return side
    for name in ("ovsdb-server", "ovsdb-client", "ovsdb-tool"):
        if not Path(program(name)[0]).exists():
            pytest.skip(f"{name} is not built")
    return Side(path, program("ovsdb-server"), program("ovs-vsctl"),
                program("ovsdb-client"), program("ovsdb-tool"))


def differences(ours, expected):
    for i, (a, b) in enumerate(zip(ours, expected)):
        for x, y in zip(a["commands"], b["commands"]):
            for key in ("status", "stdout", "stderr"):
                if x[key] != y[key]:
                    yield f"{x['command']}: {key}: {x[key]!r}, not {y[key]!r}"
        if a["database"] != b["database"]:
            for table in sorted(set(a["database"]) | set(b["database"])):
                x, y = a["database"].get(table), b["database"].get(table)
                if x != y:
                    yield f"database {i} table {table}: {x}, not {y}"


def test_commands_as_recorded(tmp_path):
    golden = HERE / "commands.golden"
    if "OVS_PEER" in os.environ and os.environ.get("RECORD"):
        (tmp_path / "peer").mkdir()
        expected = run_all(tmp_path / "peer", peer_side)
        golden.write_text(json.dumps(expected, indent=1) + "\n")
    expected = json.loads(golden.read_text())
    (tmp_path / "ours").mkdir()

    found = list(differences(run_all(tmp_path / "ours", our_side), expected))

    assert not found, "\n" + "\n".join(found)
