"""Daemons in Python: detaching, the pidfile, the monitor, other users."""

import os
import pwd
import signal

import pytest


class Daemon:
    """Starts and asks the daemon in a run directory."""

    def __init__(self, suite, python):
        self.suite = suite
        self.python = python
        self.pidfile = suite.run_dir / "pyd.pid"

    def run(self, *args):
        """Runs the daemon's program to its end, which --detach brings."""
        argv = self.python("daemon.py", *args)
        return self.suite.run(argv[0], *argv[1:])

    def pid(self):
        return int(self.pidfile.read_text())

    def appctl(self, *args):
        return self.suite.run("ovs-appctl", "-t", "pyd", *args)

    def wait_for_restart(self, old):
        def is_new():
            return self.suite.is_up("pyd", []) and self.pid() != old

        self.suite.wait_for(is_new, "restart")

    def wait_for_end(self):
        self.suite.wait_for(lambda: not self.pidfile.exists(), "end")


@pytest.fixture
def daemon(ours, python):
    return Daemon(ours, python)


def parent(pid):
    """The parent of a process."""
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def test_detached_daemon_serves_when_its_parent_ends(daemon):
    result = daemon.run("--detach", "--pidfile", "-vconsole:off")

    assert (result.code, result.out, result.err) == (0, "", "")
    assert daemon.appctl("echo", "a").out == "a\n"
    assert daemon.appctl("cwd").out == "/\n"
    assert os.readlink(f"/proc/{daemon.pid()}/fd/1") == "/dev/null"
    assert os.getsid(daemon.pid()) not in (0, os.getsid(0))
    daemon.appctl("exit", "0")
    daemon.wait_for_end()
    assert not list(daemon.suite.run_dir.iterdir())


def test_directory_may_be_kept(daemon):
    daemon.run("--detach", "--pidfile", "--no-chdir", "-vconsole:off")

    assert daemon.appctl("cwd").out == f"{daemon.suite.dir}\n"


def test_second_daemon_is_refused(daemon):
    daemon.run("--detach", "--pidfile", "-vconsole:off")
    first = daemon.pid()

    result = daemon.run("--detach", "--pidfile", "-vconsole:off")

    assert result.code == 1
    assert result.err == f"pyd: {daemon.pidfile}: already running as pid {first}, aborting\n"
    assert daemon.pid() == first


def test_pidfile_may_be_taken_over(daemon):
    daemon.run("--detach", "--pidfile", "-vconsole:off")
    first = daemon.pid()

    result = daemon.run("--detach", "--pidfile", "--overwrite-pidfile", "-vconsole:off")

    assert result.code == 0 and daemon.pid() != first
    assert daemon.appctl("exit", "0").code == 0
    os.kill(first, signal.SIGTERM)
    daemon.suite.wait_for(lambda: not os.path.exists(f"/proc/{first}"), "end of the first")


def test_daemons_in_c_see_the_lock(daemon):
    """And the other way round."""
    pidfile = daemon.suite.run_dir / "x.pid"
    daemon.run("--detach", f"--pidfile={pidfile}", "-vconsole:off")
    first = int(pidfile.read_text())

    result = daemon.suite.run("ovsdb-server", "--no-db", "--detach", "--pidfile=x.pid")

    assert result.code == 1 and f"already running as pid {first}, aborting" in result.err
    daemon.suite.start_ovsdb_server()
    result = daemon.run("--detach", "--pidfile=ovsdb-server.pid", "-vconsole:off")
    assert "ovsdb-server.pid: already running as pid" in result.err


@pytest.mark.parametrize("content", ["", "1\n", "nonsense\n"])
def test_stale_pidfile_is_replaced(daemon, content):
    daemon.pidfile.write_text(content)

    assert daemon.run("--detach", "--pidfile", "-vconsole:off").code == 0
    assert daemon.appctl("echo").code == 0


@pytest.mark.parametrize("options", [[], ["--monitor"]])
def test_failure_reaches_the_user(daemon, options):
    result = daemon.run("--detach", "--pidfile", "--fail", "-vconsole:off", *options)

    assert result.code == 3
    assert not daemon.pidfile.exists()


def test_signal_removes_files(daemon):
    daemon.run("--detach", "--pidfile", "-vconsole:off")

    os.kill(daemon.pid(), signal.SIGTERM)

    daemon.wait_for_end()
    daemon.suite.wait_for(lambda: not list(daemon.suite.run_dir.iterdir()), "no files")


def test_monitor_starts_crashed_daemon_again(daemon):
    daemon.run("--detach", "--pidfile", "--monitor", "--log-file", "-vconsole:off")
    first = daemon.pid()
    monitor = parent(first)

    daemon.appctl("crash", "SIGSEGV")
    daemon.wait_for_restart(first)

    assert parent(daemon.pid()) == monitor
    log = daemon.suite.log("pyd")
    died = f"pid {first} died, killed (Segmentation fault)"
    assert f"|daemon|ERR|1 crashes: {died}, restarting" in log
    assert daemon.appctl("exit", "0").code == 0
    daemon.suite.wait_for(lambda: not os.path.exists(f"/proc/{monitor}"), "end of the monitor")
    assert "exit status 0, exiting" in daemon.suite.log("pyd")


def test_monitor_starts_again_who_asks_for_it(daemon):
    daemon.run("--detach", "--pidfile", "--monitor", "-vconsole:off")
    first = daemon.pid()

    daemon.appctl("exit", "5")

    daemon.wait_for_restart(first)


def test_monitor_ends_with_a_killed_daemon(daemon):
    daemon.run("--detach", "--pidfile", "--monitor", "-vconsole:off")
    monitor = parent(daemon.pid())

    daemon.appctl("crash", "SIGTERM")

    daemon.suite.wait_for(lambda: not os.path.exists(f"/proc/{monitor}"), "end of the monitor")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_daemon_becomes_another_user(daemon):
    nobody = pwd.getpwnam("nobody")
    os.chown(daemon.suite.run_dir, nobody.pw_uid, nobody.pw_gid)

    result = daemon.run("--detach", "--pidfile", "--log-file", "--user=nobody", "-vconsole:off")

    assert result.code == 0, result
    assert os.stat(f"/proc/{daemon.pid()}").st_uid == nobody.pw_uid
    assert os.stat(daemon.suite.run_dir / "pyd.log").st_uid == nobody.pw_uid
    for user, wrong in (("nosuch", "user nosuch not found"), ("nobody:nosuch", "group nosuch not"),
                        ("nobody:adm", "user nobody is not in group adm")):
        assert wrong in daemon.run("--pidfile", f"--user={user}").err
