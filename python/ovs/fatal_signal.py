"""What must happen when the program ends or a signal ends it: hooks, and files
to remove."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from typing import Any, Callable, List, Optional, Set, Tuple

import ovs.vlog

_Hook = Tuple[Callable[[], None], Optional[Callable[[], None]], bool]

_FATAL = ("SIGTERM", "SIGINT", "SIGHUP", "SIGALRM")
_hooks: List[_Hook] = []
_files: Set[str] = set()
_inited = False

vlog = ovs.vlog.Vlog("fatal-signal")


def add_hook(
    hook: Callable[[], None], cancel: Optional[Callable[[], None]], run_at_exit: bool
) -> None:
    """Calls 'hook' when a signal ends the program, and at its ordinary end if
    'run_at_exit'.  'cancel' is called in a child that does not inherit it."""
    _init()
    _hooks.append((hook, cancel, run_at_exit))


def fork() -> int:
    """os.fork(), after which the child has no hooks and no files to remove."""
    try:
        pid = os.fork()
    except OSError as e:
        vlog.err("could not fork: %s" % os.strerror(e.errno))
        return -e.errno
    if pid == 0:
        for _, cancel, _ in _hooks:
            if cancel:
                cancel()
        _hooks.clear()
        _files.clear()
        global _file_hook_added
        _file_hook_added = False
    return pid


_file_hook_added = False


def add_file_to_unlink(file: str) -> None:
    """Removes 'file' when the program ends."""
    global _file_hook_added
    if not _file_hook_added:
        _file_hook_added = True
        add_hook(_unlink_files, _files.clear, True)
    _files.add(file)


def remove_file_to_unlink(file: str) -> None:
    """Leaves 'file' where it is after all."""
    _files.discard(file)


def unlink_file_now(file: str) -> int:
    """Removes 'file' at once; returns an errno."""
    _files.discard(file)
    return _unlink(file)


def _unlink(file: str) -> int:
    try:
        os.unlink(file)
    except FileNotFoundError:
        return 0
    except OSError as e:
        vlog.warn("could not unlink '%s' (%s)" % (file, os.strerror(e.errno)))
        return e.errno
    return 0


def _unlink_files() -> None:
    for file in list(_files):
        _unlink(file)


def _init() -> None:
    """Catches the signals that end the program, those that nobody else does."""
    global _inited
    if _inited:
        return
    _inited = True
    for name in _FATAL:
        number = getattr(signal, name)
        try:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _signal_handler)
        except ValueError:
            # Only the main thread may.
            break
    atexit.register(_atexit_handler)


def _call_hooks(at_exit: bool) -> None:
    for hook, _, run_at_exit in list(_hooks):
        if run_at_exit or not at_exit:
            hook()
    _hooks.clear()


def _signal_handler(signum: int, frame: Any) -> None:
    """Runs the hooks, then dies of the signal."""
    _call_hooks(at_exit=False)
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)


def _atexit_handler() -> None:
    _call_hooks(at_exit=True)


def signal_alarm(timeout: int) -> None:
    """Ends the program with SIGALRM after 'timeout' seconds, if not 0."""
    if not timeout:
        return
    _init()
    if hasattr(signal, "alarm"):
        signal.alarm(timeout)
    else:
        sys.stderr.write("alarm is not supported on this system\n")
