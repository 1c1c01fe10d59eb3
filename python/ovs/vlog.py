"""Logging as the daemons do it: modules, levels, destinations, patterns.

    vlog = ovs.vlog.Vlog("module")
    vlog.info("something happened")

Nothing is written before Vlog.init(), so that a library is silent in programs
that do not ask.
"""

from __future__ import annotations

import datetime
import os
import re
import socket
import sys
import syslog
import threading
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, TextIO

import ovs.dirs
import ovs.timeval
import ovs.util

# Destinations and their patterns.
DESTINATIONS: Dict[str, str] = {
    "console": "%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
    "file": "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m",
    "syslog": "ovs|%05N|%c%T|%p|%m",
}
PATTERNS = DESTINATIONS

# Rank (a record goes where the rank of the level is as high) and severity of
# syslog of each level.
_OFF, _EMER, _ERR, _WARN, _INFO, _DBG = range(6)
LEVELS: Dict[str, int] = {
    "off": _OFF,
    "emer": _EMER,
    "err": _ERR,
    "warn": _WARN,
    "info": _INFO,
    "dbg": _DBG,
}
_SEVERITIES = (0, 1, 3, 4, 5, 7)
_LEVEL_NAMES = [name.upper() for name in LEVELS]

FACILITIES: List[str] = (
    "kern user mail daemon auth syslog lpr news uucp clock ftp ntp audit alert clock2".split()
    + ["local%d" % i for i in range(8)]
)
_FACILITY_NUMBERS = {name: i if i < 10 else i + 1 for i, name in enumerate(FACILITIES)}

_ESCAPE = re.compile(r"%(-?)(0?)(\d*)(?:([cdD])\{([^}]*)\}?|(.))", re.S)
_DEFAULT_TIME = "%Y-%m-%d %H:%M:%S.###"


class _Record:
    """One record on its way to the destinations."""

    def __init__(self, module: str, level: int, message: str, serial: int) -> None:
        self.module = module
        self.level = level
        self.message = message
        self.serial = serial
        self.time = time.time()


def _thread_name() -> str:
    name = threading.current_thread().name
    return "" if threading.current_thread() is threading.main_thread() else name


def _format_time(template: str, seconds: float, utc: bool) -> str:
    zone = datetime.timezone.utc if utc else None
    when = datetime.datetime.fromtimestamp(seconds, zone)
    text = when.strftime(template or _DEFAULT_TIME)
    micros = "%06d" % when.microsecond
    return re.sub("#{1,6}", lambda m: micros[: len(m.group())], text)


_boot_msec = ovs.timeval.msec()

# What each letter of a pattern stands for.
_VALUES: Dict[str, Callable[[_Record], str]] = {
    "A": lambda r: ovs.util.PROGRAM_NAME,
    "B": lambda r: str(Vlog._priority(r.level)),
    "c": lambda r: r.module,
    "E": lambda r: socket.gethostname(),
    "m": lambda r: r.message,
    "N": lambda r: str(r.serial),
    "n": lambda r: "\n",
    "p": lambda r: _LEVEL_NAMES[r.level],
    "P": lambda r: str(os.getpid()),
    "r": lambda r: str(ovs.timeval.msec() - _boot_msec),
    "t": lambda r: _thread_name() or "main",
    "T": lambda r: "(%s)" % _thread_name() if _thread_name() else "",
}


def _format(pattern: str, record: _Record) -> str:
    """'record' as 'pattern' wants it."""

    def one(match: Any) -> str:
        left, zero, width, braced, braces, letter = match.groups()
        letter = braced or letter
        if letter in "dD":
            value = _format_time(braces or "", record.time, letter == "D")
        elif letter in _VALUES:
            value = _VALUES[letter](record)
        else:
            value = letter
        wanted = min(int(width or 0), 1000)
        fill = "0" if zero else " "
        return value.ljust(wanted, fill) if left else value.rjust(wanted, fill)

    return _ESCAPE.sub(one, pattern)


