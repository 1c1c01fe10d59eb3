"""Groups in the switch: buckets, liveness, selection, statistics, chains."""

import re

import pytest

from lib.suite import ALL_VERSIONS

PORTS = 4


@pytest.fixture
def switch(either):
    either.start_dummy_bridge(PORTS, ALL_VERSIONS)
    return either


def of(switch, *args, **kwargs):
    return switch.ofctl("-O", "OpenFlow15", "--no-names", *args, **kwargs)


def send(switch, count=1, source=1, port=1):
    """Packets of one connection into a port."""
    packet = (f"in_port({port}),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),"
              f"eth_type(0x0800),ipv4(src=10.0.0.{source},dst=10.0.0.2,proto=17,tos=0,ttl=64,"
              f"frag=no),udp(src={source},dst=53)")
    for _ in range(count):
        switch.appctl("netdev-dummy/receive", f"p{port}", packet)


def received(switch):
    """Packets that each port sent."""
    out = switch.ofctl("dump-ports", "br0")
    found = re.findall(r"port +\"?p?(\d+)\"?: rx.*\n +tx pkts=(\d+)", out)
    return {int(port): int(n) for port, n in found}


def stats(switch, group):
    """(packets, packets by bucket) of a group."""
    out = of(switch, "dump-group-stats", "br0", f"group_id={group}")
    counts = [int(n) for n in re.findall(r"packet_count=(\d+)", out)]
    return counts[0], counts[1:]


def expect_stats(switch, group, packets, buckets):
    """The peer brings counters up to date only now and then."""
    switch.wait_for(lambda: stats(switch, group) == (packets, buckets),
                    f"group {group} counts {packets}, {buckets}")


def trace(switch, text="in_port=1,udp,nw_src=10.0.0.1,nw_dst=10.0.0.2"):
    out = switch.appctl("ofproto/trace", "br0", text)
    return re.search(r"Datapath actions: (.*)", out).group(1)


def test_all_copies_to_every_bucket(switch):
    of(switch, "add-group", "br0",
       "group_id=1,type=all,bucket=actions=set_field:9.9.9.9->ip_dst,output:2,"
       "bucket=actions=output:3,bucket=actions=push_vlan:0x8100,output:4")
    of(switch, "add-flow", "br0", "ip,actions=group:1,output:2")

    assert trace(switch) == (
        "set(ipv4(dst=9.9.9.9)),2,set(ipv4(dst=10.0.0.2)),3,push_vlan(vid=0,pcp=0),4,pop_vlan,2"
    )
    send(switch, 3)
    assert received(switch) == {1: 0, 2: 6, 3: 3, 4: 3}
    expect_stats(switch, 1, 3, [3, 3, 3])


def test_changed_groups_are_in_force_at_once(switch):
    of(switch, "add-group", "br0", "group_id=1,type=indirect,bucket=actions=output:2")
    of(switch, "add-flow", "br0", "actions=group:1")
    send(switch, 2)
    of(switch, "mod-group", "br0", "group_id=1,type=all,bucket=actions=output:3")
    send(switch, 2)
    of(switch, "insert-buckets", "br0",
       "group_id=1,command_bucket_id=first,bucket=bucket_id:7,actions=output:4")
    send(switch, 2)
    of(switch, "remove-buckets", "br0", "group_id=1,command_bucket_id=0")
    send(switch, 2)

    assert received(switch) == {1: 0, 2: 2, 3: 4, 4: 4}


def test_a_deleted_group_takes_its_flows_along(switch):
    of(switch, "add-group", "br0", "group_id=1,type=all,bucket=actions=output:2")
    of(switch, "add-group", "br0", "group_id=2,type=all,bucket=actions=group:1")
    of(switch, "add-flow", "br0", "priority=1,actions=output:3")
    of(switch, "add-flow", "br0", "priority=2,actions=group:1")
    of(switch, "add-flow", "br0", "priority=3,tcp,actions=clone(group:2,output:4)")
    of(switch, "add-flow", "br0", "priority=4,arp,actions=write_actions(group:1)")
    assert "group_id=1,ref_count=2" in re.sub(
        r"duration=[^,]*,", "", of(switch, "dump-group-stats", "br0"))
    assert trace(switch) == "2"
    of(switch, "del-groups", "br0", "group_id=1")

    out = of(switch, "--no-stats", "--rsort", "dump-flows", "br0")
    assert out == (" priority=3,tcp actions=clone(group:2,output:4)\n"
                   " priority=1 actions=output:3\n")
    assert trace(switch) == "3"
    assert trace(switch, "in_port=1,tcp") == "4"
    of(switch, "add-group", "br0", "group_id=1,type=all,bucket=actions=output:2")
    assert trace(switch, "in_port=1,tcp") == "2,4"


