"""The networks that the guides build: several bridges, virtual machines, two
hosts, VLANs, and a controller that learns.

A virtual machine is a namespace with a veth pair whose near end an "ifup"
step adds to the bridge, as hypervisors' scripts do."""

import os
import re

import pytest

pytestmark = pytest.mark.netns


class Host:
    """A machine with a switch: a suite whose programs run in a namespace."""

    def __init__(self, switch, namespace):
        self.switch = switch
        self.namespace = namespace
        switch.netns = namespace.name
        switch.start_ovsdb_server()
        switch.start_vswitchd("--disable-system-route")

    def add_bridge(self, name, *args):
        # The peer has no kernel datapath where tests run.
        self.switch.vsctl("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", *args)

    def connect(self, bridge, device, other, address, *settings):
        """A device of this host, in the bridge, that leads to 'other'."""
        self.namespace.veth(device, other, "eth0", address)
        if self.switch.kind == "peer":
            other.run("ethtool", "-K", "eth0", "tx", "off")
        self.switch.vsctl("add-port", bridge, device, *settings)

    def patch(self, one, two):
        for bridge, peer in ((one, two), (two, one)):
            port = f"patch-to-{peer}"
            # There is no such device, says the switch, before the type is set.
            self.switch.run("ovs-vsctl", "add-port", bridge, port)
        for bridge, peer in ((one, two), (two, one)):
            port = f"patch-to-{peer}"
            self.switch.vsctl("set", "interface", port, "type=patch")
            self.switch.vsctl("set", "interface", port, f"options:peer=patch-to-{bridge}")


@pytest.fixture
def host(either, namespaces):
    made = Host(either, namespaces("host"))
    yield made
    either.appctl("exit", "--cleanup")


def all_ping(hosts, addresses):
    for number, namespace in enumerate(hosts):
        for address in addresses[number + 1 :]:
            assert namespace.ping(address, count=2) == 2, (number, address)


# Five basic networks.


def test_one_bridge_with_machines_and_virtual_machines(host, namespaces):
    """Networks 1 to 3: machines behind two devices, virtual machines whose
    ports come and go by scripts, and both on one bridge."""
    host.add_bridge("br0")
    hosts = namespaces("h1", "h2", "vm1", "vm2")
    addresses = [f"10.2.0.{number}" for number in range(1, 5)]
    for namespace, device, address in zip(hosts, ("eth0", "eth1", "tap0", "tap1"), addresses):
        host.connect("br0", device, namespace, address + "/24")
    all_ping(hosts, addresses)

    # ifdown: the machine ends, its port goes.
    host.switch.vsctl("del-port", "br0", "tap1")
    assert hosts[0].ping("10.2.0.4", count=1) == 0
    host.switch.vsctl("add-port", "br0", "tap1")
    assert hosts[0].ping("10.2.0.4") == 3


def test_two_bridges_joined_step_by_step(host, namespaces):
    """Network 4, with the commands in the order in which the guide has them:
    ports first, types and peers later."""
    hosts = namespaces("h1", "h2", "h3")
    for name in ("br0", "br1"):
        host.add_bridge(name)
    host.connect("br0", "e0", hosts[0], "10.2.0.1/24")
    host.connect("br1", "e1", hosts[1], "10.2.0.2/24")
    host.connect("br1", "e2", hosts[2], "10.2.0.3/24")
    assert hosts[0].ping("10.2.0.2", count=1) == 0

    host.patch("br0", "br1")
    all_ping(hosts, ["10.2.0.1", "10.2.0.2", "10.2.0.3"])
    host.switch.vsctl("del-port", "patch-to-br1")
    assert hosts[0].ping("10.2.0.2", count=1) == 0


def test_two_hosts_with_a_bridge_each(ours, peer, namespaces):
    """Network 5, and switches of both kinds on one wire."""
    one, two = (Host(suite, namespaces(suite.kind)) for suite in (ours, peer))
    hosts = namespaces("a", "b", "c", "d")
    one.namespace.veth("eth1", two.namespace, "eth1")
    for number, (host, namespace) in enumerate(zip((one, one, two, two), hosts)):
        if number % 2 == 0:
            host.add_bridge("br0")
            host.switch.vsctl("add-port", "br0", "eth1")
        host.connect("br0", f"tap{number}", namespace, f"10.2.0.{number + 1}/24",
                     f"tag={100 + number % 2}")

    assert hosts[0].ping("10.2.0.3") == 3
    assert hosts[1].ping("10.2.0.4") == 3
    assert hosts[0].ping("10.2.0.4", count=1) == 0
    assert hosts[0].ping("10.2.0.2", count=1) == 0
    table = ours.appctl("fdb/show", "br0")
    assert re.search(r" 100 ", table) and re.search(r" 101 ", table)


# The address of a device moves to the bridge.


def test_address_moves_to_the_bridge(host, namespaces):
    world = namespaces("world")
    here = host.namespace
    here.veth("eth0", world, "eth0", "10.2.0.1/24")
    here.ip("addr", "add", "10.2.0.9/24", "dev", "eth0")
    assert here.ping("10.2.0.1") == 3
    if host.switch.kind == "peer":
        world.run("ethtool", "-K", "eth0", "tx", "off")

    host.add_bridge("br0")
    host.switch.vsctl("add-port", "br0", "eth0")
    here.ip("addr", "flush", "dev", "eth0")
    here.ip("addr", "add", "10.2.0.9/24", "dev", "br0")
    here.ip("link", "set", "br0", "up")
    here.ip("route", "add", "default", "via", "10.2.0.1")
    assert here.ping("10.2.0.1") == 3


# VLANs on a bridge without flows of its own.


