"""Meters in the switch: policing, statistics, and the flows that name them."""

import re

import pytest

from lib.suite import ALL_VERSIONS

PACKET = ("in_port({port}),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x0800),"
          "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=53)")


@pytest.fixture
def switch(either):
    either.start_dummy_bridge(2, ALL_VERSIONS)
    either.appctl("time/stop")
    return either


def of(switch, *args):
    return switch.ofctl("-O", "OpenFlow13", "--no-names", *args)


def send(switch, count, port=1):
    switch.appctl("netdev-dummy/receive", f"p{port}", *[PACKET.format(port=port)] * count)


def sent(switch, port=2):
    out = switch.ofctl("dump-ports", "br0", str(port))
    return int(re.search(r"tx pkts=(\d+)", out).group(1))


def stats(switch, meter):
    """(packets, bytes, [(packets, bytes) dropped by each band])."""
    out = of(switch, "meter-stats", "br0", f"meter={meter}")
    numbers = [int(n) for n in re.findall(r"_count:(\d+)", out)[1:]]
    return numbers[0], numbers[1], list(zip(numbers[2::2], numbers[3::2]))


def test_packets_above_the_rate_are_dropped(switch):
    of(switch, "add-meter", "br0", "meter=1,pktps,burst,stats,bands=type=drop,rate=10,burst_size=5")
    of(switch, "add-flow", "br0", "in_port=1,actions=meter:1,output:2")
    send(switch, 12)
    assert sent(switch) == 5
    switch.appctl("time/warp", "200")
    send(switch, 12)
    assert sent(switch) == 7
    packets, _, bands = stats(switch, 1)
    assert packets == 24 and bands[0][0] == 17


def test_bytes_above_the_rate_are_dropped(switch):
    # Frames of 106 bytes: 848 bits; 3 kbit in the beginning.
    of(switch, "add-meter", "br0", "meter=1,kbps,burst,bands=type=drop,rate=1,burst_size=3")
    of(switch, "add-flow", "br0", "in_port=1,actions=meter:1,output:2")
    send(switch, 1)
    size = stats(switch, 1)[1]
    send(switch, 9)
    assert sent(switch) == 3000 // (8 * size)
    switch.appctl("time/warp", "10000")
    send(switch, 10)
    assert sent(switch) == 2 * (3000 // (8 * size))


def test_a_changed_meter_is_in_force_at_once(switch):
    of(switch, "add-meter", "br0", "meter=1,pktps,bands=type=drop,rate=1")
    of(switch, "add-flow", "br0", "in_port=1,actions=meter:1,output:2")
    send(switch, 10)
    assert sent(switch) == 1
    of(switch, "mod-meter", "br0", "meter=1,pktps,bands=type=drop,rate=1000")
    send(switch, 10)
    assert sent(switch) == 11


def test_a_deleted_meter_takes_its_flows_along(switch):
    of(switch, "add-meter", "br0", "meter=1,pktps,bands=type=drop,rate=1")
    of(switch, "add-meter", "br0", "meter=2,pktps,bands=type=drop,rate=1")
    of(switch, "add-flow", "br0", "in_port=1,actions=meter:1,output:2")
    of(switch, "add-flow", "br0", "in_port=2,actions=meter:2,output:1")
    of(switch, "add-flow", "br0", "priority=1,actions=output:2")
    assert "meter:1 flow_count:1 " in of(switch, "meter-stats", "br0")
    of(switch, "del-meter", "br0", "meter=1")

    assert of(switch, "--no-stats", "--rsort", "dump-flows", "br0") == (
        " in_port=2 actions=meter:2,output:1\n priority=1 actions=output:2\n")
    send(switch, 10)
    assert sent(switch) == 10


def test_deleting_all_groups_leaves_flows_with_meters(switch):
    of(switch, "add-meter", "br0", "meter=1,pktps,bands=type=drop,rate=1")
    of(switch, "add-group", "br0", "group_id=1,type=all,bucket=output:2")
    of(switch, "add-flow", "br0", "in_port=1,actions=meter:1,output:2")
    of(switch, "add-flow", "br0", "in_port=2,actions=meter:1,group:1")
    of(switch, "del-groups", "br0")

    assert of(switch, "--no-stats", "dump-flows", "br0") == " in_port=1 actions=meter:1,output:2\n"


def test_packets_to_controllers_are_policed(switch):
    of(switch, "add-flow", "br0", "in_port=1,actions=controller,output:2")

    def actions():
        out = switch.appctl("ofproto/trace", "br0", "in_port=1")
        return re.search("Datapath actions: (.*)", out).group(1)

    plain = actions()
    assert plain.startswith("userspace(pid=0,controller(reason=1,")
    of(switch, "add-meter", "br0", "meter=controller,pktps,bands=type=drop,rate=2")
    assert re.match(r"sample\(sample=100.0%,actions\(meter\(\d+\),userspace\(", actions())
    send(switch, 10)
    assert sent(switch) == 10  # Only what goes to controllers is.
    assert stats(switch, "controller")[0] == 10
    assert stats(switch, "controller")[2][0][0] == 8
    of(switch, "del-meters", "br0")
    assert re.sub("recirc_id=[0-9]*", "", actions()) == re.sub("recirc_id=[0-9]*", "", plain)


def test_errors(switch):
    def refused(error, *args):
        result = switch.run("ovs-ofctl", "-O", "OpenFlow13", *args)
        assert f": {error}\n" in result.out + result.err, result

    of(switch, "add-meter", "br0", "meter=1,pktps,bands=type=drop,rate=1")
    refused("OFPMMFC_METER_EXISTS", "add-meter", "br0", "meter=1,pktps,bands=type=drop,rate=1")
    refused("OFPMMFC_UNKNOWN_METER", "mod-meter", "br0", "meter=2,pktps,bands=type=drop,rate=1")
    refused("OFPMMFC_UNKNOWN_METER", "meter-stats", "br0", "meter=2")
    refused("OFPMMFC_INVALID_METER", "add-flow", "br0", "actions=meter:2,output:1")
    refused("OFPMMFC_BAD_BAND", "add-meter", "br0",
            "meter=2,pktps,bands=type=dscp_remark,rate=1,prec_level=1")
    refused("OFPMMFC_OUT_OF_BANDS", "add-meter", "br0",
            "meter=2,pktps,bands=" + " ".join(["type=drop,rate=1"] * 9))
    assert of(switch, "dump-meters", "br0").endswith("\nmeter=1 pktps bands=\ntype=drop rate=1\n")
