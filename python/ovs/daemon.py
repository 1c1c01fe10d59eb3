"""The way from a command line to a daemon: --detach, --monitor, --pidfile, --user.

    ovs.daemon.add_args(parser)
    args = parser.parse_args()
    ovs.daemon.handle_args(args)
    ...
    ovs.daemon.daemonize_start()
    error, server = ovs.unixctl.server.UnixctlServer.create(None)
    ovs.daemon.daemonize_complete()

With --detach --monitor there are three processes: the original one, which
waits for the daemon to serve; the monitor; and the daemon, which the monitor
starts again after crashes.  A byte in a pipe says "I serve".  Threads belong
after daemonize_start().
"""

from __future__ import annotations

import errno
import fcntl
import grp
import os
import pwd
import resource
import signal
import sys
import time
from typing import Any, IO, NoReturn, Optional, Tuple

import ovs.dirs
import ovs.fatal_signal
import ovs.process
import ovs.socket_util
import ovs.util
import ovs.vlog

vlog = ovs.vlog.Vlog("daemon")

# A daemon that exits with this code is started again, like after a crash.
RESTART_EXIT_CODE = 5

_MIN_RESTART_SEC = 10

# Signals that mean a mistake in the program.
_CRASH_SIGNALS = (
    signal.SIGABRT, signal.SIGALRM, signal.SIGBUS, signal.SIGFPE, signal.SIGILL,
    signal.SIGPIPE, signal.SIGSEGV, signal.SIGXCPU, signal.SIGXFSZ,
)

# What the options ask for.
_detach = False
_chdir = True
_monitor = False
_overwrite_pidfile = False
_pidfile: Optional[str] = None
_user: Optional[Tuple[str, int, int]] = None

# To the process that waits for us to serve, or -1.
_notify_fd = -1
# Our pidfile, which holds its lock while it is open.
_own_pidfile: Optional[IO[str]] = None


# Options.


def make_pidfile_name(name: Optional[str]) -> str:
    """The file that --pidfile=NAME means; by default RUNDIR/PROGRAM.pid."""
    if not name:
        return "%s/%s.pid" % (ovs.dirs.RUNDIR, ovs.util.PROGRAM_NAME)
    return ovs.util.abs_file_name(ovs.dirs.RUNDIR, name)


def set_pidfile(name: Optional[str]) -> None:
    """Has daemonize_start() make a pidfile; see make_pidfile_name()."""
    global _pidfile
    _pidfile = make_pidfile_name(name)


def get_pidfile() -> Optional[str]:
    """Name of the pidfile, None if there will be none."""
    return _pidfile


def set_no_chdir() -> None:
    """Keeps the working directory, which a daemon else leaves for /."""
    global _chdir
    _chdir = False


def is_chdir_enabled() -> bool:
    """Whether a daemon leaves its working directory for /."""
    return _chdir


def ignore_existing_pidfile() -> None:
    """Starts even if the process that the pidfile names runs."""
    global _overwrite_pidfile
    _overwrite_pidfile = True


def set_detach() -> None:
    """Has the program run in the background."""
    global _detach
    _detach = True


def get_detach() -> bool:
    """Whether the program runs in the background."""
    return _detach


def set_monitor() -> None:
    """Has another process start the daemon again after crashes."""
    global _monitor
    _monitor = True


def set_user(spec: str) -> None:
    """Has the program run as "USER", "USER:GROUP" or ":GROUP".  Ends the
    program with a message if they do not exist."""
    global _user
    if os.geteuid() or os.getuid():
        _fatal("%s: only root can use --user option" % _pidfile)
    user, _, group = spec.partition(":")
    try:
        entry = pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
    except KeyError:
        _fatal("%s: user %s not found, aborting." % (_pidfile, user))
    gid = entry.pw_gid
    if group:
        try:
            group_entry = grp.getgrnam(group)
        except KeyError:
            _fatal("%s: group %s not found, aborting." % (_pidfile, group))
        gid = group_entry.gr_gid
        if user and gid != entry.pw_gid and user not in group_entry.gr_mem:
            _fatal(
                "%s: Invalid --user option %s (user %s is not in group %s), aborting."
                % (_pidfile, spec, user, group)
            )
    _user = (entry.pw_name, entry.pw_uid, gid)


