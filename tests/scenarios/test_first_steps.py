"""The first things that people do with a switch, with real packets.

The "host" namespace is the machine with the switch; the others are what its
devices lead to."""

import re

import pytest

pytestmark = pytest.mark.netns


@pytest.fixture
def host(either, namespaces):
    """(switch, namespace): a started switch in a namespace of its own."""
    namespace = namespaces("host")
    either.netns = namespace.name
    either.start_ovsdb_server()
    either.start_vswitchd("--disable-system-route")
    yield either, namespace
    either.appctl("exit", "--cleanup")


def add_bridge(switch, name, *args):
    """Adds a bridge; the peer has no kernel datapath where tests run."""
    switch.vsctl("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", *args)


def plain_checksums(switch, *ends):
    """The peer's default switch drops packets with partial checksums; ours
    must carry them, so only the peer gets this favour."""
    if switch.kind == "peer":
        for namespace, device in ends:
            namespace.run("ethtool", "-K", device, "tx", "off")


def tcp_bytes(client, server, address, seconds=1):
    """Bytes that one TCP stream moved."""
    listener = server.popen("iperf3", "-s", "-1", "--forceflush")
    try:
        for line in listener.stdout:
            if "listening" in line:
                break
        out = client.run("iperf3", "-c", address, "-t", seconds, "-J", timeout=seconds + 20)
    finally:
        listener.terminate()
        listener.wait()
    return int(re.search(r'"sum_received":\s*{.*?"bytes":\s*(\d+)', out, re.DOTALL).group(1))


def test_first_bridge_by_hand(host, namespaces):
    switch, here = host
    world = namespaces("world")
    here.veth("ens36", world, "eth0", "192.168.83.1/24")

    add_bridge(switch, "br0")
    assert "state DOWN" in here.ip("link", "show", "br0")
    here.ip("addr", "add", "192.168.83.132/24", "dev", "br0")
    here.ip("link", "set", "br0", "up")
    switch.vsctl("add-port", "br0", "ens36")
    plain_checksums(switch, (world, "eth0"), (here, "br0"))

    assert here.ping("192.168.83.1") == 3
    assert tcp_bytes(here, world, "192.168.83.1") > 1_000_000
    assert switch.vsctl("list-ports", "br0") == "ens36\n"
    assert switch.vsctl("port-to-br", "ens36") == "br0\n"
    here.ip("link", "set", "ens36", "down")
    assert here.ping("192.168.83.1") == 0
    here.ip("link", "set", "ens36", "up")
    assert here.ping("192.168.83.1") == 3
    switch.vsctl("del-port", "br0", "ens36")
    assert here.ping("192.168.83.1") == 0
    switch.vsctl("del-br", "br0")
    assert "br0" not in here.ip("link", "show")


def test_two_hosts_on_a_bridge_talk_tcp(host, namespaces):
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("l0", left, "eth0", "10.1.0.1/24")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    add_bridge(switch, "br0")
    switch.vsctl("add-port", "br0", "l0", "--", "add-port", "br0", "r0")
    plain_checksums(switch, (left, "eth0"), (right, "eth0"))

    assert left.ping("10.1.0.2") == 3
    assert tcp_bytes(left, right, "10.1.0.2") > 1_000_000
    ports = {line.split()[0] for line in switch.appctl("fdb/show", "br0").splitlines()[1:]}
    assert {"1", "2"} <= ports


def test_bridges_joined_by_patch_ports(host, namespaces):
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("l0", left, "eth0", "10.1.0.1/24")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    for bridge, port, peer in (("br0", "l0", "br1"), ("br1", "r0", "br0")):
        add_bridge(switch, bridge)
        patch = f"patch-to-{peer}"
        options = f"options:peer=patch-to-{bridge}"
        switch.vsctl(
            "add-port", bridge, port, "--", "add-port", bridge, patch,
            "--", "set", "interface", patch, "type=patch", options,
        )  # fmt: skip
    plain_checksums(switch, (left, "eth0"), (right, "eth0"))

    assert left.ping("10.1.0.2") == 3
    assert tcp_bytes(left, right, "10.1.0.2") > 1_000_000


