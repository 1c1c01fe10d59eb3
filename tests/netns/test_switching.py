"""A switch that moves real packets between namespaces."""

import re
import sys

import pytest

pytestmark = pytest.mark.netns


def tcp_bytes(client, server, address):
    """Bytes that one second of a TCP stream moved."""
    listener = server.popen("iperf3", "-s", "-1", "--forceflush")
    try:
        for line in listener.stdout:
            if "listening" in line:
                break
        out = client.run("iperf3", "-c", address, "-t", 1, "-J", timeout=30)
    finally:
        listener.terminate()
        listener.wait()
    return int(re.search(r'"sum_received":\s*{.*?"bytes":\s*(\d+)', out, re.DOTALL).group(1))


def test_ping_and_learning(pair):
    switch, _, left, _ = pair

    assert left.ping("10.1.0.2") == 3
    mac = left.run("cat", "/sys/class/net/eth0/address").strip()
    assert mac in switch.appctl("fdb/show", "br0")
    assert "actions:" in switch.appctl("dpif/dump-flows", "br0")


def test_tcp_with_default_offloads(pair):
    _, _, left, right = pair

    assert tcp_bytes(left, right, "10.1.0.2") > 10_000_000


def test_internal_port_talks(pair):
    switch, here, left, _ = pair
    here.ip("addr", "add", "10.1.0.3/24", "dev", "br0")
    here.ip("link", "set", "br0", "up")

    assert here.ping("10.1.0.1") == 3
    assert tcp_bytes(here, left, "10.1.0.1") > 1_000_000
    switch.vsctl("del-br", "br0")
    assert "br0" not in here.ip("link", "show")


def of13(switch, *args):
    switch.vsctl("set", "bridge", "br0", "protocols=OpenFlow10,OpenFlow13,OpenFlow15")
    return switch.ofctl("-O", "OpenFlow13", *args)


def test_meters_hold_tcp_back(pair):
    switch, _, left, right = pair
    of13(switch, "add-meter", "br0", "meter=1,kbps,burst,band=type=drop,rate=20000,burst_size=2000")
    of13(switch, "add-flow", "br0", "priority=5,tcp,in_port=l0,actions=meter:1,normal")

    moved = tcp_bytes(left, right, "10.1.0.2")
    # 20 Mbit/s; large segments are policed as they are.
    assert 250_000 < moved < 5_000_000
    stats = of13(switch, "meter-stats", "br0")
    assert int(re.search(r"byte_in_count:(\d+)", stats).group(1)) >= moved
    assert not re.search(r"0: packet_count:0 ", stats)


def test_tcp_through_groups(pair):
    switch, _, left, right = pair
    of13(switch, "add-group", "br0", "group_id=1,type=select,bucket=r0,bucket=r0")
    of13(switch, "add-group", "br0", "group_id=2,type=ff,bucket=watch_port=l0,output:l0")
    of13(switch, "add-flow", "br0", "priority=5,in_port=l0,actions=group:1")
    of13(switch, "add-flow", "br0", "priority=5,in_port=r0,actions=group:2")

    assert left.ping("10.1.0.2") == 3
    assert tcp_bytes(left, right, "10.1.0.2") > 10_000_000
    assert "hash(sym_l4(0)),recirc(" in switch.appctl("dpctl/dump-flows")


def test_access_ports_of_different_vlans_are_apart(pair):
    switch, _, left, _ = pair
    switch.vsctl("set", "port", "l0", "tag=10", "--", "set", "port", "r0", "tag=20")
    assert left.ping("10.1.0.2", count=1) == 0

    switch.vsctl("set", "port", "r0", "tag=10")
    assert left.ping("10.1.0.2") == 3


def join(switch):
    """Moves r0 to a second bridge, joined to br0 by patch ports pa and pb."""
    switch.vsctl("del-port", "r0", "--", "add-br", "br1",
                 "--", "set", "bridge", "br1", "datapath_type=netdev",
                 "--", "add-port", "br1", "r0",
                 "--", "add-port", "br0", "pa", "--", "set", "interface", "pa", "type=patch",
                 "options:peer=pb",
                 "--", "add-port", "br1", "pb", "--", "set", "interface", "pb", "type=patch",
                 "options:peer=pa")


def test_trunk_carries_the_vlans_it_lists(pair):
    switch, _, left, _ = pair
    join(switch)
    switch.vsctl("set", "port", "l0", "tag=10", "--", "set", "port", "r0", "tag=10")
    assert left.ping("10.1.0.2") == 3

    switch.vsctl("set", "port", "pa", "trunks=11,12")
    assert left.ping("10.1.0.2", count=1) == 0
    switch.vsctl("set", "port", "pa", "trunks=10,11")
    assert left.ping("10.1.0.2") == 3


def test_patch_ports_join_bridges(pair):
    switch, _, left, _ = pair
    join(switch)

    assert left.ping("10.1.0.2") == 3


def test_secure_mode_forwards_only_by_flows(pair):
    switch, _, left, _ = pair
    switch.vsctl("set-fail-mode", "br0", "secure")
    assert left.ping("10.1.0.2", count=1) == 0

    switch.ofctl("add-flow", "br0", "actions=normal")
    assert left.ping("10.1.0.2") == 3
    switch.ofctl("del-flows", "br0")
    assert left.ping("10.1.0.2", count=1) == 0