def add_args(parser: Any) -> None:
    """Adds the options of daemons to an argparse parser."""
    pidfile = make_pidfile_name(None)
    group = parser.add_argument_group(title="Daemon Options")
    group.add_argument("--detach", action="store_true", help="run in the background")
    group.add_argument("--no-chdir", action="store_true", help="keep the working directory")
    group.add_argument("--monitor", action="store_true", help="start again after crashes")
    group.add_argument(
        "--pidfile",
        nargs="?",
        const="",
        help="write the process id to PIDFILE (default: %s)" % pidfile,
    )
    group.add_argument(
        "--overwrite-pidfile",
        action="store_true",
        help="start even if the pidfile's process runs",
    )
    group.add_argument(
        "--user", metavar="USERNAME[:GROUP]", help="run as another user and group"
    )


def handle_args(args: Any) -> None:
    """Obeys what add_args() added."""
    if args.pidfile is not None:
        set_pidfile(args.pidfile)
    if args.detach:
        set_detach()
    if args.no_chdir:
        set_no_chdir()
    if args.overwrite_pidfile:
        ignore_existing_pidfile()
    if args.monitor:
        set_monitor()
    if args.user is not None:
        set_user(args.user)


def _fatal(message: str) -> NoReturn:
    ovs.util.ovs_fatal(0, message, vlog)


# The pidfile: its content says who runs, its lock that he still does.


def read_pidfile(pidfile: str) -> int:
    """The id of the process that runs and holds 'pidfile', or a negative
    errno: ENOENT if there is no file, ESRCH if nobody holds it."""
    return _read_pidfile(pidfile, must_exist=True)


def _read_pidfile(name: str, must_exist: bool) -> int:
    try:
        if _own_pidfile and os.path.samestat(os.stat(name), os.fstat(_own_pidfile.fileno())):
            # To open and close the file would drop our lock.
            return os.getpid()
        with open(name, "r", encoding="ascii") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError as e:
                if e.errno in (errno.EACCES, errno.EAGAIN):
                    return int(file.readline())
                raise
            return -errno.ESRCH
    except OSError as e:
        if e.errno != errno.ENOENT or must_exist:
            vlog.warn("%s: open: %s" % (name, e.strerror))
        return -(e.errno or errno.EIO)
    except ValueError:
        vlog.warn("%s: does not contain a process ID" % name)
        return -errno.EINVAL


def check_already_running(pidfile: str) -> None:
    """Ends the program with a message if another process holds 'pidfile'."""
    pid = _read_pidfile(pidfile, must_exist=False)
    if pid > 0:
        _fatal("%s: already running as pid %d, aborting" % (pidfile, pid))
    elif pid not in (-errno.ENOENT, -errno.ESRCH):
        _fatal("%s: pidfile check failed (%s), aborting" % (pidfile, os.strerror(-pid)))


def _make_pidfile(name: str) -> None:
    """Makes and locks the pidfile of this process."""
    global _own_pidfile
    tmp = name + ".tmp"
    ovs.fatal_signal.add_file_to_unlink(tmp)
    try:
        fd = os.open(tmp, os.O_RDWR | os.O_CREAT, 0o644)
        file = os.fdopen(fd, "r+", encoding="ascii")
    except OSError as e:
        _fatal("%s: create failed (%s)" % (tmp, e.strerror))
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        _fatal("%s: fcntl(F_SETLK) failed (%s)" % (tmp, e.strerror))
    try:
        file.truncate(0)
        file.write("%d\n" % os.getpid())
        file.flush()
        ovs.fatal_signal.add_file_to_unlink(name)
        os.rename(tmp, name)
    except OSError as e:
        _fatal('failed to rename "%s" to "%s" (%s)' % (tmp, name, e.strerror))
    ovs.fatal_signal.remove_file_to_unlink(tmp)
    _own_pidfile = file


# The processes.


def daemonize() -> None:
    """Becomes a daemon that serves already."""
    daemonize_start()
    daemonize_complete()


def daemonize_start() -> None:
    """Forks as the options say; makes the pidfile.  The original process ends
    when the daemon calls daemonize_complete(), or with its exit code."""
    global _notify_fd
    if _pidfile and not _overwrite_pidfile:
        check_already_running(_pidfile)
    if _user:
        _switch_user(*_user)
    if _detach:
        pid, _notify_fd = _fork_and_wait(exit_on_failure=True)
        if pid:
            os._exit(0)
        os.setsid()
    if _monitor:
        _start_monitor()
    if _pidfile:
        _make_pidfile(_pidfile)