class Vlog:
    """What one module logs."""

    # Levels, by module and destination.
    __modules: Dict[str, Dict[str, int]] = {}
    __patterns: Dict[str, str] = dict(DESTINATIONS)
    __defaults: Dict[str, int] = {"console": _INFO, "file": _INFO, "syslog": _INFO}
    __inited = False
    __serial = 0
    __log_file: Optional[str] = None
    __file: Optional[TextIO] = None
    __facility = "daemon"
    __lock = threading.RLock()

    def __init__(self, name: str) -> None:
        self.name = name.lower()
        if self.name not in Vlog.__modules:
            Vlog.__modules[self.name] = dict(Vlog.__defaults)

    def __log(self, level: int, message: str, **kwargs: Any) -> None:
        if not Vlog.__inited or not self.__enabled(level):
            return
        if kwargs.get("exc_info"):
            message = "%s\n%s" % (message, traceback.format_exc())
        with Vlog.__lock:
            Vlog.__serial += 1
            record = _Record(self.name, level, str(message), Vlog.__serial)
            levels = Vlog.__modules[self.name]
            for destination, write in _WRITERS.items():
                if levels[destination] >= level:
                    try:
                        write(destination, record)
                    except (OSError, ValueError):
                        pass

    def __enabled(self, level: int) -> bool:
        return any(to >= level for to in Vlog.__modules[self.name].values())

    def emer(self, message: str, **kwargs: Any) -> None:
        """Logs that the program cannot go on."""
        self.__log(_EMER, message, **kwargs)

    def err(self, message: str, **kwargs: Any) -> None:
        """Logs that something failed."""
        self.__log(_ERR, message, **kwargs)

    def warn(self, message: str, **kwargs: Any) -> None:
        """Logs something that may be wrong."""
        self.__log(_WARN, message, **kwargs)

    def info(self, message: str, **kwargs: Any) -> None:
        """Logs what helps to understand other records."""
        self.__log(_INFO, message, **kwargs)

    def dbg(self, message: str, **kwargs: Any) -> None:
        """Logs what only somebody who looks for mistakes wants to know."""
        self.__log(_DBG, message, **kwargs)

    def exception(self, message: str) -> None:
        """Logs 'message' and the exception that is being handled."""
        self.err(message, exc_info=True)

    def is_emer_enabled(self) -> bool:
        """Whether emer() would write anything."""
        return Vlog.__inited and self.__enabled(_EMER)

    def is_err_enabled(self) -> bool:
        """Whether err() would write anything."""
        return Vlog.__inited and self.__enabled(_ERR)

    def is_warn_enabled(self) -> bool:
        """Whether warn() would write anything."""
        return Vlog.__inited and self.__enabled(_WARN)

    def is_info_enabled(self) -> bool:
        """Whether info() would write anything."""
        return Vlog.__inited and self.__enabled(_INFO)

    def is_dbg_enabled(self) -> bool:
        """Whether dbg() would write anything."""
        return Vlog.__inited and self.__enabled(_DBG)

    # The destinations.

    @staticmethod
    def _write_console(destination: str, record: _Record) -> None:
        print(_format(Vlog.__patterns[destination], record), file=sys.stderr, flush=True)

    @staticmethod
    def _write_file(destination: str, record: _Record) -> None:
        if Vlog.__file:
            Vlog.__file.write(_format(Vlog.__patterns[destination], record) + "\n")
            Vlog.__file.flush()

    @staticmethod
    def _write_syslog(destination: str, record: _Record) -> None:
        if os.environ.get("OVS_SYSLOG_METHOD") != "null":
            text = _format(Vlog.__patterns[destination], record)
            for line in text.split("\n"):
                syslog.syslog(Vlog._priority(record.level), line)

    @staticmethod
    def _priority(level: int) -> int:
        return (_FACILITY_NUMBERS[Vlog.__facility] << 3) + _SEVERITIES[level]

    # Configuration.

    @staticmethod
    def init(log_file: Optional[str] = None) -> None:
        """Begins to log, also to 'log_file'; only the first call counts."""
        if Vlog.__inited:
            return
        Vlog.__inited = True
        if os.environ.get("OVS_SYSLOG_METHOD") != "null":
            syslog.openlog(ovs.util.PROGRAM_NAME, 0, _FACILITY_NUMBERS[Vlog.__facility] << 3)
        if log_file:
            Vlog.__log_file = log_file
            Vlog.__open()
        _register_commands()

    @staticmethod
    def __open() -> str:
        assert Vlog.__log_file
        try:
            Vlog.__file = open(Vlog.__log_file, "a", encoding="utf-8", errors="replace")
        except OSError as e:
            vlog.warn("failed to open %s for logging: %s" % (Vlog.__log_file, e.strerror))
            return "%s: open: %s" % (Vlog.__log_file, e.strerror)
        vlog.info("opened log file %s" % Vlog.__log_file)
        return ""

    @staticmethod
    def reopen_log_file() -> str:
        """Closes and opens the file; returns what is wrong, or ''."""
        if not Vlog.__log_file:
            return "Logging to file not configured"
        with Vlog.__lock:
            if Vlog.__file:
                vlog.info("closing log file")
                Vlog.__file.close()
                Vlog.__file = None
            return Vlog.__open()

    @staticmethod
    def close_log_file() -> None:
        """Closes the file until reopen_log_file()."""
        with Vlog.__lock:
            if Vlog.__file:
                vlog.info("closing log file")
                Vlog.__file.close()
                Vlog.__file = None

    @staticmethod
    def change_owner(uid: int, gid: int) -> None:
        """Gives the file to another user; raises OSError."""
        if Vlog.__file:
            os.fchown(Vlog.__file.fileno(), uid, gid)

    @staticmethod
    def set_level(module: str, destination: str, level: str) -> None:
        """Sets a level; 'module' and 'destination' may be "any"."""
        rank = LEVELS[level.lower()]
        module = module.lower()
        destination = destination.lower()
        for name, levels in Vlog.__modules.items():
            if module in ("any", name):
                for to in levels:
                    if destination in ("any", to):
                        levels[to] = rank
        if module == "any":
            for to in Vlog.__defaults:
                if destination in ("any", to):
                    Vlog.__defaults[to] = rank

    @staticmethod
    def set_pattern(destination: str, pattern: str) -> None:
        """Sets the pattern of a destination or "any"."""
        for name in Vlog.__patterns:
            if destination.lower() in ("any", name):
                Vlog.__patterns[name] = pattern

    @staticmethod
    def set_levels_from_string(s: str) -> Optional[str]:
        """Obeys "MODULE:DESTINATION:LEVEL", "PATTERN:DESTINATION:PATTERN" or
        "FACILITY:NAME"; returns what is wrong, or None."""
        kind, rest = (re.split("[ ,:\t\r\n]", s, maxsplit=1) + [""])[:2]
        if kind.upper() == "PATTERN":
            return Vlog.__configure_pattern(rest)
        if kind.upper() == "FACILITY":
            return Vlog.add_syslog_facility(rest)
        chosen: Dict[str, str] = {}
        for word in filter(None, re.split("[ ,:\t\r\n/]", s.lower())):
            if word in DESTINATIONS:
                kind = "destination"
            elif word in LEVELS:
                kind = "level"
            elif word in Vlog.__modules:
                kind = "module"
            elif word == "any":
                continue
            else:
                return 'no destination, level, or module "%s"' % word
            if kind in chosen:
                return "cannot specify multiple %ss" % kind
            chosen[kind] = word
        Vlog.set_level(
            chosen.get("module", "any"),
            chosen.get("destination", "any"),
            chosen.get("level", "dbg"),
        )
        return None

    @staticmethod
    def __configure_pattern(spec: str) -> Optional[str]:
        destination, _, pattern = spec.partition(":")
        if not destination:
            return "missing destination"
        if destination.lower() not in ("any", *DESTINATIONS):
            return 'unknown destination "%s"' % destination
        Vlog.set_pattern(destination, pattern)
        return None

    @staticmethod
    def add_syslog_facility(facility: str) -> Optional[str]:
        """Sets the facility of syslog; returns what is wrong, or None."""
        if facility.lower() not in _FACILITY_NUMBERS:
            return "invalid facility"
        Vlog.__facility = facility.lower()
        return None

    @staticmethod
    def get_levels() -> str:
        """All levels as "vlog/list" shows them."""
        lines = [
            "                 console    syslog    file\n",
            "                 -------    ------    ------\n",
        ]
        for name in sorted(Vlog.__modules):
            levels = Vlog.__modules[name]
            shown = [_LEVEL_NAMES[levels[to]] for to in ("console", "syslog", "file")]
            lines.append("%-16s  %4s       %4s       %4s\n" % (name, *shown))
        return "".join(lines)

    @staticmethod
    def get_patterns() -> str:
        """All patterns as "vlog/list-pattern" shows them."""
        lines = [
            "         prefix                            format\n",
            "         ------                            ------\n",
        ]
        for name in ("syslog", "console", "file"):
            prefix = "<%B>" if name == "syslog" else "none"
            lines.append("%-7s  %-32s  %s\n" % (name.upper(), prefix, Vlog.__patterns[name]))
        return "".join(lines)


