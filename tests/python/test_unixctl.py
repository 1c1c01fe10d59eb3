"""Runtime commands: our tools, the peer's and the package, on either side."""

import subprocess

import pytest

import ovs.unixctl
from ovs.unixctl.client import UnixctlClient

COMMANDS = """\
The available commands are:
  crash                   SIGNAL
  cwd
  echo                    [ARG]...
  exit                    CODE
  fail
  give
  hold
  list-commands
  log                     LEVEL TEXT
  release
  set-options             [--format text|json]
  version
  vlog/close
  vlog/list
  vlog/list-pattern
  vlog/reopen
  vlog/set                {spec | PATTERN:destination:pattern}
"""


@pytest.fixture
def daemon(ours, python):
    """ours, with the daemon written in Python."""
    process = ours.start_command("pyd", python("daemon.py", "--pidfile", "-vconsole:off"))
    ours.wait_for(lambda: ours.is_up("pyd", []), "pyd")
    ours.pyd = process
    return ours


def test_python_server_obeys(daemon):
    def appctl(*args):
        return daemon.run("ovs-appctl", "-t", "pyd", *args)

    assert appctl("list-commands").out == COMMANDS
    assert appctl("echo", "a", "b c").out == "a,b c\n"
    assert appctl("version").out == "pyd (Open vSwitch) 4.0.90\n"
    assert appctl("exit", "0").code == 0
    assert daemon.pyd.wait(10) == 0
    assert not list(daemon.run_dir.glob("pyd*"))


@pytest.mark.parametrize(
    "args, wrong",
    [
        (["fail"], "it failed\n"),
        (["echo", *"abcd"], '"echo" command takes at most 3 arguments\n'),
        (["log"], '"log" command requires at least 2 arguments\n'),
        (["no"], '"no" is not a valid command (use "list-commands" to see a list of valid '
         "commands)\n"),
    ],
)
def test_failures_reach_the_user(daemon, args, wrong):
    result = daemon.run("ovs-appctl", "-t", "pyd", *args)

    assert result.code != 0
    assert result.err == wrong + "ovs-appctl: pyd: server returned an error\n"


def test_replies_in_json(daemon):
    def appctl(*args):
        return daemon.run("ovs-appctl", "-t", "pyd", *args)

    assert appctl("give").out == "a: 1, 2\n"
    assert appctl("--format", "json", "give").out == '{"reply":{"a":[1,2]},"reply-format":"json"}\n'
    plain = appctl("--format", "json", "echo", "a")
    assert plain.out == '{"reply":"a\\n","reply-format":"plain"}\n'
    assert appctl("set-options", "--format=xml").err.startswith("option format has invalid value")


def test_peers_tool_asks_the_python_server(daemon, peer):
    socket = daemon.run_dir / f"pyd.{daemon.pyd.pid}.ctl"

    assert peer.ok("ovs-appctl", "-t", socket, "echo", "a") == "a\n"
    assert peer.ok("ovs-appctl", "-t", socket, "list-commands") == COMMANDS


def test_reply_may_come_later(daemon):
    waiting = subprocess.Popen(
        daemon.argv("ovs-appctl", "-t", "pyd", "hold"), env=daemon.env, stdout=subprocess.PIPE
    )
    # The server takes clients in turn: the release may come before the hold.
    out = None
    while out is None:
        daemon.ok("ovs-appctl", "-t", "pyd", "release")
        try:
            out, _ = waiting.communicate(timeout=0.05)
        except subprocess.TimeoutExpired:
            pass

    assert out == b"released\n"


def test_client_asks_servers_in_c(either):
    process = either.start_ovsdb_server()
    path = str(either.run_dir / f"ovsdb-server.{process.pid}.ctl")
    error, client = UnixctlClient.create(path)
    assert error == 0

    error, failure, text = client.transact("version", [])
    assert (error, failure) == (0, None) and text.startswith("ovsdb-server (Open vSwitch) ")
    error, failure, text = client.transact("nonsense", ["x"])
    assert (error, text) == (0, None) and failure.startswith('"nonsense" is not a valid command')
    client.close()


def test_client_without_server(tmp_path):
    error, client = UnixctlClient.create(str(tmp_path / "s"))

    assert error != 0 and client is None


def test_names_of_sockets(tmp_path, monkeypatch):
    monkeypatch.setattr(ovs.dirs, "RUNDIR", str(tmp_path))
    (tmp_path / "x.pid").write_text("17\n")
    (tmp_path / "bad.pid").write_text("?\n")

    assert ovs.unixctl.socket_name_from_target("/a/b") == (0, "/a/b")
    assert ovs.unixctl.socket_name_from_target("x") == (0, f"{tmp_path}/x.17.ctl")
    assert ovs.unixctl.socket_name_from_target("bad")[0] != 0
    assert "No such file" in ovs.unixctl.socket_name_from_target("y")[1]
