"""Starting and stopping the switch as boot scripts do, with ovs-ctl."""

import subprocess

import pytest

from lib.suite import BUILD

pytestmark = pytest.mark.netns


@pytest.fixture
def system(ours, namespaces):
    """A machine whose directories are the suite's."""
    namespace = namespaces("host")
    ours.netns = namespace.name
    (ours.run_dir / "openvswitch").mkdir()
    ours.env.update(
        OVS_BINDIR=str(BUILD / "src"),
        OVS_SBINDIR=str(BUILD / "src"),
        OVS_DBDIR=str(ours.run_dir / "openvswitch"),
    )
    yield ours
    ctl(ours, "stop")


def ctl(suite, *args):
    """(exit status, what ovs-ctl says)."""
    done = subprocess.run(
        ["ip", "netns", "exec", suite.netns, "sh", str(BUILD / "scripts/ovs-ctl"), *args],
        env=suite.env, text=True, capture_output=True, timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_start_use_stop(system):
    code, said = ctl(system, "start", "--system-id=random")
    assert code == 0, said
    for line in ("Creating empty database", "Starting ovsdb-server.", "Configuring Open vSwitch system IDs.",
                 "Starting ovs-vswitchd."):
        assert line in said
    assert ctl(system, "status")[0] == 0
    system.vsctl("add-br", "br0")
    assert "br0" in system.vsctl("show")
    assert "ovs_version:" in system.vsctl("show")
    first = system.vsctl("get", "open_vswitch", ".", "external_ids:system-id")

    code, said = ctl(system, "stop")
    assert (code, said) == (0, "Exiting ovs-vswitchd.\nExiting ovsdb-server.\n") or code == 0, said
    code, said = ctl(system, "status")
    assert code != 0
    assert "ovsdb-server is not running" in said and "ovs-vswitchd is not running" in said

    # What was configured is there again.
    assert ctl(system, "start", "--system-id=random")[0] == 0
    assert system.vsctl("list-br") == "br0\n"
    assert system.vsctl("get", "open_vswitch", ".", "external_ids:system-id") == first


def test_system_id_is_wanted_but_not_needed(system):
    code, said = ctl(system, "start")
    assert code == 0, said
    assert "system ID not configured, please use --system-id ... failed!" in said
    assert ctl(system, "status")[0] == 0


def test_daemons_one_by_one(system):
    assert ctl(system, "--no-ovs-vswitchd", "start", "--system-id=random")[0] == 0
    code, said = ctl(system, "status")
    assert code != 0
    assert "ovsdb-server is running with pid" in said and "ovs-vswitchd is not running" in said

    assert ctl(system, "--no-ovsdb-server", "start", "--system-id=random")[0] == 0
    assert ctl(system, "status")[0] == 0


def test_restart_keeps_flows(system):
    assert ctl(system, "start", "--system-id=random", "--system-type=debian",
               "--system-version=12", "--external-id=a=b")[0] == 0
    system.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "fail_mode=secure",
                 "protocols=OpenFlow10,OpenFlow13")
    system.ofctl("add-flow", "br0", "table=3,priority=7,tcp,tp_dst=80,actions=drop")
    assert system.vsctl("get", "open_vswitch", ".", "system_type") == "debian\n"
    assert system.vsctl("get", "open_vswitch", ".", "external_ids:a") == "b\n"

    code, said = ctl(system, "restart", "--system-id=random")
    assert code == 0, said
    assert "table=3" in system.ofctl("dump-flows", "br0")
    assert "tp_dst=80" in system.ofctl("dump-flows", "br0")
