"""ovs-ofctl against a dummy switch: same output, errors and exit status as the
peer's on the peer's switch."""

import re

import pytest

VOLATILE = [
    (r"duration=[0-9.]+s", "duration=Xs"),
    (r"idle_age=\d+", "idle_age=N"),
    (r"time=[0-9.]+ ms", "time=X ms"),
    (r"(?m)^Finished.*$", "Finished"),
    (r"(?m)^\d{4}-\d\d-\d\dT[^|]*\|\d+\|", "LOG|"),
]

COMMANDS = [
    ["show", "br0"],
    ["show", "nobr"],
    ["show", "tcp:127.0.0.1:9"],
    ["-O", "OpenFlow11", "show", "br0"],
    ["-O", "OpenFlow13", "show", "br0"],
    ["dump-desc", "br0"],
    ["dump-tables", "br0"],
    ["-O", "OpenFlow13", "dump-tables", "br0"],
    ["dump-ports", "br0"],
    ["dump-ports", "br0", "p1"],
    ["dump-ports", "br0", "qq"],
    ["-O", "OpenFlow13", "dump-ports", "br0"],
    ["dump-ports-desc", "br0"],
    ["-O", "OpenFlow15", "dump-ports-desc", "br0", "1"],
    ["mod-port", "br0", "p1", "no-flood"],
    ["show", "br0"],
    ["mod-port", "br0", "xx", "up"],
    ["mod-port", "br0", "p1", "xx"],
    ["set-frags", "br0", "drop"],
    ["get-frags", "br0"],
    ["set-frags", "br0", "normal"],
    ["set-frags", "br0", "reassemble"],
    ["set-frags", "br0", "xx"],
    ["probe", "br0"],
    ["ping", "br0", "2"],
    ["benchmark", "br0", "1", "2"],
    ["add-flow", "br0", "priority=5,tcp,actions=1"],
    ["add-flow", "br0", "table=1,cookie=0x7,idle_timeout=60,actions=2"],
    ["add-flow", "br0", "actions=output:p1"],
    ["dump-flows", "br0"],
    ["dump-flows", "br0", "tcp"],
    ["dump-flows", "br0", "table=1"],
    ["dump-flows", "br0", "cookie=7/-1"],
    ["-F", "OpenFlow10", "dump-flows", "br0"],
    ["-O", "OpenFlow11", "dump-flows", "br0"],
    ["-O", "OpenFlow12", "dump-flows", "br0"],
    ["-O", "OpenFlow13", "dump-flows", "br0"],
    ["-O", "OpenFlow14", "dump-flows", "br0"],
    ["-O", "OpenFlow15", "dump-flows", "br0"],
    ["dump-flows", "br0", "--sort"],
    ["dump-flows", "br0", "--rsort=priority"],
    ["dump-flows", "br0", "--no-stats"],
    ["dump-flows", "br0", "--names"],
    ["dump-flows", "br0", "foo"],
    ["dump-aggregate", "br0"],
    ["-O", "OpenFlow15", "dump-aggregate", "br0"],
    ["mod-flows", "br0", "tcp,actions=drop"],
    ["--strict", "del-flows", "br0", "priority=5,tcp"],
    ["-O", "OpenFlow13", "add-flow", "br0", "actions=group:77"],
    ["add-flow", "br0", "actions=group:77"],
    ["dump-flows", "br0"],
    ["packet-out", "br0", "in_port=1"],
    ["packet-out", "br0", "foo"],
    ["del-flows", "br0"],
    ["dump-flows", "br0"],
]

