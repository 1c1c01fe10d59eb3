"""Commands that run at the same time: what does not conflict is done, what
does is told as if they had come one after the other."""

import re
import subprocess

import pytest

N = 12


@pytest.fixture
def switch(ours):
    ours.start_ovsdb_server()
    ours.vsctl("--no-wait", "init", "--", "add-br", "br0")
    return ours


def run_all(suite, *commands):
    """Starts them together; (exit status, standard error) of each."""
    running = [
        subprocess.Popen(suite.argv("ovs-vsctl", "--no-wait", "--timeout=20", *command),
                         env=suite.env, stderr=subprocess.PIPE, text=True)
        for command in commands]
    return [(process.wait(), process.stderr.read()) for process in running]


def ports(suite, bridge="br0"):
    return suite.vsctl("list-ports", bridge).split()


def test_ports_are_added_and_deleted_at_the_same_time(switch):
    names = [f"p{i:02}" for i in range(N)]
    assert run_all(switch, *(["add-port", "br0", name] for name in names)) == [(0, "")] * N
    assert ports(switch) == names
    mixed = [["del-port", name] for name in names[:6]] + [["add-port", "br0", f"q{i}"] for i in range(6)]
    assert run_all(switch, *mixed) == [(0, "")] * N
    assert ports(switch) == names[6:] + [f"q{i}" for i in range(6)]


def test_one_of_many_adds_the_port(switch):
    results = run_all(switch, *[["add-port", "br0", "p"]] * N)

    assert sorted(status for status, _ in results) == [0] + [1] * (N - 1)
    for status, text in results:
        assert re.fullmatch(
            "" if not status else "ovs-vsctl: cannot create a port named p because a port named p "
            "already exists on bridge br0\n", text)
    assert ports(switch) == ["p"]


def test_one_of_many_adds_the_bridge(switch):
    results = run_all(switch, *[["add-br", "br1"]] * N)

    assert sorted(status for status, _ in results) == [0] + [1] * (N - 1)
    for status, text in results:
        assert re.fullmatch(
            "" if not status else "ovs-vsctl: cannot create a bridge named br1 because a bridge "
            "named br1 already exists\n", text)


def test_what_must_exist_once_exists_once(switch):
    assert run_all(switch, *[["--may-exist", "add-port", "br0", "p"]] * N) == [(0, "")] * N
    assert ports(switch) == ["p"]
    assert run_all(switch, *[["--if-exists", "del-port", "p"]] * N) == [(0, "")] * N
    assert ports(switch) == []


def test_ports_do_not_get_lost_with_their_bridge(switch):
    """Either a port is added before the bridge goes, or there is no bridge."""
    for _ in range(3):
        results = run_all(switch, *(["add-port", "br0", f"p{i}"] for i in range(N - 1)), ["del-br", "br0"])
        assert results[-1] == (0, "")
        for result in results[:-1]:
            assert result in [(0, ""), (1, "ovs-vsctl: no bridge named br0\n")]
        assert switch.vsctl("list-br") == ""
        assert switch.vsctl("--columns=name", "list", "port") == ""
        switch.vsctl("--no-wait", "add-br", "br0")


def test_errors_without_others_doing_are_told(switch):
    (status, text), = run_all(switch, [
        "--id=@i", "create", "interface", "name=new", "--", "--id=@p", "create", "port", "name=br0",
        "interfaces=@i", "--", "add", "bridge", "br0", "ports", "@p"])
    assert status == 1
    assert "ovs-vsctl: transaction error: " in text and "identical values (br0)" in text