def daemonize_complete() -> None:
    """Says that the program serves: the original process ends with code 0."""
    global _notify_fd
    sys.stdout.flush()
    _notify(_notify_fd)
    _notify_fd = -1
    _leave_terminal()


def _fork_and_wait(exit_on_failure: bool) -> Tuple[int, int]:
    """Forks; the parent waits for the child to serve and gets its id and -1,
    the child gets 0 and the descriptor for _notify().  The parent ends as the
    child did if that does not serve and 'exit_on_failure'."""
    read_fd, write_fd = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = ovs.fatal_signal.fork()
    if pid < 0:
        _fatal("fork failed (%s)" % os.strerror(-pid))
    if pid == 0:
        os.close(read_fd)
        return 0, write_fd
    os.close(write_fd)
    serves = os.read(read_fd, 1)
    os.close(read_fd)
    if not serves and exit_on_failure:
        status = os.waitpid(pid, 0)[1]
        if not (os.WIFEXITED(status) and os.WEXITSTATUS(status)):
            text = ovs.process.status_msg(status)
            ovs.util.ovs_error(0, "fork child died before signaling startup (%s)" % text, vlog)
            os._exit(1)
        os._exit(os.WEXITSTATUS(status))
    return pid, -1


def _notify(fd: int) -> None:
    """Says to the process at the other end of 'fd' that we serve."""
    if fd >= 0:
        error, _ = ovs.socket_util.write_fully(fd, b"\0")
        if error:
            _fatal("pipe write failed (%s)" % os.strerror(error))
        os.close(fd)


def _leave_terminal() -> None:
    """A daemon holds no directory and no terminal.  Standard descriptors stay
    open, on /dev/null, so that nothing else gets their numbers."""
    if not _detach:
        return
    if _chdir:
        os.chdir("/")
    null_fd = ovs.socket_util.get_null_fd()
    if null_fd >= 0:
        for fd in range(3):
            os.dup2(null_fd, fd)


def _start_monitor() -> None:
    """Becomes the monitor, or returns in the daemon."""
    global _notify_fd
    upper_fd = _notify_fd
    pid, _notify_fd = _fork_and_wait(exit_on_failure=True)
    if pid:
        _notify(upper_fd)
        _leave_terminal()
        _run_monitor(pid)
    elif upper_fd >= 0:
        os.close(upper_fd)


def _run_monitor(pid: int) -> None:
    """Waits for crashes; returns in a daemon that was started again."""
    global _notify_fd
    last_restart: Optional[float] = None
    crashes = 0
    while True:
        status = os.waitpid(pid, 0)[1]
        # The daemon may have had the file rotated meanwhile.
        ovs.vlog.Vlog.reopen_log_file()
        text = "pid %d died, %s" % (pid, ovs.process.status_msg(status))
        if not _should_restart(status):
            vlog.info("%s, exiting" % text)
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0)
        crashes += 1
        if os.WCOREDUMP(status):
            # One core file is enough.
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        last_restart = _wait_before_restart(last_restart, "%d crashes: %s" % (crashes, text))
        pid, _notify_fd = _fork_and_wait(exit_on_failure=False)
        if not pid:
            return


def _should_restart(status: int) -> bool:
    """Whether a daemon that ended with 'status' is to be started again."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status) == RESTART_EXIT_CODE
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) in _CRASH_SIGNALS


def _wait_before_restart(last_restart: Optional[float], what: str) -> float:
    """Keeps a daemon that crashes at once from using the whole machine;
    returns the time of this restart."""
    if last_restart is not None:
        left = last_restart + _MIN_RESTART_SEC - time.monotonic()
        if left > 0:
            vlog.warn(
                "%s, waiting until %d seconds since last restart" % (what, _MIN_RESTART_SEC)
            )
            time.sleep(left)
    vlog.err("%s, restarting" % what)
    return time.monotonic()


def _switch_user(name: str, uid: int, gid: int) -> None:
    """Becomes another user, for good."""
    try:
        ovs.vlog.Vlog.change_owner(uid, gid)
        os.initgroups(name, gid)
        os.setgid(gid)
        os.setuid(uid)
    except OSError as e:
        _fatal("%s: cannot become user %s (%s), aborting." % (_pidfile, name, e.strerror))
    os.environ["HOME"] = "/"
