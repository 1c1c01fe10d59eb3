"""Flows, ports and configuration over the management socket."""

import re

import pytest


@pytest.fixture
def switch(either):
    either.start_dummy_bridge(2, "other-config:hwaddr=aa:55:aa:55:00:01")
    return either


def flows(switch, *args):
    """dump-flows without its first line and what changes with time."""
    out = switch.ofctl("dump-flows", *args)
    out = re.sub(r"^(OFP|NX)ST_FLOW reply.*\n", "", out)
    out = re.sub(r"duration=[0-9.]+s, ", "", out)
    return re.sub(r"idle_age=\d+, ", "", out)


def test_show(switch):
    out = switch.ofctl("show", "br0")

    assert out.startswith(
        "OFPT_FEATURES_REPLY (xid=0x2): dpid:0000aa55aa550001\n"
        "n_tables:254, n_buffers:0\n"
        "capabilities: FLOW_STATS TABLE_STATS PORT_STATS QUEUE_STATS ARP_MATCH_IP\n"
        "actions: output enqueue set_vlan_vid set_vlan_pcp strip_vlan mod_dl_src mod_dl_dst "
        "mod_nw_src mod_nw_dst mod_nw_tos mod_tp_src mod_tp_dst\n"
        " 1(p1): addr:aa:55:aa:55:00:"
    )
    assert " LOCAL(br0): addr:aa:55:aa:55:00:01\n" in out
    assert out.endswith("OFPT_GET_CONFIG_REPLY (xid=0x4): frags=normal miss_send_len=0\n")


def test_add_modify_delete(switch):
    switch.ofctl("add-flow", "br0", "priority=5,in_port=1,actions=2")
    assert flows(switch, "br0", "--names") == (
        " cookie=0x0, table=0, n_packets=0, n_bytes=0, priority=5,in_port=p1 actions=output:p2\n"
    )
    switch.ofctl("mod-flows", "br0", "in_port=1,actions=LOCAL")
    assert "actions=LOCAL" in flows(switch, "br0")
    switch.ofctl("del-flows", "br0", "in_port=1")
    assert flows(switch, "br0") == ""


def test_standalone_bridge_has_the_normal_flow(switch):
    switch.vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath-type=dummy")

    assert flows(switch, "br1") == (
        " cookie=0x0, table=0, n_packets=0, n_bytes=0, priority=0 actions=NORMAL\n"
    )
    switch.vsctl("set-fail-mode", "br1", "secure")
    assert flows(switch, "br1") == ""
    switch.vsctl("del-fail-mode", "br1")
    assert "actions=NORMAL" in flows(switch, "br1")


@pytest.mark.parametrize("version", ["OpenFlow10", "OpenFlow13", "OpenFlow15"])
def test_versions(switch, version):
    switch.ofctl("-O", version, "add-flow", "br0", "table=1,tcp,tp_dst=80,actions=1")

    out = switch.ofctl("-O", version, "dump-flows", "br0")
    assert "tcp,tp_dst=80 actions=output:" in out
    aggregate = switch.ofctl("-O", version, "dump-aggregate", "br0")
    assert "flow_count=1" in aggregate


def test_protocols_limit_versions(switch):
    switch.vsctl("set", "bridge", "br0", "protocols=OpenFlow13")

    assert switch.run("ovs-ofctl", "show", "br0").code == 1
    assert "dpid:0000aa55aa550001" in switch.ofctl("-O", "OpenFlow13", "show", "br0")


def test_tables(switch):
    switch.ofctl("add-flow", "br0", "table=3,actions=drop")

    out = switch.ofctl("dump-tables", "br0")
    assert "  table 3:\n    active=1, lookup=0, matched=0\n" in out
    assert "  tables 5...253: ditto\n" in out


def test_port_mod(switch):
    switch.ofctl("mod-port", "br0", "1", "no-flood")

    assert re.search(r" 1\(p1\).*\n +config: +NO_FLOOD\n", switch.ofctl("show", "br0"))
    switch.ofctl("mod-port", "br0", "1", "down")
    switch.vsctl("--timeout=10", "wait-until", "interface", "p1", "admin_state=down")
    switch.ofctl("mod-port", "br0", "1", "up")
    assert "port_mod" not in switch.log("ovs-vswitchd")


def test_statistics_of_a_port_that_is_not_there(switch):
    out = switch.ofctl("-O", "OpenFlow13", "dump-ports", "br0", "77")
    assert out == "OFPST_PORT reply (OF1.3) (xid=0x2): 0 ports\n"


def test_goto_backwards_is_refused(switch):
    result = switch.run("ovs-ofctl", "-O", "OpenFlow13", "add-flow", "br0",
                        "table=5,actions=goto_table:3")
    assert result.code == 1


def test_expiry(switch):
    switch.appctl("time/stop")
    switch.ofctl("add-flow", "br0", "hard_timeout=5,actions=drop")
    switch.appctl("time/warp", "4000")
    assert "hard_timeout=5" in switch.ofctl("dump-flows", "br0")
    switch.appctl("time/warp", "2000")
    assert flows(switch, "br0") == ""


def test_normal_learns(switch):
    switch.ofctl("add-flow", "br0", "actions=NORMAL")
    packet = ("in_port(1),eth(src=50:54:00:00:00:05,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),"
              "arp(sip=10.0.0.1,tip=10.0.0.2,op=1,sha=50:54:00:00:00:05,tha=00:00:00:00:00:00)")

    switch.appctl("netdev-dummy/receive", "p1", packet)
    switch.wait_for(lambda: "50:54:00:00:00:05" in switch.appctl("fdb/show", "br0"), "learning")
    out = switch.appctl("ofproto/trace", "br0",
                        "in_port=2,dl_src=50:54:00:00:00:06,dl_dst=50:54:00:00:00:05")
    assert out.endswith("Datapath actions: 1\n")


def test_unknown_bridge(switch):
    result = switch.run("ovs-ofctl", "show", "nope")
    assert result.err == "ovs-ofctl: nope is not a bridge or a socket\n"
