"""Bridges, ports and what the database tells of them, with dummy devices."""

import re

import pytest


@pytest.fixture
def switch(either):
    either.start_dummy()
    return either


def add_br0(switch, *args):
    switch.vsctl(
        "add-br", "br0",
        "--", "set", "bridge", "br0", "datapath-type=dummy",
        "other-config:hwaddr=aa:55:aa:55:00:01", "fail-mode=secure",
        *args,
    )


def port(name, number, *settings):
    """Arguments of ovs-vsctl that add a dummy port with this number."""
    return [
        "--", "add-port", "br0", name,
        "--", "set", "interface", name, "type=dummy", f"ofport_request={number}", *settings,
    ]


def get(switch, table, record, column):
    return switch.vsctl("get", table, record, column).strip()


def test_bridge_has_address_and_datapath_id(switch):
    add_br0(switch)

    assert get(switch, "bridge", "br0", "datapath_id") == '"0000aa55aa550001"'
    assert get(switch, "interface", "br0", "mac_in_use") == '"aa:55:aa:55:00:01"'
    assert get(switch, "interface", "br0", "ofport") == "65534"
    assert get(switch, "interface", "br0", "admin_state") == "up"
    assert get(switch, "bridge", "br0", "datapath_version") == '"<built-in>"'


def test_datapath_id_can_be_set(switch):
    add_br0(switch, "other-config:datapath-id=0123456789abcdef")

    assert get(switch, "bridge", "br0", "datapath_id") == '"0123456789abcdef"'
    switch.vsctl("remove", "bridge", "br0", "other-config", "datapath-id")
    assert get(switch, "bridge", "br0", "datapath_id") == '"0000aa55aa550001"'


def test_address_without_hwaddr_is_stable_and_local(switch):
    switch.vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath-type=dummy")

    uuid = get(switch, "bridge", "br1", "_uuid").replace("-", "")
    raw = bytes.fromhex(uuid)
    octets = list(raw[3::-1] + raw[7:5:-1])
    octets[0] = (octets[0] & 0xFE) | 2
    mac = ":".join(f"{octet:02x}" for octet in octets)
    assert get(switch, "interface", "br1", "mac_in_use") == f'"{mac}"'


def test_dpif_show_numbers_follow_names(switch):
    add_br0(switch, *port("p1", 1), *port("p7", 9))

    assert switch.appctl("dpif/show") == (
        "dummy@ovs-dummy: hit:0 missed:0\n"
        "  br0:\n"
        "    br0 65534/100: (dummy-internal)\n"
        "    p1 1/1: (dummy)\n"
        "    p7 9/7: (dummy)\n"
    )
    assert switch.appctl("dpif/dump-dps") == "dummy@br0\n"
    assert switch.appctl("ofproto/list") == "br0\n"


def test_patch_ports_are_no_datapath_ports(switch):
    add_br0(
        switch,
        "--", "add-br", "br1", "--", "set", "bridge", "br1", "datapath-type=dummy",
        "--", "add-port", "br0", "pa",
        "--", "set", "interface", "pa", "type=patch", "options:peer=pb", "ofport_request=3",
        "--", "add-port", "br1", "pb",
        "--", "set", "interface", "pb", "type=patch", "options:peer=pa", "ofport_request=4",
    )

    shown = switch.appctl("dpif/show")
    assert "    pa 3/none: (patch: peer=pb)\n" in shown
    assert "    pb 4/none: (patch: peer=pa)\n" in shown


def test_ofport_request_is_kept_and_can_change(switch):
    add_br0(switch, *port("p1", 5))
    assert get(switch, "interface", "p1", "ofport") == "5"

    switch.vsctl("set", "interface", "p1", "ofport_request=6")
    assert get(switch, "interface", "p1", "ofport") == "6"

    switch.vsctl("add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy",
                 "ofport_request=6")
    assert get(switch, "interface", "p2", "ofport") not in ("6", "-1")


def test_deleted_port_is_gone(switch):
    add_br0(switch, *port("p1", 1), *port("p2", 2))

    switch.vsctl("del-port", "br0", "p1")
    shown = switch.appctl("dpif/show")
    assert "p1" not in shown
    assert "    p2 2/2: (dummy)\n" in shown
    switch.vsctl("del-br", "br0")
    assert switch.appctl("dpif/show") == ""
    assert switch.appctl("ofproto/list") == ""


def test_unknown_type_is_an_error_of_the_interface(switch):
    add_br0(switch)

    result = switch.run("ovs-vsctl", "add-port", "br0", "x1", "--",
                        "set", "interface", "x1", "type=nonesuch")
    error = "could not open network device x1 (Address family not supported by protocol)"
    assert error in result.err
    assert get(switch, "interface", "x1", "error") == f'"{error}"'
    assert get(switch, "interface", "x1", "ofport") == "-1"


def test_patch_without_peer_is_an_error(switch):
    add_br0(switch)

    switch.run("ovs-vsctl", "add-port", "br0", "x1", "--", "set", "interface", "x1", "type=patch")
    assert get(switch, "interface", "x1", "error") == (
        "\"x1: patch type requires valid 'peer' argument\""
    )


