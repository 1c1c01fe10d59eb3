"""ovs-vsctl waits for ovs-vswitchd, and says so after a while."""

import subprocess
import time


def started(suite, *args):
    return subprocess.Popen(
        suite.argv("ovs-vsctl", *args), env=suite.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


DUMMY = ("--enable-dummy=override", "--disable-system", "--disable-system-route")


def test_waiting_is_told_and_ends(ours):
    ours.start_ovsdb_server()
    ours.vsctl("--no-wait", "init")
    waiting = started(ours, "add-br", "br0")
    try:
        told = waiting.stderr.readline()
        assert told.startswith("ovs-vsctl: still waiting for ovs-vswitchd to apply")
        assert "it is not running here" in told and "--no-wait" in told
        assert waiting.poll() is None

        ours.start_vswitchd(*DUMMY)
        assert waiting.wait(10) == 0
        assert waiting.stderr.read() == ""
        assert ours.vsctl("list-br") == "br0\n"
    finally:
        waiting.kill()
        waiting.communicate()


def test_scripts_see_no_difference(ours):
    ours.start_ovsdb_server()
    assert ours.run("ovs-vsctl", "--no-wait", "add-br", "br0").err == ""
    begin = time.monotonic()
    result = ours.run("ovs-vsctl", "--timeout=2", "add-br", "br1")
    assert time.monotonic() - begin < 5
    assert "still waiting" not in result.err


def test_a_quick_answer_tells_nothing(ours):
    ours.start_dummy()
    result = ours.run("ovs-vsctl", "add-br", "br0")
    assert (result.code, result.out, result.err) == (0, "", "")
