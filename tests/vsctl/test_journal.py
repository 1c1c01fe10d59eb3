"""What changes of the configuration add to the database's file."""

import json


def records(path):
    """The records of a journal, without their headers."""
    lines = path.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_a_port_is_written_as_a_difference(ours):
    ours.start_ovsdb_server()
    ours.ok("ovs-vsctl", "--no-wait", "add-br", "br0", "--", "add-port", "br0", "p1")
    ours.ok("ovs-vsctl", "--no-wait", "add-port", "br0", "p2")

    last = records(ours.run_dir / "conf.db")[-1]
    (port,) = last["Port"]
    (bridge,) = last["Bridge"].values()
    assert last["_is_diff"] is True
    assert bridge["ports"] == ["uuid", port]
    assert last["Port"][port]["name"] == "p2"
