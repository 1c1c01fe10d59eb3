"""What the switch tells about itself: after the same configuration, every
table of the database has the same content as the peer's.

Once with simulated devices, once with veth, TAP, internal and missing devices
in network namespaces.  References are replaced by what they refer to;
addresses, indexes and values of counters, which differ by nature, are masked.
"""

import json
import re

import pytest

MAC = re.compile(r"(?i)\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b")
# Set by tools of either version, or of what a build has.
OPEN = ("iface_types", "ovs_version", "db_version", "next_cfg", "cur_cfg")


def tables(suite):
    """{table: {uuid: row}} of the whole database, in plain Python."""
    text = suite.run("ovsdb-client", "-f", "json", "dump", kind="peer").out
    result = {}
    for line in text.splitlines():
        table = json.loads(line)
        name = table["caption"].split()[0]
        rows = (dict(zip(table["headings"], data)) for data in table["data"])
        result[name] = {row.pop("_uuid")[1]: row for row in rows}
    return result


def name_of(row):
    for key in ("name", "target"):
        if key in row:
            return row[key]
    return "row"


def plain(value, names):
    """A value with references by name."""
    if not isinstance(value, list):
        return value
    if value[0] == "uuid":
        return names.get(value[1], "?")
    if value[0] == "set":
        return sorted((plain(item, names) for item in value[1]), key=str)
    if value[0] == "map":
        return {str(plain(k, names)): plain(v, names) for k, v in value[1]}
    return value


def masked(table, column, value):
    if table == "Interface" and column == "statistics":
        return sorted(value)
    if table == "Open_vSwitch" and column == "statistics":
        # The peer asks /etc/mtab, which not every system has.
        return sorted(set(value) - {"file_systems"})
    if table == "Interface" and column in ("mac_in_use", "ifindex"):
        return value if value in ([], 0) else "?"
    if column == "error" and "No usable peer" in value:
        return []  # The peer forgets it at some changes.
    if table == "Bridge" and column == "datapath_id":
        return value and "?"
    if table == "Controller" and column == "status":
        value = dict(value)
        for key in value:
            if key.startswith("sec_since") or key == "state" and value[key] != "ACTIVE":
                value[key] = "?"
        # A passive or slow one may not have tried yet.
        value.pop("sec_since_disconnect", None)
    return json.loads(MAC.sub("MAC", json.dumps(value)))


def described(suite):
    """{(table, name): {column: value}} without what differs by nature."""
    everything = tables(suite)
    names = {u: name_of(row) for rows in everything.values() for u, row in rows.items()}
    result = {}
    for table, rows in everything.items():
        for row in rows.values():
            result[table, name_of(row)] = {
                column: masked(table, column, plain(value, names))
                for column, value in row.items()
                if column not in OPEN
            }
    return result


def differences(mine, other):
    for key in sorted(mine.keys() | other.keys()):
        x, y = mine.get(key, {}), other.get(key, {})
        if not x or not y:
            yield f"{key}: {'ours' if x else 'the peer'} alone has it"
            continue
        # Columns that the other's schema lacks cannot differ.
        for column in sorted(x.keys() & y.keys()):
            if x[column] != y[column]:
                yield f"{key} {column}:\n   ours {x[column]}\n   peer {y[column]}"


def settled(suite):
    """The description, once it stays the same."""
    seen = []

    def same_twice():
        seen.append(described(suite))
        return len(seen) > 1 and seen[-1] == seen[-2]

    suite.wait_for(same_twice, "a quiet database", 30)
    return seen[-1]


def configure(suite, *devices):
    commands = [
        "add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure"
        " other_config:datapath-id=00000000000000ab external_ids:a=b",
        "add-br br1 -- set bridge br1 datapath_type=netdev"
        " protocols=OpenFlow10,OpenFlow13 flood_vlans=7",
        "add-port br0 pa -- set interface pa type=patch options:peer=pb",
        "add-port br1 pb -- set interface pb type=patch options:peer=pa",
        "add-port br0 in0 tag=10 -- set interface in0 type=internal ofport_request=20"
        ' mac=["02:00:00:00:00:42"]',
        "add-port br0 in1 -- set interface in1 type=internal mtu_request=1400",
        "add-port br0 gone0 -- set interface gone0 type=nonsense",
        "add-port br1 alone -- set interface alone type=patch options:peer=nobody",
        "add-port br1 half -- set interface half type=patch",
        "set-controller br0 tcp:127.0.0.1:9",
        "set controller br0 connection-mode=out-of-band max_backoff=1000 inactivity_probe=5000",
        "set-controller br1 ptcp:16644:127.0.0.1",
        "-- --id=@t create Flow_Table name=zero flow_limit=100 overflow_policy=refuse"
        " -- set bridge br1 flow_tables:0=@t",
        "set open_vswitch . external_ids:system-id=me system_type=test system_version=1"
        " other_config:enable-statistics=true",
        *(f"add-port br0 {device} trunks=1,2,3 vlan_mode=trunk" for device in devices),
        "add-port br1 last",
        "del-port br1 last",
    ]
    for command in commands:
        result = suite.run("ovs-vsctl", "--timeout=10", *command.split())
        assert result.code in (0, 65), f"{command}: {result}"


def compare(ours, peer, *devices):
    for suite in (ours, peer):
        configure(suite, *devices)
    # Counters come every five seconds.
    for suite in (ours, peer):
        suite.wait_for(
            lambda s=suite: "load_average" in s.vsctl("get", "open_vswitch", ".", "statistics"),
            "statistics",
        )
        suite.wait_for(
            lambda s=suite: "last_error" in s.vsctl("list", "controller"),
            "a refused connection",
        )
    found = list(differences(settled(ours), settled(peer)))
    assert not found, "\n" + "\n".join(found)


def test_simulated_devices(ours, peer):
    for suite in (ours, peer):
        suite.start_dummy()

    compare(ours, peer, "p1", "p2")


def test_devices_of_the_kernel(ours, peer, namespaces):
    for suite in (ours, peer):
        inside, outside = namespaces(f"{suite.kind}-in", f"{suite.kind}-out")
        inside.veth("v0", outside, "w0")
        inside.veth("v1", outside, "w1")
        outside.ip("link", "set", "w1", "down")
        inside.ip("tuntap", "add", "dev", "t0", "mode", "tap")
        suite.netns = inside.name
        suite.start_ovsdb_server()
        suite.start_vswitchd()

    compare(ours, peer, "v0", "v1", "t0", "nosuch0")
