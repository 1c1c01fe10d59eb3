"""Serves runtime commands at a UNIX socket."""

from __future__ import annotations

import errno
import os
from typing import Any, List, Optional, Tuple

import ovs.dirs
import ovs.jsonrpc
import ovs.poller
import ovs.stream
import ovs.unixctl
import ovs.util
import ovs.vlog
from ovs.version import VERSION

Message = ovs.jsonrpc.Message
vlog = ovs.vlog.Vlog("unixctl_server")


class UnixctlConnection:
    """One client of a server."""

    def __init__(self, rpc: ovs.jsonrpc.Connection) -> None:
        self._rpc = rpc
        self._request_id: Any = None
        # Whether the client wants replies in JSON.
        self.json = False

    def run(self) -> int:
        """Obeys what came in; returns an errno when the client is gone."""
        self._rpc.run()
        error = self._rpc.get_status()
        if error or self._rpc.get_backlog():
            return error
        for _ in range(10):
            if error or self._request_id is not None:
                break
            error, msg = self._rpc.recv()
            if msg:
                if msg.type == Message.T_REQUEST:
                    self._process_command(msg)
                else:
                    # A client may send nothing but requests.
                    error = errno.EPROTO
            if not error:
                error = self._rpc.get_status()
        return error

    def reply(self, body: Optional[str]) -> None:
        """Ends the command with success and the text 'body'."""
        self._reply_impl(True, body)

    def reply_json(self, body: Any) -> None:
        """Ends the command with success and the JSON value 'body', for a
        client that wants JSON."""
        assert self.json
        self._send(True, {"reply-format": "json", "reply": body})

    def reply_error(self, body: Optional[str]) -> None:
        """Ends the command with a failure and the text 'body'."""
        self._reply_impl(False, body)

    def _close(self) -> None:
        self._rpc.close()
        self._request_id = None

    def _wait(self, poller: Any) -> None:
        self._rpc.wait(poller)
        if not self._rpc.get_backlog() and self._request_id is None:
            self._rpc.recv_wait(poller)

    def _reply_impl(self, success: bool, body: Optional[str]) -> None:
        text = body or ""
        if text and not text.endswith("\n"):
            text += "\n"
        if success and self.json:
            self._send(True, {"reply-format": "plain", "reply": text})
        else:
            self._send(success, text)

    def _send(self, success: bool, body: Any) -> None:
        assert self._request_id is not None
        if success:
            reply = Message.create_reply(body, self._request_id)
        else:
            reply = Message.create_error(body, self._request_id)
        self._rpc.send(reply)
        self._request_id = None

    def _process_command(self, request: ovs.jsonrpc.Message) -> None:
        self._request_id = request.id
        params = request.params
        method = request.method or ""
        command = ovs.unixctl.commands.get(method)
        if command is None:
            self.reply_error('"%s" is not a valid command (use "list-commands" to see a list '
                             "of valid commands)" % method)
        elif len(params) < command.min_args:
            self.reply_error('"%s" command requires at least %d arguments'
                             % (method, command.min_args))
        elif len(params) > command.max_args:
            self.reply_error('"%s" command takes at most %d arguments'
                             % (method, command.max_args))
        elif not all(isinstance(param, str) for param in params):
            self.reply_error('"%s" command has non-string argument' % method)
        else:
            command.callback(self, [str(param) for param in params], command.aux)


class UnixctlServer:
    """Listens for clients and obeys them."""

    # Further clients wait until one of these leaves.
    max_connections = 100

    def __init__(self, listener: ovs.stream.PassiveStream) -> None:
        self._listener: Optional[ovs.stream.PassiveStream] = listener
        self._conns: List[UnixctlConnection] = []

    def run(self) -> None:
        """Takes clients and obeys them."""
        assert self._listener is not None
        while len(self._conns) < self.max_connections:
            error, stream = self._listener.accept()
            if not error and stream is not None:
                self._conns.append(UnixctlConnection(ovs.jsonrpc.Connection(stream)))
            else:
                if error != errno.EAGAIN:
                    vlog.warn("%s: accept failed: %s" % (self._listener.name, os.strerror(error)))
                break
        for conn in list(self._conns):
            error = conn.run()
            if error and error != errno.EAGAIN:
                conn._close()
                self._conns.remove(conn)

    def wait(self, poller: Any) -> None:
        """Wakes 'poller' up when run() has something to do."""
        assert self._listener is not None
        self._listener.wait(poller)
        for conn in self._conns:
            conn._wait(poller)

    def close(self) -> None:
        """Drops the clients and removes the socket."""
        for conn in self._conns:
            conn._close()
        self._conns = []
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    @staticmethod
    def create(
        path: Optional[str], version: Optional[str] = None
    ) -> Tuple[int, Optional["UnixctlServer"]]:
        """A server at the socket 'path', by default RUNDIR/PROGRAM.PID.ctl;
        "none" makes no server.  Returns (errno, server)."""
        if path == "none":
            return 0, None
        if path is None:
            path = "%s/%s.%d.ctl" % (ovs.dirs.RUNDIR, ovs.util.PROGRAM_NAME, os.getpid())
        path = ovs.util.abs_file_name(ovs.dirs.RUNDIR, path)
        error, listener = ovs.stream.PassiveStream.open("punix:%s" % path)
        if error or listener is None:
            ovs.util.ovs_error(error, "could not initialize control socket %s" % path)
            return error, None
        text = "%s (Open vSwitch) %s" % (ovs.util.PROGRAM_NAME, version or VERSION)
        ovs.unixctl.command_register("version", "", 0, 0, ovs.unixctl._version, text)
        return 0, UnixctlServer(listener)
