"""The same command lines on two live suites, ours and the peer's.

A file of command lines is made of blocks.  A block starts with a line
"! NAME [server | dummy]", which gets a fresh pair of suites with their daemons
(dummy: both daemons, the switch with simulated devices; server: the database
alone).  Every other line is a command line in the syntax of the shell, without
pipes:

    COMMAND             both must answer the same: output, error, exit status
    ~TEXT~ COMMAND      not there yet: ours says so by a text with TEXT in it,
                        on its outputs or in the log of the daemon
    <COMMAND            the exit status must be the same (the rest is a matter
                        of taste: help texts, lists of what differs by design)
    ^COMMAND            lists of what a program is made of: same answers for
                        what both have, by the first word of a line
    @COMMAND            the same lines in any order
    # ...               a comment

In a command, $RUN is the run directory, $SCHEMA the schema file and $LAST the
last UUID that the suite printed.
"""

import difflib
import re
import shlex

from lib.ovsdb import UUID

LOG_LINE = re.compile(r"(?m)^\d{4}-\d\d-\d\d[T ][0-9:.]+Z?\|\d+\|")

DUMMY = ("--enable-dummy=override", "--disable-system", "--disable-system-route")


class Block:
    """A part of a file, with a pair of suites of its own."""

    def __init__(self, name, mode):
        self.name = name
        self.mode = mode
        self.lines = []


def read_blocks(path):
    """The blocks of the file 'path'."""
    blocks = []
    for line in path.read_text().splitlines():
        if line.startswith("! "):
            name, *mode = line[2:].split()
            blocks.append(Block(name, mode[0] if mode else "dummy"))
        elif line.strip() and not line.startswith("#"):
            blocks[-1].lines.append(line)
    return blocks


def start(suite, mode):
    """The daemons that a block wants."""
    if mode == "dummy":
        suite.start_dummy()
    else:
        suite.start_ovsdb_server()


def masked(text, suite):
    """'text' without what differs from run to run and place to place."""
    text = LOG_LINE.sub("", text)
    # Of newer tools on an older database.
    text = re.sub(r".*database needs upgrade\?\)\n", "", text)
    text = UUID.sub("UUID", text)
    text = text.replace(str(suite.run_dir), "RUN").replace(suite.schema(), "SCHEMA")
    text = text.replace(str(suite.schema_dir()), "PKGDATA")
    text = re.sub(r"(duration|used|idle_age|hard_age|sec_since_\w+)(=|:)[0-9.\"]+s?", r"\1\2?", text)
    text = re.sub(r"xid=0x[0-9a-f]+", "xid=?", text)
    text = re.sub(r"ufid:[0-9a-f-]+", "ufid:?", text)
    text = re.sub(r"\bpid \d+", "pid ?", text)
    text = re.sub(r"ovs-vswitchd\.\d+\.ctl", "ovs-vswitchd.PID.ctl", text)
    text = re.sub(r"ovsdb-server\.\d+\.ctl", "ovsdb-server.PID.ctl", text)
    # Ages are in whole seconds.
    text = re.sub(r"(?m)(([0-9a-f]{2}:){5}[0-9a-f]{2}) +\d+$", r"\1 ?", text)
    # Simulated devices count their addresses in an order of their own.
    text = re.sub(r"(?i)\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC", text)
    text = re.sub(r'"0000[0-9a-f]{12}"|dpid:[0-9a-f]{16}', "DPID", text)
    text = re.sub(r"\(Open vSwitch\) [0-9.]+\S*", "(Open vSwitch) VERSION", text)
    text = re.sub(r"DB Schema [0-9.]+", "DB Schema VERSION", text)
    return text


def ordered(text):
    """'text' with what has no order in a fixed one: sets of UUIDs, records of a
    list, rows of a table, blocks of a tree."""
    text = re.sub(
        r"\[((?:UUID, )*UUID)\]",
        lambda match: "[" + ", ".join(sorted(match.group(1).split(", "))) + "]",
        text,
    )
    records = text.strip("\n").split("\n\n")
    if len(records) > 1 and len({record[:20] for record in records}) == 1:
        return "\n\n".join(sorted(records)) + "\n"
    if re.search(r"\n +(Bridge|Port|Manager|ovs_version)", text):
        return "\n".join(sort_tree(text.splitlines()))
    lines = text.splitlines(keepends=True)
    if text.startswith(" port  VLAN"):
        return "".join(lines[:1] + sorted(lines[1:]))
    if len(lines) > 1 and re.match(r"-+( -+)*$", lines[1]):
        return "".join(_table(lines))
    return text


