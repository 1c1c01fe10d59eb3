"""Runtime commands: what "appctl" asks of a daemon."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, Optional, Tuple

import ovs.dirs
import ovs.util

Callback = Callable[[Any, List[str], Any], None]


class _Command:
    """A command that a daemon obeys."""

    def __init__(
        self, usage: str, min_args: int, max_args: int, callback: Callback, aux: Any
    ) -> None:
        self.usage = usage
        self.min_args = min_args
        self.max_args = max_args
        self.callback = callback
        self.aux = aux


commands: Dict[str, _Command] = {}


def command_register(
    name: str, usage: str, min_args: int, max_args: int, callback: Callback, aux: Any
) -> None:
    """Makes callback(conn, args, aux) obey the command 'name'; it ends with
    conn.reply() or conn.reply_error(), now or later.  The first one counts."""
    assert min_args >= 0 and max_args >= min_args
    if name not in commands:
        commands[name] = _Command(usage, min_args, max_args, callback, aux)


def command_unregister(name: str) -> None:
    """Forgets the command 'name'."""
    commands.pop(name, None)


def socket_name_from_target(target: str) -> Tuple[int, str]:
    """(errno, name of the socket) of a daemon by its name or socket; with an
    errno the text says what is wrong."""
    if target.startswith("/"):
        return 0, target
    pidfile = "%s/%s.pid" % (ovs.dirs.RUNDIR, target)
    try:
        with open(pidfile, encoding="ascii") as file:
            pid = int(file.readline())
    except OSError as e:
        return e.errno, "cannot read pidfile \"%s\" (%s)" % (pidfile, os.strerror(e.errno))
    except ValueError:
        return -1, "%s: does not contain a process ID" % pidfile
    return 0, "%s/%s.%d.ctl" % (ovs.dirs.RUNDIR, target, pid)


def _list_commands(conn: Any, argv: List[str], aux: Any) -> None:
    lines = ["The available commands are:"]
    for name in sorted(commands):
        usage = commands[name].usage
        lines.append(("  %-23s %s" % (name, usage)).rstrip() if usage else "  " + name)
    conn.reply("\n".join(lines) + "\n")


def _set_options(conn: Any, argv: List[str], aux: Any) -> None:
    if len(argv) == 2 and argv[0] == "--format":
        name = argv[1]
    elif len(argv) == 1 and argv[0].startswith("--format="):
        name = argv[0][len("--format=") :]
    else:
        conn.reply_error("set-options: %s is not --format FORMAT" % argv[0])
        return
    if name not in ("text", "json"):
        conn.reply_error("option format has invalid value %s" % name)
        return
    conn.json = name == "json"
    conn.reply(None)


def _version(conn: Any, argv: List[str], aux: Optional[str]) -> None:
    conn.reply(aux)


command_register("list-commands", "", 0, 0, _list_commands, None)
command_register("set-options", "[--format text|json]", 1, 2, _set_options, None)
