"""Switches that have real devices."""

import pytest


@pytest.fixture
def host(ours, namespaces):
    """(switch, its namespace)."""
    namespace = namespaces("host")
    ours.netns = namespace.name
    ours.start_ovsdb_server()
    ours.start_vswitchd()
    yield ours, namespace
    ours.appctl("exit", "--cleanup")


@pytest.fixture
def pair(host, namespaces):
    """(switch, here, left, right): two hosts on bridge br0."""
    switch, here = host
    left, right = namespaces("left", "right")
    here.veth("l0", left, "eth0", "10.1.0.1/24")
    here.veth("r0", right, "eth0", "10.1.0.2/24")
    switch.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
                 "--", "add-port", "br0", "l0", "--", "add-port", "br0", "r0")
    return switch, here, left, right