_WRITERS: Dict[str, Callable[[str, _Record], None]] = {
    "syslog": Vlog._write_syslog,
    "console": Vlog._write_console,
    "file": Vlog._write_file,
}

vlog = Vlog("vlog")


def _vlog_set(conn: Any, argv: List[str], aux: Any) -> None:
    for spec in argv or [""]:
        error = Vlog.set_levels_from_string(spec)
        if error:
            conn.reply_error(error)
            return
    conn.reply(None)


def _vlog_reopen(conn: Any, argv: List[str], aux: Any) -> None:
    error = Vlog.reopen_log_file()
    if error:
        conn.reply_error(error)
    else:
        conn.reply(None)


def _vlog_close(conn: Any, argv: List[str], aux: Any) -> None:
    Vlog.close_log_file()
    conn.reply(None)


# Name, usage, numbers of arguments, callback.
_COMMANDS = (
    ("vlog/set", "{spec | PATTERN:destination:pattern}", 0, sys.maxsize, _vlog_set),
    ("vlog/list", "", 0, 0, lambda conn, argv, aux: conn.reply(Vlog.get_levels())),
    ("vlog/list-pattern", "", 0, 0, lambda conn, argv, aux: conn.reply(Vlog.get_patterns())),
    ("vlog/reopen", "", 0, 0, _vlog_reopen),
    ("vlog/close", "", 0, 0, _vlog_close),
)


