"""Runtime sockets, and a database that changes under the switch."""

import json
import socket

import pytest


def ctl(suite, daemon):
    """A connection to a daemon's control socket."""
    pid = (suite.run_dir / f"{daemon}.pid").read_text().strip()
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(suite.run_dir / f"{daemon}.{pid}.ctl"))
    sock.settimeout(10)
    return sock


@pytest.mark.parametrize("daemon", ["ovsdb-server", "ovs-vswitchd"])
@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff garbage",
        b"[" * 50_000,
        b'{"method":5}',
        b'{"method":"version","params":5,"id":1}',
        b'{"method":"version","params":[5,{}],"id":1}',
        b'{"method":"version","params":["' + b"x" * 200_000 + b'"],"id":1}',
        b'{"id":1,"result":[],"error":null}',
        b'{"method":"version","params":[],"id":null}',
        b'{"method":"version","params":[],"id":1}' * 5000,
        b'{"method":"ver',
    ],
    ids=["garbage", "deep", "no-method", "no-list", "no-strings", "long", "answer", "notice",
         "many", "half"],
)
def test_control_sockets(ours, daemon, data):
    ours.start_dummy()
    sock = ctl(ours, daemon)
    try:
        sock.sendall(data)
    except ConnectionError:
        pass
    assert "Open vSwitch" in ours.appctl("-t", daemon, "version")
    sock.close()
    assert "Open vSwitch" in ours.appctl("-t", daemon, "version")


def transact(suite, *operations):
    """A transaction on the switch's database."""
    text = json.dumps(["Open_vSwitch", *operations])
    return suite.ok("ovsdb-client", "transact", f"unix:{suite.run_dir}/db.sock", text)


def test_the_row_of_all_rows_goes(ours):
    ours.start_dummy()
    ours.vsctl("add-br", "br0")
    transact(ours, {"op": "delete", "table": "Open_vSwitch", "where": []})
    assert "Open vSwitch" in ours.appctl("version")

    ours.vsctl("--no-wait", "init")
    ours.vsctl("--timeout=15", "add-br", "br1")
    assert ours.vsctl("get", "interface", "br1", "ofport").strip() == "65534"
    assert "br0" not in ours.appctl("dpif/show")


def test_rows_that_make_no_sense(ours):
    ours.start_dummy()
    ours.vsctl("add-br", "br0", "--", "add-port", "br0", "p1")
    update = {"op": "update", "where": []}
    transact(
        ours,
        dict(update, table="Interface", row={
            "type": "\u00e9 /\n", "options": ["map", [["", ""], ["peer", "x" * 5000]]],
            "mtu_request": 68, "ofport_request": 65279, "mac": "nonsense"}),
        dict(update, table="Port", row={"tag": 4095, "trunks": ["set", [0, 4095]]}),
        dict(update, table="Bridge", row={
            "datapath_id": "zz", "fail_mode": "secure",
            "other_config": ["map", [["datapath-id", "xyz"], ["hwaddr", "no"],
                                     ["mac-table-size", "-5"], ["mac-aging-time", "9" * 40]]]}),
        dict(update, table="Open_vSwitch", row={
            "next_cfg": 77,
            "other_config": ["map", [["max-idle", "-1"], ["vlan-limit", "abc"],
                                     ["flow-limit", "99999999999999999999"]]]}),
    )
    assert "Open vSwitch" in ours.appctl("version")
    transact(ours, dict(update, table="Interface",
                        row={"type": "", "options": ["map", []], "mac": ["set", []]}))
    ours.vsctl("--timeout=15", "del-br", "br0", "--", "add-br", "br2")
    assert ours.vsctl("get", "interface", "br2", "ofport").strip() == "65534"
