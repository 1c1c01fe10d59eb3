"""The log: levels, patterns, files, and the commands that change them."""

import re
import subprocess
import sys

import pytest
from lib.suite import ROOT

import ovs.vlog
from ovs.vlog import Vlog

HEADER = """\
                 console    syslog    file
                 -------    ------    ------
"""


@pytest.fixture
def program(ours, python):
    """program(TEXT, ARGS...): runs TEXT after the arguments are handled."""
    before = """
import argparse, sys, threading, ovs.util, ovs.vlog
ovs.util.PROGRAM_NAME = "prog"
log = ovs.vlog.Vlog("Mod-A")
other = ovs.vlog.Vlog("mod_b")
parser = argparse.ArgumentParser()
ovs.vlog.add_args(parser)
ovs.vlog.handle_args(parser.parse_args())
"""

    def run(text, *args):
        ours.env["PYTHONPATH"] = str(ROOT / "python")
        return ours.run(sys.executable, "-c", before + text, *args)

    return run


def test_records_are_written_as_by_daemons(program, ours):
    result = program("log.info('one'); other.warn('two\\nlines'); log.dbg('no')", "--log-file")

    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    lines = rf"{stamp}Z\|00002\|mod-a\|INFO\|one\n{stamp}Z\|00003\|mod_b\|WARN\|two\nlines\n"
    assert re.search(lines + "$", result.err), result
    stamp += r"\.\d{3}Z"
    opened = rf"{stamp}\|00001\|vlog\|INFO\|opened log file {ours.run_dir}/prog.log\n"
    assert re.match(rf"{opened}{stamp}\|00002\|mod-a\|INFO\|one\n", ours.log("prog"))


def test_nothing_is_written_before_init(ours):
    script = "import ovs.vlog; ovs.vlog.Vlog('x').err('lost')"
    env = {**ours.env, "PYTHONPATH": str(ROOT / "python")}

    result = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True)

    assert (result.stdout, result.stderr) == (b"", b"")


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("%p|%m", "INFO|hi"),
        ("%-6p|%6p|%06N|%3c", "INFO  |  INFO|000001|mod-a"),
        ("%A %B %t%T %% %n", "prog 29 main % \n"),
        ("%d{%Y}%D{[##]}", r"\d{4}\[\d\d\]"),
        ("%r ms, %P", r"\d+ ms, \d+"),
    ],
)
def test_patterns(program, pattern, expected):
    result = program("log.info('hi')", f"-vPATTERN:console:{pattern}")

    assert re.fullmatch(expected.replace("|", r"\|") + "\n", result.err), result


def test_threads_have_names(program):
    text = "t = threading.Thread(target=log.info, args=['hi'], name='side'); t.start(); t.join()"

    assert program(text, "-vPATTERN:console:%c%T|%t").err == "mod-a(side)|side\n"


def test_exceptions_are_logged(program):
    result = program("try:\n  1 / 0\nexcept Exception:\n  log.exception('bad')")

    assert "|ERR|bad\nTraceback" in result.err and "ZeroDivisionError" in result.err


@pytest.mark.parametrize(
    "spec, enabled",
    [
        ("dbg", [True, True]), ("mod_b:dbg", [False, True]), ("MOD-A:console:DBG", [True, False]),
        ("any:any:dbg", [True, True]), ("file:dbg", [True, True]), ("", [True, True]),
    ],
)
def test_specs(program, spec, enabled):
    text = "print(log.is_dbg_enabled(), other.is_dbg_enabled())"

    assert program(text, f"-v{spec}" if spec else "-v").out == "%s %s\n" % tuple(enabled)


@pytest.mark.parametrize(
    "spec, wrong",
    [
        ("nonsense", 'no destination, level, or module "nonsense"'),
        ("dbg:info", "cannot specify multiple levels"),
        ("file:console", "cannot specify multiple destinations"),
        ("FACILITY:nonsense", "invalid facility"),
        ("PATTERN:nonsense:%m", 'unknown destination "nonsense"'),
        ("PATTERN", "missing destination"),
    ],
)
def test_bad_specs(program, spec, wrong):
    result = program("", f"-v{spec}")

    assert result.code == 1
    assert result.err == f'prog: processing "{spec}": {wrong}\n'


@pytest.fixture
def daemon(ours, python):
    ours.start_command("pyd", python("daemon.py", "--pidfile", "--log-file", "-vconsole:off"))
    ours.wait_for(lambda: ours.is_up("pyd", []), "pyd")
    return ours


def test_commands_change_the_log(daemon):
    def appctl(*args):
        return daemon.ok("ovs-appctl", "-t", "pyd", *args)

    assert appctl("vlog/set", "test_daemon:file:dbg") == ""
    text = appctl("vlog/list")
    assert text.startswith(HEADER)
    assert "test_daemon        OFF       INFO        DBG\n" in text
    assert "%-7s  %-32s  %s\n" % ("FILE", "none", ovs.vlog.DESTINATIONS["file"]) in appctl(
        "vlog/list-pattern"
    )
    appctl("log", "dbg", "seen")
    appctl("vlog/set", "PATTERN:file:<%m>", "test_daemon:info")
    appctl("log", "dbg", "unseen")
    appctl("log", "info", "again")
    assert re.search(r"\|test_daemon\|DBG\|seen\n<again>\n$", daemon.log("pyd"))


def test_log_is_rotated(daemon):
    path = daemon.run_dir / "pyd.log"
    path.rename(daemon.run_dir / "old")

    daemon.ok("ovs-appctl", "-t", "pyd", "vlog/reopen")
    daemon.ok("ovs-appctl", "-t", "pyd", "log", "info", "new")
    daemon.ok("ovs-appctl", "-t", "pyd", "vlog/close")
    daemon.ok("ovs-appctl", "-t", "pyd", "log", "info", "lost")

    assert "closing log file" in (daemon.run_dir / "old").read_text()
    assert "|INFO|new\n" in path.read_text() and "lost" not in path.read_text()


def test_both_list_the_same_columns(daemon):
    """As a daemon in C."""
    daemon.start_ovsdb_server()

    text = daemon.ok("ovs-appctl", "-t", "ovsdb-server", "vlog/list")

    assert text.startswith(HEADER)
    row = next(line for line in text.splitlines() if line.startswith("reconnect "))
    mine = daemon.ok("ovs-appctl", "-t", "pyd", "vlog/list")
    assert row in mine.splitlines()


def test_facilities_have_the_numbers_of_syslog():
    import syslog

    for name in ("kern", "daemon", "cron", "authpriv", "local0", "local7"):
        number = getattr(syslog, "LOG_" + name.upper(), None)
        known = ovs.vlog._FACILITY_NUMBERS.get(name)
        if known is not None:
            assert known << 3 == number
    assert Vlog.add_syslog_facility("nonsense") == "invalid facility"