def test_mtu_of_internal_port_follows_the_others(switch):
    add_br0(switch, *port("p1", 1, "mtu_request=1200"))

    assert get(switch, "interface", "p1", "mtu") == "1200"
    assert get(switch, "interface", "br0", "mtu") == "1200"


def test_admin_state_is_reported(switch):
    add_br0(switch, *port("p1", 1))

    assert switch.appctl("netdev-dummy/set-admin-state", "p1", "down") == "OK\n"
    switch.vsctl("--timeout=10", "wait-until", "interface", "p1", "admin_state=down")
    switch.appctl("netdev-dummy/set-admin-state", "p1", "up")
    switch.vsctl("--timeout=10", "wait-until", "interface", "p1", "admin_state=up")


def test_fdb_commands(switch):
    add_br0(switch, *port("p1", 1))

    assert switch.appctl("fdb/show", "br0") == " port  VLAN  MAC                Age\n"
    switch.appctl("fdb/add", "br0", "p1", "10", "00:01:02:03:04:05")
    assert switch.appctl("fdb/show", "br0") == (
        " port  VLAN  MAC                Age\n"
        "    1    10  00:01:02:03:04:05  static\n"
    )
    switch.appctl("fdb/del", "br0", "10", "00:01:02:03:04:05")
    assert switch.appctl("fdb/flush", "br0") == "table successfully flushed\n"
    for command in ("fdb/show", "fdb/flush", "fdb/stats-show", "fdb/stats-clear"):
        result = switch.run("ovs-appctl", command, "nope")
        assert result.code == 2
        assert result.err.startswith("no such bridge\n")


def test_restart_keeps_port_numbers(switch):
    add_br0(switch, "--", "add-port", "br0", "pz", "--", "add-port", "br0", "pa")
    before = {name: get(switch, "interface", name, "ofport") for name in ("pa", "pz")}

    process = switch.processes[-1]
    process.kill()
    process.wait()
    switch.start_vswitchd("--enable-dummy=override", "--disable-system", "--disable-system-route")
    switch.wait_for(lambda: "pz" in switch.appctl("dpif/show"), "ports after the restart")
    shown = switch.appctl("dpif/show")
    for name, number in before.items():
        assert re.search(rf"^    {name} {number}/", shown, re.MULTILINE)


def test_server_restart_is_survived(switch):
    add_br0(switch, *port("p1", 1))

    server = switch.processes[0]
    server.kill()
    server.wait()
    switch.start_ovsdb_server()
    switch.vsctl("--timeout=15", "add-port", "br0", "p2", "--",
                 "set", "interface", "p2", "type=dummy", "ofport_request=2")
    assert "    p2 2/2: (dummy)\n" in switch.appctl("dpif/show")


def test_exit_cleanup_ends_at_once(switch):
    add_br0(switch, *port("p1", 1))

    switch.appctl("exit", "--cleanup")
    assert switch.processes[-1].wait(timeout=30) == 0


def test_log_has_no_warnings(switch):
    add_br0(switch, *port("p1", 1))
    switch.vsctl("del-br", "br0")

    log = switch.log("ovs-vswitchd")
    assert not re.search(r"\|(WARN|ERR|EMER)\|", log), log
    assert re.search(r"\|bridge\|INFO\|ovs-vswitchd \(Open vSwitch\) ", log)
    assert "|bridge|INFO|bridge br0: added interface p1 on port 1\n" in log
    assert "|bridge|INFO|bridge br0: using datapath ID 0000aa55aa550001\n" in log


@pytest.mark.parametrize("option", ["stream=unix:x", "numa_id=1", "ol_tso_segsz=100"])
def test_missing_option_of_a_simulated_device_is_named(ours, option):
    ours.start_dummy()
    key, value = option.split("=")
    ours.run("ovs-vsctl", "add-br", "br0", "--", "add-port", "br0", "p1", "--",
             "set", "interface", "p1", f'options:{key}="{value}"')

    error = ours.vsctl("get", "interface", "p1", "error")
    assert f"option {key} is not supported yet" in error


def test_counters_are_written_every_five_seconds_and_at_once_after_silence(switch):
    add_br0(switch, *port("p1", 1), *port("p2", 2))
    switch.ofctl("add-flow", "br0", "actions=NORMAL")
    packet = ("in_port(1),eth(src=50:54:00:00:00:05,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0800),"
              "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)")

    def received():
        return get(switch, "interface", "p1", "statistics:rx_packets")

    switch.appctl("time/stop")
    for silence in (1, 30, 600):
        before = int(received())
        switch.appctl("time/warp", str(silence * 1000), "1000")
        switch.appctl("netdev-dummy/receive", "p1", packet)
        switch.wait_for(lambda: "packets:0" in switch.appctl("dpctl/dump-flows"), "flow")
        switch.appctl("time/warp", "6000", "1000")
        switch.wait_for(lambda n=before: received() == str(n + 1), "counters")