def test_killed_daemon_comes_back_with_its_ports(pair):
    switch, _, left, _ = pair
    process = switch.processes[-1]
    process.kill()
    process.wait()

    switch.start_vswitchd()
    switch.wait_for(lambda: left.ping("10.1.0.2", count=1) == 1, "traffic after the restart")


def test_device_that_comes_late_and_goes(host, namespaces):
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    result = switch.run("ovs-vsctl", "add-br", "br0",
                        "--", "set", "bridge", "br0", "datapath_type=netdev",
                        "--", "add-port", "br0", "l0", "--", "add-port", "br0", "r0")
    assert "could not open network device l0 (No such device)" in result.err

    here.veth("l0", left, "eth0", "10.1.0.1/24")
    switch.wait_for(lambda: left.ping("10.1.0.2", count=1) == 1, "late device")
    here.ip("link", "del", "l0")
    switch.vsctl("--timeout=10", "wait-until", "interface", "l0", "ofport=-1")


def test_internal_port_moved_into_a_namespace_goes_on_switching(pair, namespaces):
    switch, here, left, _ = pair
    guest = namespaces("guest")
    switch.vsctl("add-port", "br0", "int0", "--", "set", "interface", "int0", "type=internal")
    here.ip("link", "set", "int0", "netns", guest.name)
    guest.ip("link", "set", "int0", "up")
    guest.ip("addr", "add", "10.1.0.9/24", "dev", "int0", "nodad")
    switch.vsctl("set", "port", "r0", "external_ids:looked=again")

    assert guest.ping("10.1.0.1") == 3
    assert tcp_bytes(left, guest, "10.1.0.9") > 1_000_000
    switch.vsctl("del-port", "int0")
    assert "int0" not in guest.ip("link", "show")


def test_internal_ports_outlive_the_switch(host):
    switch, here = host
    switch.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
    here.ip("addr", "add", "10.1.0.3/24", "dev", "br0")

    switch.appctl("exit")
    switch.processes[-1].wait(10)
    switch.start_vswitchd()
    assert "10.1.0.3" in here.ip("addr", "show", "dev", "br0")
    # Once the new one has taken its ports over.
    switch.wait_for(lambda: "br0 65534" in switch.appctl("dpif/show"), "the bridge")
    switch.appctl("exit", "--cleanup")
    switch.processes[-1].wait(10)
    assert "br0" not in here.ip("link", "show")
    switch.start_vswitchd()


CAPTURE = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 0))
print("ready", flush=True)
directions = set()
while len(directions) < 2:
    data, address = s.recvfrom(65536)
    if data[12:14].hex() == "0800":
        directions.add(address[2] == socket.PACKET_OUTGOING)
"""


def test_a_capture_on_a_port_sees_both_directions(pair):
    _, here, left, _ = pair
    capture = here.popen(sys.executable, "-c", CAPTURE, "l0")
    try:
        assert capture.stdout.readline() == "ready\n"
        assert left.ping("10.1.0.2") == 3
        assert capture.wait(5) == 0
    finally:
        capture.kill()
        capture.wait()


def test_device_made_anew_is_served_again(pair):
    switch, here, left, right = pair
    assert left.ping("10.1.0.2") == 3
    here.ip("link", "del", "r0")
    assert left.ping("10.1.0.2", count=1) == 0
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    left.ip("neigh", "flush", "all")

    switch.wait_for(lambda: left.ping("10.1.0.2", count=1) == 1, "traffic")


def test_device_that_changes_its_name_and_back(pair):
    switch, here, left, _ = pair
    here.ip("link", "set", "r0", "down")
    here.ip("link", "set", "r0", "name", "r9")
    here.ip("link", "set", "r9", "up")
    switch.wait_for(
        lambda: "No such device" in switch.vsctl("get", "interface", "r0", "error"), "its error"
    )

    here.ip("link", "set", "r9", "down")
    here.ip("link", "set", "r9", "name", "r0")
    here.ip("link", "set", "r0", "up")
    switch.wait_for(lambda: left.ping("10.1.0.2", count=1) == 1, "traffic")
    assert switch.vsctl("get", "interface", "r0", "error").strip() == "[]"


def test_link_state_and_mtu_follow_the_device(pair):
    switch, here, _, right = pair
    switch.wait_for(
        lambda: switch.vsctl("get", "interface", "r0", "link_state").strip() == "up", "link"
    )
    here.ip("link", "set", "r0", "mtu", 1400)
    right.ip("link", "set", "eth0", "down")

    switch.wait_for(
        lambda: switch.vsctl("get", "interface", "r0", "link_state").strip() == "down", "link"
    )
    assert switch.vsctl("get", "interface", "r0", "mtu").strip() == "1400"


def test_queues_are_placed_anew(pair):
    switch, _, left, _ = pair
    assert left.ping("10.1.0.2") == 3

    assert "requested" in switch.appctl("dpif-netdev/pmd-rxq-rebalance")
    shown = switch.appctl("dpif-netdev/pmd-rxq-show")
    assert sorted(re.findall(r"port: (\S+)", shown)) == ["br0", "l0", "ovs-netdev", "r0"]
    assert left.ping("10.1.0.2") == 3
    switch.vsctl("del-port", "l0", "--", "add-port", "br0", "l0")
    assert left.ping("10.1.0.2") == 3
