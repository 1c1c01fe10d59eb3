"""Other processes."""

import os
import signal


def status_msg(status: int) -> str:
    """What a status of os.waitpid() says, for people."""
    if os.WIFEXITED(status):
        text = "exit status %d" % os.WEXITSTATUS(status)
    elif os.WIFSIGNALED(status):
        text = "killed (%s)" % _signal_name(os.WTERMSIG(status))
    elif os.WIFSTOPPED(status):
        text = "stopped (%s)" % _signal_name(os.WSTOPSIG(status))
    else:
        text = "terminated abnormally (%x)" % status
    if os.WCOREDUMP(status):
        text += ", core dumped"
    return text


def _signal_name(signum: int) -> str:
    try:
        name = signal.strsignal(signum)
    except ValueError:
        name = None
    return name or "signal %d" % signum
