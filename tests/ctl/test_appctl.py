"""ovs-appctl: the same words as the peer's, and talking with its daemons."""

import re
import socket

import pytest


def _plain(text):
    """Without what differs from run to run."""
    return re.sub(r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)


def _compare(ours, peer, directory, *args, **kwargs):
    """Runs ovs-appctl of both in one run directory; all must be equal."""
    env = {"OVS_RUNDIR": str(directory), "OVS_LOGDIR": str(directory)}
    a = ours.run("ovs-appctl", *args, env=env, **kwargs)
    b = peer.run("ovs-appctl", *args, env=env, **kwargs)
    assert (a.code, a.out, _plain(a.err)) == (b.code, b.out, _plain(b.err))


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--foo"],
        ["--t"],
        ["--ver"],
        ["-t"],
        ["-Tx", "foo"],
        ["-T0", "foo"],
        ["--help=3"],
        ["foo"],
        ["-t", "/nonexistent", "foo"],
        ["-t", "nonexistent", "foo"],
        ["-t", "./nonexistent", "foo"],
        ["-t", "", "foo"],
        ["-vfoo", "x"],
        ["-vconsole:file", "x"],
        ["-vPATTERN:x", "x"],
        ["-vPATTERN:console:%p|%-8c|%05N|%m|%%|%q", "x"],
        ["-vPATTERN:console:%t|%T|%m{a}|%5n", "x"],
        ["-vFACILITY:x", "x"],
        ["-vFACILITY:local7", "-vPATTERN:console:%B %m", "x"],
        ["-vconsole:off", "x"],
        ["--syslog-method=foo", "x"],
        ["--log-file=/nonexistent/x", "x"],
    ],
    ids=" ".join,
)
def test_wrong_use_prints_the_same(ours, peer, tmp_path, args):
    _compare(ours, peer, tmp_path, *args)


@pytest.mark.parametrize("content", ["", "abc\n", "99999999\n", "1\n"])
def test_pidfile_of_nobody(ours, peer, tmp_path, content):
    (tmp_path / "x.pid").write_text(content)

    _compare(ours, peer, tmp_path, "-t", "x", "version")


def test_timeout_kills_by_alarm(ours, tmp_path):
    server = socket.socket(socket.AF_UNIX)
    path = str(ours.run_dir / "silent")
    server.bind(path)
    server.listen(1)

    by_option = ours.run("ovs-appctl", "-T", "1", "-t", path, "version")
    by_variable = ours.run(
        "ovs-appctl", "-t", path, "version", env={"OVS_CTL_TIMEOUT": "1"}
    )

    for result in by_option, by_variable:
        assert result.code == -14
        assert _plain(result.err) == (
            "TIME|00001|fatal_signal|WARN|"
            "terminating with signal 14 (Alarm clock)\n"
        )


@pytest.mark.parametrize(
    "command",
    [
        ["list-commands"],
        ["version"],
        ["vlog/list"],
        ["vlog/list-pattern"],
        ["vlog/set", "foo"],
        ["vlog/set", "warn:err"],
        ["vlog/set", "PATTERN"],
        ["vlog/set", "FACILITY:x"],
        ["vlog/reopen"],
        ["coverage/read-counter", "nothing"],
        ["coverage/read-counter"],
        ["version", "x"],
        ["nothing"],
        [""],
        ["-e", "version"],
        ["-e", "vlog/set", "jsonrpc", "dbg"],
    ],
    ids=" ".join,
)
def test_client_of_ours_with_daemon_of_peer(ours, peer, command):
    peer.start_ovsdb_server()

    _compare(ours, peer, peer.run_dir, "-t", "ovsdb-server", *command)


def test_several_quoted_commands(ours, peer):
    peer.start_ovsdb_server()

    out = ours.ok(
        "ovs-appctl",
        "-t",
        "ovsdb-server",
        "-e",
        "vlog/set jsonrpc:dbg",
        "version",
        env={"OVS_RUNDIR": str(peer.run_dir)},
    )

    assert out.startswith("ovsdb-server (Open vSwitch)")


def test_long_socket_path(ours):
    directory = ours.run_dir / ("x" * 120)
    directory.mkdir()

    result = ours.run("ovs-appctl", "-t", directory / "ctl", "version")

    assert result.code == 1
    assert result.err.endswith(
        f'cannot connect to "{directory}/ctl" (No such file or directory)\n'
    )
