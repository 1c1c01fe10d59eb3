"""ofproto/trace on a live switch of each kind: the same text, to the byte.

The flows and traces are in trace_lines.txt beside this file.
"""

import difflib
import pathlib
import re
import shlex

import pytest

from lib.pair import read_blocks

LINES = pathlib.Path(__file__).with_name("trace_lines.txt")
COMMANDS = {
    "flow": ["ovs-ofctl", "add-flow", "br0"],
    "flow13": ["ovs-ofctl", "-OOpenFlow13", "add-flow", "br0"],
    "trace": ["ovs-appctl", "ofproto/trace"],
    "packetout": ["ovs-appctl", "ofproto/trace-packet-out"],
    "vsctl": ["ovs-vsctl"],
    "ofctl": ["ovs-ofctl"],
}


def top_level(text):
    """Datapath actions, split where no parenthesis is open."""
    return re.findall(r"(?:[^,(]|\([^()]*(?:\([^()]*\)[^()]*)*\))+", text)


def sent(match, tags):
    """Which port gets what: the order of ports in a flood is nobody's promise.
    'tags' are those of the packet."""
    stack, others, ports = list(tags), [], []
    for action in top_level(match.group(1)):
        if action.startswith("push_vlan"):
            stack.append(action)
        elif action == "pop_vlan":
            stack.pop()
        elif re.fullmatch(r"\d+|drop", action):
            ports.append(f"{action}: {others} {stack}")
        else:
            others.append(action)
    return "Datapath actions by port: " + "; ".join(sorted(ports))


def comparable(text):
    """'text' with floods in a fixed order."""
    if not re.search(r"flooding|FLOOD|\bALL\b", text):
        return text
    flow = text.partition("\n")[0]
    vid = re.search(r"\bdl_vlan=(\d+),dl_vlan_pcp=(\d+)", flow)
    tags = ["push_vlan(vid=%s,pcp=%s)" % vid.groups()] if vid else []
    return re.sub(r"Datapath actions: (.*)", lambda match: sent(match, tags), text)


def answer(suite, line):
    """What a line of the file prints."""
    verb, _, rest = line.partition(" ")
    words = [rest] if verb.startswith("flow") else shlex.split(rest)
    result = suite.run(*COMMANDS[verb], *words)
    return comparable(f"{result.out}{result.err}exit {result.code}")


@pytest.mark.parametrize("block", read_blocks(LINES), ids=lambda block: block.name)
def test_same_traces(ours, peer, block):
    for suite in (ours, peer):
        suite.start_dummy()
        suite.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail-mode=secure")
        for i in range(1, 5):
            suite.vsctl("add-port", "br0", f"p{i}", "--", "set", "Interface", f"p{i}",
                        f"ofport_request={i}")
    found = []
    for line in block.lines:
        mine, other = (answer(suite, line).splitlines() for suite in (ours, peer))
        if mine != other:
            found += [line, *difflib.unified_diff(mine, other, "ours", "peer", lineterm="", n=0)]
    assert not found, "\n".join(found)
