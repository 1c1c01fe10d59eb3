"""Asks a daemon to obey a runtime command."""

from __future__ import annotations

import os
from typing import Optional, Sequence, Tuple

import ovs.dirs
import ovs.jsonrpc
import ovs.stream
import ovs.util
import ovs.vlog

vlog = ovs.vlog.Vlog("unixctl_client")


class UnixctlClient:
    """A connection to one daemon."""

    def __init__(self, conn: ovs.jsonrpc.Connection) -> None:
        self._conn: Optional[ovs.jsonrpc.Connection] = conn

    def transact(
        self, command: str, argv: Sequence[str]
    ) -> Tuple[int, Optional[str], Optional[str]]:
        """Runs a command; returns (errno, text of failure, text of success),
        of which just one is set."""
        assert self._conn is not None
        request = ovs.jsonrpc.Message.create_request(command, [str(arg) for arg in argv])
        error, reply = self._conn.transact_block(request)
        if error or reply is None:
            vlog.warn("error communicating with %s: %s"
                      % (self._conn.name, ovs.util.ovs_retval_to_string(error)))
            return error, None, None
        if reply.error is not None:
            return 0, str(reply.error), None
        return 0, None, str(reply.result)

    def close(self) -> None:
        """Ends the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    @staticmethod
    def create(path: str) -> Tuple[int, Optional["UnixctlClient"]]:
        """Connects to the socket 'path'; returns (errno, client)."""
        name = "unix:%s" % ovs.util.abs_file_name(ovs.dirs.RUNDIR, path)
        error, stream = ovs.stream.Stream.open_block(ovs.stream.Stream.open(name))
        if error or stream is None:
            vlog.warn("failed to connect to %s (%s)" % (path, os.strerror(error)))
            return error, None
        return 0, UnixctlClient(ovs.jsonrpc.Connection(stream))