def test_vlans_keep_hosts_apart(host, namespaces):
    switch, here = host
    hosts = namespaces("a", "b", "c")
    add_bridge(switch, "br0")
    for number, (namespace, tag) in enumerate(zip(hosts, (100, 100, 200))):
        here.veth(f"p{number}", namespace, "eth0", f"10.1.0.{number + 1}/24")
        switch.vsctl("add-port", "br0", f"p{number}", f"tag={tag}")

    assert hosts[0].ping("10.1.0.2") == 3
    assert hosts[0].ping("10.1.0.3", count=2) == 0
    switch.vsctl("set", "port", "p2", "tag=100")
    assert hosts[0].ping("10.1.0.3") == 3


def test_fail_modes(host, namespaces):
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("l0", left, "eth0", "10.1.0.1/24")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    add_bridge(switch, "br0", "fail_mode=secure")
    switch.vsctl("add-port", "br0", "l0", "--", "add-port", "br0", "r0")

    assert switch.vsctl("get-fail-mode", "br0") == "secure\n"
    assert "actions=" not in switch.ofctl("dump-flows", "br0")
    assert left.ping("10.1.0.2", count=2) == 0
    switch.vsctl("del-fail-mode", "br0")
    switch.wait_for(
        lambda: "actions=NORMAL" in switch.ofctl("dump-flows", "br0"), "standalone flow"
    )
    assert left.ping("10.1.0.2") == 3


def test_flows_decide(host, namespaces):
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("l0", left, "eth0", "10.1.0.1/24")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    add_bridge(switch, "br0")
    switch.vsctl("add-port", "br0", "l0", "--", "add-port", "br0", "r0")
    assert left.ping("10.1.0.2") == 3

    switch.ofctl("add-flow", "br0", "priority=100,icmp,actions=drop")
    if switch.kind == "peer":  # It checks the flows that it has after a while.
        switch.wait_for(lambda: left.ping("10.1.0.2", count=1) == 0, "the flow decides")
    assert left.ping("10.1.0.2", count=2) == 0
    dump = switch.ofctl("dump-flows", "br0", "icmp")
    packets = re.search(r"n_packets=(\d+), .*priority=100,icmp actions=drop", dump)
    assert int(packets.group(1)) >= 2
    switch.ofctl("del-flows", "br0", "icmp")
    assert left.ping("10.1.0.2") == 3


def test_switch_survives_kill(host, namespaces):
    """kill -9 of the switch: a new one takes the ports up again."""
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("l0", left, "eth0", "10.1.0.1/24")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    add_bridge(switch, "br0")
    switch.vsctl("add-port", "br0", "l0", "--", "add-port", "br0", "r0")
    assert left.ping("10.1.0.2") == 3

    daemon = switch.processes[-1]
    daemon.kill()
    daemon.wait(timeout=10)
    switch.start_vswitchd("--disable-system-route")
    switch.wait_for(lambda: left.ping("10.1.0.2", count=1) == 1, "ping after a restart")


def test_database_survives_kill(host):
    """kill -9 of the database server: the switch reconnects by itself."""
    switch, _ = host
    add_bridge(switch, "br0")
    server = switch.processes[0]
    server.kill()
    server.wait(timeout=10)
    (switch.run_dir / "ovsdb-server.pid").unlink(missing_ok=True)
    (switch.run_dir / "db.sock").unlink(missing_ok=True)
    switch.start_ovsdb_server()
    out = switch.vsctl("--timeout=20", "add-port", "br0", "in0", "--", "set", "interface", "in0", "type=internal")
    assert out == ""
    assert switch.vsctl("list-ports", "br0") == "in0\n"

