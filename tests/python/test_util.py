"""Small modules: directories, hooks of the end, statuses, names."""

import errno
import os
import signal
import subprocess
import sys

import pytest
from lib.suite import ROOT

import ovs.process
import ovs.util

ENV = {**os.environ, "PYTHONPATH": str(ROOT / "python")}


def run(text, **env):
    return subprocess.run([sys.executable, "-c", text], env={**ENV, **env}, capture_output=True,
                          text=True, timeout=20)


def test_directories_obey_the_environment():
    text = "import ovs.dirs as d; print(d.RUNDIR, d.LOGDIR, d.DBDIR, d.PKGDATADIR, d.BINDIR)"
    unset = {"OVS_" + name: "" for name in
             ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR", "PKGDATADIR", "BINDIR")}

    assert run(text, **unset).stdout == (
        "/var/run/openvswitch /var/log/openvswitch /etc/openvswitch /usr/share/openvswitch "
        "/usr/bin\n"
    )
    assert run(text, **{**unset, "OVS_RUNDIR": "/r", "OVS_SYSCONFDIR": "/s"}).stdout == (
        "/r /var/log/openvswitch /s/openvswitch /usr/share/openvswitch /usr/bin\n"
    )
    assert "/d" in run(text, **{**unset, "OVS_DBDIR": "/d"}).stdout


HOOKS = """
import os, signal, sys, ovs.fatal_signal as f
f.add_hook(lambda: print("at exit", flush=True), None, True)
f.add_hook(lambda: print("signal only", flush=True), lambda: print("cancelled", flush=True), False)
for name in sys.argv[1:]:
    open(name, "w").close()
"""


@pytest.mark.parametrize(
    "end, code, out",
    [
        ("", 0, "at exit\n"),
        ("sys.exit(3)", 3, "at exit\n"),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "at exit\nsignal only\n"),
        ("f.signal_alarm(1); signal.pause()", -signal.SIGALRM, "at exit\nsignal only\n"),
        ("p = f.fork()\nif not p: os._exit(0)\nos.waitpid(p, 0)", 0, "cancelled\nat exit\n"),
    ],
)
def test_hooks_run_at_the_end(end, code, out):
    result = run(HOOKS + end)

    assert (result.returncode, result.stdout) == (code, out), result.stderr


def test_files_are_removed_at_the_end(tmp_path):
    a, b, c = (str(tmp_path / name) for name in "abc")
    text = f"""
import ovs.fatal_signal as f
for name in {a!r}, {b!r}, {c!r}:
    open(name, "w").close()
    f.add_file_to_unlink(name)
f.remove_file_to_unlink({b!r})
assert f.unlink_file_now({c!r}) == 0
assert f.unlink_file_now({c!r}) == 0
open({c!r}, "w").close()
"""
    assert run(text).stderr == ""
    assert sorted(os.listdir(tmp_path)) == ["b", "c"]


def test_interrupt_stays_an_exception():
    result = run(HOOKS + "try: os.kill(os.getpid(), signal.SIGINT)\n"
                 "except KeyboardInterrupt: print('caught', flush=True)")

    assert result.stdout == "caught\nat exit\n"


@pytest.mark.parametrize(
    "status, text",
    [
        (0, "exit status 0"),
        (7 << 8, "exit status 7"),
        (signal.SIGSEGV, "killed (Segmentation fault)"),
        (signal.SIGSEGV | 0x80, "killed (Segmentation fault), core dumped"),
        (signal.SIGTSTP << 8 | 0x7F, "stopped (Stopped)"),
    ],
)
def test_statuses(status, text):
    assert ovs.process.status_msg(status) == text


def test_errors():
    assert ovs.util.ovs_retval_to_string(0) == ""
    assert ovs.util.ovs_retval_to_string(ovs.util.EOF) == "End of file"
    assert ovs.util.ovs_retval_to_string(errno.ENOENT) == "No such file or directory"
    result = run("import ovs.util; ovs.util.PROGRAM_NAME = 'p'; ovs.util.ovs_fatal(2, 'no luck')")
    assert result.returncode == 1 and result.stderr == "p: no luck (No such file or directory)\n"


def test_absolute_names(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert ovs.util.abs_file_name("/d", "/x") == "/x"
    assert ovs.util.abs_file_name("/d", "x") == "/d/x"
    assert ovs.util.abs_file_name("/", "x") == "/x"
    assert ovs.util.abs_file_name(None, "x") == f"{tmp_path}/x"


def test_versions_agree():
    """The package's and the programs'."""
    meson = (ROOT / "meson.build").read_text()
    version = run("from ovs.version import VERSION; print(VERSION)").stdout.strip()

    assert f"version: '{version}'," in meson