def test_vlans_isolate_once_flows_are_there(host, namespaces):
    host.add_bridge("s1", "fail_mode=secure")
    hosts = namespaces("h1", "h2", "h3")
    for number, namespace in enumerate(hosts, 1):
        host.connect("s1", f"s1-eth{number}", namespace, f"10.0.0.{number}/8")
    assert hosts[0].ping("10.0.0.2", count=1) == 0

    host.switch.ofctl("add-flow", "s1", "action=normal")
    assert hosts[0].ping("10.0.0.2") == 3
    host.switch.vsctl("set", "Port", "s1-eth1", "tag=100")
    host.switch.vsctl("set", "Port", "s1-eth2", "tag=200")
    assert hosts[0].ping("10.0.0.2", count=2) == 0
    table = host.switch.appctl("fdb/show", "s1")
    assert re.search(r"^ +1 +100 ", table, re.MULTILINE)
    # What an access port floods to a trunk has the tag.
    dump = host.switch.appctl("dpif/dump-flows", "s1")
    assert "push_vlan(vid=100,pcp=0)" in dump


# MAC learning, fail modes, a controller.


@pytest.fixture
def controlled(host, namespaces):
    hosts = namespaces("h1", "h2")
    host.add_bridge("br-test")
    for number, namespace in enumerate(hosts, 1):
        host.connect("br-test", f"p{number}", namespace, f"10.2.0.{number}/24")
    return host, hosts


def start_controller(switch, port):
    """The peer's learning controller, in the host's namespace."""
    inside = ["ip", "netns", "exec", switch.netns]
    if not os.environ.get("OVS_PEER"):
        pytest.skip("needs a controller: OVS_PEER is not set")
    command = [*inside, os.environ["OVS_PEER"], "ovs-testcontroller", f"ptcp:{port}"]
    return switch.start_command("controller", command)


def is_connected(switch):
    return switch.vsctl("get", "controller", "br-test", "is_connected") == "true\n"


def test_controller_learns_and_is_missed(controlled):
    host, hosts = controlled
    switch = host.switch
    assert hosts[0].ping("10.2.0.2") == 3
    assert len(switch.appctl("fdb/show", "br-test").splitlines()) > 2

    switch.vsctl("set-fail-mode", "br-test", "secure")
    switch.vsctl("set-controller", "br-test", "tcp:127.0.0.1:6633", "--", "set", "controller",
                 "br-test", "max_backoff=1000")
    assert hosts[0].ping("10.2.0.2", count=2) == 0
    assert switch.vsctl("get", "controller", "br-test", "is_connected") == "false\n"

    controller = start_controller(switch, 6633)
    switch.wait_for(lambda: is_connected(switch), "the controller")
    switch.wait_for(lambda: hosts[0].ping("10.2.0.2", count=1) == 1, "forwarding")
    assert "is_connected: true" in switch.vsctl("show")
    status = switch.vsctl("get", "controller", "br-test", "status", "role")
    assert "state=ACTIVE" in status and "sec_since_connect=" in status
    # The controller's flows forward, not the switch.
    assert "idle_timeout=60" in switch.ofctl("dump-flows", "br-test")

    controller.terminate()
    controller.wait()
    switch.wait_for(lambda: not is_connected(switch), "the loss")
    # Secure: the flows stay, new ones need the controller.
    assert "idle_timeout=60" in switch.ofctl("dump-flows", "br-test")
    switch.ofctl("del-flows", "br-test")
    assert hosts[0].ping("10.2.0.2", count=1) == 0
    switch.vsctl("del-controller", "br-test", "--", "del-fail-mode", "br-test")
    switch.wait_for(lambda: hosts[0].ping("10.2.0.2", count=1) == 1, "the switch alone")


def test_standalone_switch_does_without_its_controller(controlled):
    host, hosts = controlled
    switch = host.switch
    switch.vsctl("set-fail-mode", "br-test", "standalone", "--", "set-controller", "br-test",
                 "tcp:127.0.0.1:6633", "--", "set", "controller", "br-test",
                 "max_backoff=1000", "inactivity_probe=1000")

    # After three times the probe without a controller.
    switch.wait_for(lambda: hosts[0].ping("10.2.0.2", count=1) == 1, "standalone", 20)
    start_controller(switch, 6633)
    switch.wait_for(lambda: is_connected(switch), "the controller")
    switch.wait_for(lambda: hosts[0].ping("10.2.0.2", count=1) == 1, "forwarding")


# Logging.


def test_log_levels_change_at_run_time(either):
    def wait_for(text):
        # A thread of the peer's own writes its log.
        either.wait_for(lambda: text in either.log("ovs-vswitchd"), text)

    either.start_dummy()
    assert "bridge" in either.appctl("vlog/list")
    assert "|DBG|" not in either.log("ovs-vswitchd")

    either.appctl("vlog/set", "ANY:file:dbg")
    either.vsctl("add-br", "br0")
    wait_for("|DBG|")
    either.appctl("vlog/set", "info")
    either.appctl("vlog/reopen")
    before = either.log("ovs-vswitchd").count("|DBG|")
    either.vsctl("add-br", "br1")
    assert either.log("ovs-vswitchd").count("|DBG|") == before

    either.appctl("vlog/set", "PATTERN:file:<%c:%p> %m")
    either.vsctl("add-br", "br2")
    wait_for("<bridge:INFO> bridge br2: added interface br2 on port 65534")
    either.appctl("vlog/set", "bridge:file:off")
    either.vsctl("add-br", "br3")
    assert "br3: added interface" not in either.log("ovs-vswitchd")

    log = either.run_dir / "ovs-vswitchd.log"
    log.rename(log.with_suffix(".1"))
    either.appctl("vlog/set", "bridge:file:info")
    either.appctl("vlog/reopen")
    either.vsctl("add-br", "br4")
    wait_for("br4")
