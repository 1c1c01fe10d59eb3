"""vtep-ctl: the command lines of vtep_commands.txt on live servers of both kinds,
and what it leaves in logs and in the database."""

import pathlib

import pytest

from lib.pair import differences, read_blocks

HERE = pathlib.Path(__file__).parent
BLOCKS = [pytest.param(block, id=block.name) for block in read_blocks(HERE / "vtep_commands.txt")]
KINDS = {"own-tools": ("ours", "peer"), "changed-tools": ("peer", "ours")}


def start(suite, *args):
    """A server with an empty hardware_vtep database."""
    schema = pathlib.Path(suite.schema()).parent / "vtep.ovsschema"
    suite.ok("ovsdb-tool", "create", suite.run_dir / "vtep.db", schema)
    suite.start_ovsdb_server(*args, db="vtep.db", create=False)


def vtep(suite, *args):
    """Runs vtep-ctl, which must succeed; returns its output."""
    return suite.ok("vtep-ctl", *args)


@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("block", BLOCKS)
def test_same_answers(ours, peer, block, kinds):
    for suite in (ours, peer):
        start(suite)

    found = list(differences(block, ours, peer, kinds))

    assert not found, "\n" + "\n".join(found)


def test_how_a_gateway_is_set_up(either):
    """The commands of a first session, in their order."""
    start(either)
    vtep(either, "add-ps", "br0")
    vtep(either, "set", "Physical_Switch", "br0", "tunnel_ips=10.2.2.1")
    vtep(either, "add-port", "br0", "p0")
    vtep(either, "add-ls", "ls0")
    vtep(either, "bind-ls", "br0", "p0", "0", "ls0")
    vtep(either, "set", "Logical_Switch", "ls0", "tunnel_key=33")
    vtep(either, "add-mcast-remote", "ls0", "unknown-dst", "10.2.2.2")
    vtep(either, "set-replication-mode", "ls0", "source_node")
    vtep(either, "add-ucast-remote", "ls0", "00:11:22:33:44:55", "10.2.2.3")

    root = vtep(either, "get", "Global", ".", "_uuid")
    assert vtep(either, "show") == (
        root + "    Physical_Switch br0\n"
        '        tunnel_ips: ["10.2.2.1"]\n'
        "        Physical_Port p0\n"
        "            vlan_bindings:\n"
        "                0=ls0\n"
    )
    assert vtep(either, "list-remote-macs", "ls0") == (
        "ucast-mac-remote\n"
        "  00:11:22:33:44:55 -> vxlan_over_ipv4/10.2.2.3\n"
        "\n"
        "mcast-mac-remote\n"
        "  unknown-dst -> vxlan_over_ipv4/10.2.2.2\n"
        "\n"
    )


def test_a_new_end_point_makes_a_new_set_and_keeps_the_address(either):
    start(either)
    vtep(either, "add-ls", "ls0", "--", "add-mcast-local", "ls0", "m", "1.1.1.1")
    before = vtep(either, "--columns=_uuid", "list", "Mcast_Macs_Local")
    old_set = vtep(either, "--columns=_uuid", "list", "Physical_Locator_Set")

    vtep(either, "add-mcast-local", "ls0", "m", "1.1.1.2")

    assert vtep(either, "--columns=_uuid", "list", "Mcast_Macs_Local") == before
    new_set = vtep(either, "--columns=_uuid", "list", "Physical_Locator_Set")
    assert new_set != old_set
    assert new_set.count("_uuid") == 1


def test_addresses_share_end_points(either):
    start(either)
    vtep(either, "add-ls", "ls0", "--", "add-ls", "ls1")
    vtep(either, "add-ucast-local", "ls0", "a", "1.1.1.1")
    vtep(either, "add-ucast-remote", "ls1", "b", "1.1.1.1")
    vtep(either, "add-mcast-remote", "ls1", "c", "1.1.1.1")

    assert vtep(either, "--columns=dst_ip", "list", "Physical_Locator").count("dst_ip") == 1


def test_of_two_bindings_of_a_vlan_the_lower_uuid_stays(either):
    """VLANs in other bases are not seen to be bound already."""
    start(either)
    vtep(either, "add-ps", "s", "--", "add-port", "s", "p", "--", "add-ls", "x", "--", "add-ls", "y")
    uuids = {vtep(either, "get", "Logical_Switch", name, "_uuid"): name for name in "xy"}
    low = uuids[min(uuids)]

    for vlan, first, second in ((1, "x", "y"), (2, "y", "x")):
        vtep(either, "bind-ls", "s", "p", vlan, first)
        vtep(either, "bind-ls", "s", "p", f"0x{vlan}", second)

    assert vtep(either, "list-bindings", "s", "p") == f"0001 {low}\n0002 {low}\n"


def test_two_databases_in_one_server(either):
    """Each of ovs-vsctl and vtep-ctl finds its own."""
    schema = pathlib.Path(either.schema()).parent / "vtep.ovsschema"
    other = either.run_dir / "vtep.db"
    either.ok("ovsdb-tool", "create", other, schema)
    either.start_ovsdb_server("--remote=db:hardware_vtep,Global,managers", other)

    either.vsctl("--no-wait", "add-br", "br0")
    vtep(either, "add-ps", "ps0")
    vtep(either, "set-manager", f"punix:{either.run_dir}/m.sock")

    assert either.vsctl("list-br") == "br0\n"
    assert vtep(either, "list-ps") == "ps0\n"
    either.wait_for((either.run_dir / "m.sock").exists, "the manager's socket")
    assert vtep(either, f"--db=unix:{either.run_dir}/m.sock", "list-ps") == "ps0\n"


def test_connected_managers_are_shown(ours):
    start(ours, "--remote=db:hardware_vtep,Global,managers")
    path = ours.run_dir / "m.sock"
    vtep(ours, "set-manager", f"punix:{path}")
    ours.wait_for(path.exists, "the manager's socket")
    ours.start("ovsdb-client", "monitor", f"unix:{path}", "hardware_vtep", "Global")

    vtep(ours, "-t10", "wait-until", "Manager", f"punix:{path}", "is_connected=true")

    assert vtep(ours, "show").splitlines()[1:] == [
        f'    Manager "punix:{path}"',
        "        is_connected: true",
    ]


def test_a_server_without_the_database_is_no_use(either):
    either.start_ovsdb_server()

    result = either.run("vtep-ctl", "-t10", "list-ps")

    assert result.code == 1
    assert "hardware_vtep" in result.err or "connection failed" in result.err


def test_what_it_does_is_in_its_log_and_in_the_journal(either):
    start(either)
    log = either.run_dir / "ctl.log"
    vtep(either, f"--log-file={log}", "add-ps", "a b")
    either.run("vtep-ctl", f"--log-file={log}", "add-ps", "a b")

    records = [line.split("|", 2)[2] for line in log.read_text().splitlines()]
    assert f'vtep_ctl|INFO|Called as vtep-ctl --log-file={log} add-ps "a b"' in records
    assert "db_ctl_base|ERR|cannot create physical switch a b because it already exists" in records
    journal = either.ok("ovsdb-tool", "show-log", either.run_dir / "vtep.db")
    assert f'vtep-ctl --log-file={log} add-ps "a b"' in journal