def _table(lines):
    """Rows sorted, widths of columns forgotten."""
    out, rows = [], []
    for line in lines:
        if re.match(r"-+( -+)*$", line):
            heading = rows.pop()
            out += sorted(rows) + [heading]
            rows = []
        else:
            rows.append(re.sub(r" +", " ", line))
    return out + sorted(rows)


def sort_tree(lines, depth=0):
    """Blocks by indentation, sorted at each level."""
    blocks = []
    for line in lines:
        if blocks and line.startswith(" " * (depth + 1)):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    named = [block[:1] + sort_tree(block[1:], depth + 4) for block in blocks]
    return [line for block in sorted(named) for line in block]


class Runner:
    """One suite of the pair."""

    def __init__(self, suite):
        self.suite = suite
        self.last = ""

    def run(self, command, kind=None):
        """Runs a command line; returns (exit status, output, error)."""
        words = [
            word.replace("$RUN", str(self.suite.run_dir))
            .replace("$SCHEMA", self.suite.schema())
            .replace("$LAST", self.last)
            for word in shlex.split(command)
        ]
        result = self.suite.run(*words, kind=kind)
        uuids = UUID.findall(result.out)
        self.last = uuids[-1] if uuids else self.last
        return (
            result.code,
            ordered(masked(result.out, self.suite)),
            masked(result.err, self.suite),
        )


def _mark(line):
    """(mark, text, command) of a line."""
    if line[0] == "~":
        text, command = line[1:].split("~", 1)
        return "~", text, command.strip()
    if line[0] in "<^@":
        return line[0], "", line[1:].strip()
    return "", "", line


def _said(text, answer, suite):
    everything = answer[1] + answer[2] + suite.log("ovs-vswitchd") + suite.log("ovsdb-server")
    return text.lower() in everything.lower()


def _common(*answers):
    lines = [answer[1].splitlines() for answer in answers]
    words = set.intersection(*({line.split(" ", 1)[0] for line in part} for part in lines))
    for answer, part in zip(answers, lines):
        kept = [re.sub(" +", " ", line) for line in part if line.split(" ", 1)[0] in words]
        yield answer[0], "\n".join(kept), answer[2]


def _compared(command, mine, other):
    # Since 3.6, an error of ovs-vswitchd is one of ovs-vsctl.
    mine, other = (
        (65, *answer[1:]) if "Error detected while setting up" in answer[2] else answer
        for answer in (mine, other)
    )
    if mine[0] != other[0]:
        yield f"{command}: exit {mine[0]}, not {other[0]}: {mine[2]} {other[2]}"
    for x, y in zip(mine[1:], other[1:]):
        if x != y:
            lines = difflib.unified_diff(
                x.splitlines(), y.splitlines(), "ours", "peer", n=0, lineterm=""
            )
            yield f"{command}:\n" + "\n".join(list(lines)[2:])


def differences(block, ours, peer, kinds=("ours", "peer")):
    """Runs the lines of 'block' on both suites, with the programs 'kinds' of
    the two; yields what differs."""
    runners = (Runner(ours), Runner(peer))
    for line in block.lines:
        mark, text, command = _mark(line)
        mine, other = (r.run(command, kind) for r, kind in zip(runners, kinds))
        if mark == "~":
            if kinds[0] == "ours" and not _said(text, mine, ours):
                yield f"{command}: does not say {text!r}: {mine}"
        elif mark == "<":
            if mine[0] != other[0]:
                yield f"{command}: exit {mine[0]}, not {other[0]}: {mine} {other}"
        elif mark == "@":
            mine, other = (
                (code, "".join(sorted(out.splitlines(keepends=True))), err)
                for code, out, err in (mine, other)
            )
            yield from _compared(command, mine, other)
        elif mark == "^":
            yield from _compared(command, *_common(mine, other))
        else:
            yield from _compared(command, mine, other)