def _register_commands() -> None:
    # ovs.unixctl logs, so it imports this module.
    import ovs.unixctl

    for name, usage, n_min, n_max, callback in _COMMANDS:
        ovs.unixctl.command_register(name, usage, n_min, n_max, callback, None)


def add_args(parser: Any) -> None:
    """Adds -v, --verbose and --log-file to an argparse parser."""
    group = parser.add_argument_group(title="Logging Options")
    group.add_argument(
        "--log-file",
        nargs="?",
        const="",
        default=None,
        help="log to LOG_FILE (default: %s/PROGRAM.log)" % ovs.dirs.LOGDIR,
    )
    group.add_argument(
        "-v",
        "--verbose",
        nargs="?",
        action="append",
        default=None,
        const="any",
        help="set levels or patterns of the log; everything to dbg without SPEC",
        metavar="SPEC",
    )


def handle_args(args: Any) -> None:
    """Obeys what add_args() added, and calls Vlog.init(); ends the program
    with a message if an argument is wrong."""
    log_file = args.log_file
    if log_file == "":
        log_file = "%s/%s.log" % (ovs.dirs.LOGDIR, ovs.util.PROGRAM_NAME)
    for spec in args.verbose or []:
        error = Vlog.set_levels_from_string(spec)
        if error:
            ovs.util.ovs_fatal(0, "processing \"%s\": %s" % (spec, error))
    Vlog.init(log_file)