def test_errors(switch):
    def refused(error, *args):
        result = switch.run("ovs-ofctl", "-O", "OpenFlow15", *args)
        assert f": {error}\n" in result.err, result

    of(switch, "add-group", "br0", "group_id=1,type=all,bucket=bucket_id:1,actions=output:2")
    refused("OFPGMFC_GROUP_EXISTS", "add-group", "br0", "group_id=1,type=all")
    refused("OFPGMFC_UNKNOWN_GROUP", "mod-group", "br0", "group_id=2,type=all")
    refused("OFPGMFC_BUCKET_EXISTS", "insert-buckets", "br0",
            "group_id=1,command_bucket_id=last,bucket=bucket_id:1,actions=output:3")
    refused("OFPGMFC_UNKNOWN_BUCKET", "insert-buckets", "br0",
            "group_id=1,command_bucket_id=5,bucket=bucket_id:2,actions=output:3")
    refused("OFPGMFC_UNKNOWN_BUCKET", "remove-buckets", "br0",
            "group_id=1,command_bucket_id=5")
    refused("OFPBAC_BAD_OUT_GROUP", "add-flow", "br0", "actions=group:9")
    refused("OFPBAC_BAD_OUT_GROUP", "packet-out", "br0",
            "in_port=1,packet=50540000000250540000000108000000,actions=group:9")
    assert of(switch, "dump-groups", "br0").endswith(
        "\n group_id=1,type=all,bucket=bucket_id:1,actions=output:2\n")


def test_fast_failover(switch):
    of(switch, "add-group", "br0",
       "group_id=1,type=ff,bucket=watch_port:2,actions=output:2,"
       "bucket=watch_port:3,actions=output:3")
    of(switch, "add-group", "br0",
       "group_id=2,type=ff,bucket=watch_group:1,actions=group:1,"
       "bucket=watch_port:4,actions=output:4")
    of(switch, "add-flow", "br0", "actions=group:2")

    for down, expected in ((None, 2), ("p2", 3), ("p3", 4)):
        if down:
            switch.appctl("netdev-dummy/set-admin-state", down, "down")
            switch.wait_for(lambda: trace(switch) == str(expected), f"port {expected}")
        before = received(switch)
        send(switch, 2)
        after = received(switch)
        assert {p for p in after if after[p] != before[p]} == {expected}


@pytest.mark.parametrize("method", ["", ",selection_method=hash", ",selection_method=dp_hash",
                                    ",selection_method=hash,fields(ip_src)"])
def test_select_spreads_connections(switch, method):
    of(switch, "add-group", "br0",
       f"group_id=1,type=select{method},bucket=weight:1,actions=output:2,"
       "bucket=weight:3,actions=output:3,bucket=weight:0,actions=output:4")
    of(switch, "add-flow", "br0", "actions=group:1")
    n = 60
    for source in range(1, n + 1):
        send(switch, 2, source)

    counts = received(switch)
    assert counts[2] + counts[3] == 2 * n and not counts[4]
    assert counts[2] % 2 == 0  # A connection keeps its bucket.
    assert 0 < counts[2] < counts[3]
    expect_stats(switch, 1, 2 * n, [counts[2], counts[3], 0])


def test_selection_by_the_datapath_needs_few_flows(switch):
    of(switch, "add-group", "br0",
       "group_id=1,type=select,bucket=actions=output:2,bucket=actions=output:3")
    of(switch, "add-flow", "br0", "actions=group:1,output:4")
    for source in range(1, 60):
        send(switch, 1, source)

    flows = switch.appctl("dpctl/dump-flows").splitlines()
    flows = [flow for flow in flows if "actions:" in flow]
    assert sum("hash(sym_l4(0)),recirc(" in flow for flow in flows) == 1
    assert len(flows) <= 1 + 16
    assert received(switch)[4] == 59


def test_what_follows_a_selection_is_done_when_the_packet_is_back(switch):
    of(switch, "add-group", "br0",
       "group_id=1,type=select,bucket=actions=output:2,bucket=actions=output:2")
    of(switch, "add-flow", "br0",
       "table=0,ip,actions=set_field:7->reg1,resubmit(,1),set_field:1.1.1.1->ip_src,output:3")
    of(switch, "add-flow", "br0",
       "table=1,ip,actions=push:NXM_NX_REG1[],group:1,pop:NXM_NX_REG2[],resubmit(,2),"
       "write_actions(set_field:2.2.2.2->ip_dst,output:4)")
    of(switch, "add-flow", "br0", "table=2,reg2=7,actions=output:4")
    send(switch, 2)

    flows = switch.appctl("dpctl/dump-flows")
    assert "actions:2,4,set(ipv4(src=1.1.1.1)),3,set(ipv4(src=1.1.1.1,dst=2.2.2.2)),4" in flows \
        or "actions:2,4,set(ipv4(src=1.1.1.1)),3,set(ipv4(dst=2.2.2.2)),4" in flows, flows
    assert received(switch) == {1: 0, 2: 2, 3: 2, 4: 4}


def test_packet_out_through_a_selection(switch):
    of(switch, "add-group", "br0", "group_id=1,type=select,bucket=actions=output:2")
    of(switch, "packet-out", "br0",
       "in_port=controller,packet=50540000000250540000000108000000,actions=group:1")

    assert received(switch)[2] == 1
    expect_stats(switch, 1, 1, [1])


def test_loops_of_groups_end(switch):
    of(switch, "add-group", "br0", "group_id=1,type=all,bucket=actions=group:2")
    of(switch, "add-group", "br0", "group_id=2,type=all,bucket=actions=group:1,"
       "bucket=actions=output:2")
    of(switch, "add-flow", "br0", "actions=group:1")

    out = switch.appctl("ofproto/trace", "br0", "in_port=1")
    assert ">>>> over max translation depth 64 <<<<" in out
    assert out.endswith("Translation failed (Recursion too deep), packet is dropped.\n")

