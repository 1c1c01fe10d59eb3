"""Small things that every program needs."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn, Optional

PROGRAM_NAME = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "python"

# "Errno" of an end of file.
EOF = -1


def abs_file_name(dir_: Optional[str], file_name: str) -> str:
    """'file_name' as an absolute name, relative to 'dir_' or to the working
    directory."""
    if file_name.startswith("/"):
        return file_name
    if not dir_:
        dir_ = os.getcwd()
    return dir_ + "/" + file_name if not dir_.endswith("/") else dir_ + file_name


def ovs_retval_to_string(retval: int) -> str:
    """What a return value means: 0, EOF or an errno."""
    if not retval:
        return ""
    if retval == EOF:
        return "End of file"
    return os.strerror(retval)


def ovs_error(err_no: int, message: str, vlog: Any = None) -> None:
    """Prints 'message' with the program's name and what 'err_no' means on
    standard error, and logs it to 'vlog'."""
    text = "%s: %s" % (PROGRAM_NAME, message)
    if err_no:
        text += " (%s)" % ovs_retval_to_string(err_no)
    sys.stderr.write(text + "\n")
    if vlog:
        vlog.err(message)


def ovs_fatal(err_no: int, message: str, vlog: Any = None) -> NoReturn:
    """Like ovs_error(), then exits with code 1."""
    ovs_error(err_no, message, vlog)
    sys.exit(1)