TEXT_COMMANDS = [
    ["print-error", "OFPBAC_BAD_TYPE"],
    ["print-error", "OFPMMFC_INVALID_METER"],
    ["print-error", "xx"],
    ["encode-hello", "0x12"],
    ["encode-hello", "0x7e"],
    ["encode-error-reply", "OFPBAC_BAD_TYPE", "0105000800000001"],
    ["encode-error-reply", "OFPBAC_BAD_TYPE", "0102030405060708"],
    ["ofp-print", "0100000800000001"],
    ["ofp-print", "01"],
    ["ofp-print", "xx"],
    ["ofp-print", "0101000c00000001ffff0001"],
    ["ofp-print", "010100100000000100000001616263"],
    ["ofp-print", "01010011000000010000000161626364ff"],
    ["ofp-print", "01020009000000aa55"],
    ["badcmd"],
    [],
    ["show"],
    ["show", "br0", "x"],
    ["-O", "OpenFlow99", "show", "br0"],
    ["-F", "foo", "show", "br0"],
    ["-F", "oxm", "parse-flow", "tcp,actions=1"],
    ["-t", "0", "show", "br0"],
    ["--color=foo", "show", "br0"],
    ["-P", "foo", "show", "br0"],
    ["--sort=foo", "show", "br0"],
    ["parse-flow", "tcp,tp_dst=80,actions=1"],
    ["parse-flow", "table=1,actions=2"],
    ["parse-flow", "reg0=1,actions=1"],
    ["parse-flow", "priority=99999,actions=1"],
    ["parse-flow", "cookie=zz,actions=1"],
    ["parse-flow", "cookie=1/2,actions=1"],
    ["parse-flow", "priority=5"],
    ["parse-flow", "no_packet_counts,actions=1"],
    ["parse-flow", "foo=1,actions=1"],
    ["parse-flow", "metadata=1,actions=goto_table:1"],
    ["-O", "OpenFlow13", "parse-flow", "tcp,actions=goto_table:3"],
]


def normal(suite, result):
    """What a run left, without what differs from run to run."""
    text = f"{result.code}\n{result.out}\n{result.err}"
    text = text.replace(str(suite.run_dir), "RUNDIR")
    for pattern, new in VOLATILE:
        text = re.sub(pattern, new, text)
    return text


def make_bridge(suite):
    suite.start_dummy()
    suite.vsctl(
        "add-br", "br0",
        "--", "set", "bridge", "br0", "datapath-type=dummy",
        "fail-mode=secure", "other-config:datapath-id=0000000000000001",
        "other-config:hwaddr=aa:55:aa:55:00:01",
        "--", "add-port", "br0", "p1",
        "--", "set", "interface", "p1", "type=dummy",
    )  # fmt: skip


def test_commands_on_the_same_switch_print_the_same(ours, peer):
    """Both programs against the peer's switch."""
    make_bridge(peer)
    ours.env["OVS_RUNDIR"] = str(peer.run_dir)
    for command in COMMANDS:
        theirs = normal(peer, peer.run("ovs-ofctl", *command))
        mine = normal(peer, ours.run("ovs-ofctl", *command))
        assert mine == theirs, command


@pytest.mark.parametrize("command", TEXT_COMMANDS, ids=" ".join)
def test_commands_without_a_switch_print_the_same(ours, peer, command):
    theirs = normal(peer, peer.run("ovs-ofctl", *command))
    mine = normal(ours, ours.run("ovs-ofctl", *command))
    assert mine == theirs


def test_flow_files_are_applied_and_compared(ours, peer, tmp_path):
    make_bridge(peer)
    ours.env["OVS_RUNDIR"] = str(peer.run_dir)
    first = tmp_path / "first"
    second = tmp_path / "second"
    first.write_text("priority=5,tcp,actions=1\n# c\ntable=1,actions=2\n")
    second.write_text("udp,actions=2\n")

    ours.ok("ovs-ofctl", "add-flows", "br0", str(first))
    assert ours.run("ovs-ofctl", "diff-flows", "br0", str(first)).code == 0
    different = ours.run("ovs-ofctl", "diff-flows", "br0", str(second))
    assert different.code == 2
    assert set(different.out.splitlines()) == {
        "-priority=5,tcp actions=output:1",
        "+udp actions=output:2",
        "-table=1  actions=output:2",
    }
    ours.ok("ovs-ofctl", "replace-flows", "br0", str(second))
    assert peer.run("ovs-ofctl", "diff-flows", "br0", str(second)).code == 0


def test_unsupported_commands_say_so(ours):
    result = ours.run("ovs-ofctl", "dump-tlv-map", "br0")
    assert result.code == 1
    assert result.err == "ovs-ofctl: dump-tlv-map is not supported yet\n"
