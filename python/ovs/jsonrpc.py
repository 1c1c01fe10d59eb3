"""JSON-RPC 1.0 over streams: messages, connections, sessions (RFC 7047 section 4)."""

from __future__ import annotations

import codecs
import errno
import itertools
import os
import random
from typing import Any, Optional, Sequence, Tuple, Union

import ovs.json
import ovs.poller
import ovs.reconnect
import ovs.stream
import ovs.timeval
import ovs.util
import ovs.vlog

EOF = ovs.util.EOF
vlog = ovs.vlog.Vlog("jsonrpc")

_RECV_SIZE = 65536
_MAX_RECV_ROUNDS = 50


class Message:
    """A request, notification, reply or error."""

    T_REQUEST = 0
    T_NOTIFY = 1
    T_REPLY = 2
    T_ERROR = 3

    # Name, then what members a message of each type has: method, params,
    # result, error, id.
    __types = {
        T_REQUEST: ("request", (True, True, False, False, True)),
        T_NOTIFY: ("notification", (True, True, False, False, False)),
        T_REPLY: ("reply", (False, False, True, False, True)),
        T_ERROR: ("error", (False, False, False, True, True)),
    }
    __members = ("method", "params", "result", "error", "id")
    __next_id = itertools.count()

    def __init__(
        self, type_: int, method: Optional[str], params: Any, result: Any, error: Any, id: Any
    ) -> None:
        self.type = type_
        self.method = method
        self.params = params
        self.result = result
        self.error = error
        self.id = id

    @staticmethod
    def create_request(method: str, params: Any) -> "Message":
        """A request with an id of its own."""
        return Message(
            Message.T_REQUEST, method, params, None, None, next(Message.__next_id)
        )

    @staticmethod
    def create_notify(method: str, params: Any) -> "Message":
        """A notification."""
        return Message(Message.T_NOTIFY, method, params, None, None, None)

    @staticmethod
    def create_reply(result: Any, id: Any) -> "Message":
        """The reply to the request 'id'."""
        return Message(Message.T_REPLY, None, None, result, None, id)

    @staticmethod
    def create_error(error: Any, id: Any) -> "Message":
        """The reply that the request 'id' failed."""
        return Message(Message.T_ERROR, None, None, None, error, id)

    @staticmethod
    def type_to_string(type_: int) -> Optional[str]:
        """Name of a type."""
        return Message.__types[type_][0] if type_ in Message.__types else None

    def is_valid(self) -> Optional[str]:
        """What is wrong with the message, or None."""
        if self.params is not None and not isinstance(self.params, list):
            return '"params" must be JSON array'
        if self.type not in Message.__types:
            return "invalid JSON-RPC message type %s" % self.type
        name, has = Message.__types[self.type]
        for member, wanted in zip(Message.__members, has):
            present = getattr(self, member) is not None
            # The result of a reply may be null.
            if present != wanted and not (member == "result" and wanted):
                verb = "must" if wanted else "must not"
                return '%s %s have "%s"' % (name, verb, member)
        return None

    @staticmethod
    def from_json(json: Any) -> Union["Message", str]:
        """The message in 'json', or a string: what is wrong with it."""
        if not isinstance(json, dict):
            return "message is not a JSON object"
        json = dict(json)
        method = json.pop("method", None)
        if method is not None and not isinstance(method, str):
            return "method is not a JSON string"
        values = [method] + [json.pop(name, None) for name in Message.__members[1:]]
        if json:
            return 'message has unexpected member "%s"' % next(iter(json))
        _, _, result, error, id_ = values
        if result is not None:
            type_ = Message.T_REPLY
        elif error is not None:
            type_ = Message.T_ERROR
        elif method is None:
            type_ = Message.T_REPLY
        else:
            type_ = Message.T_NOTIFY if id_ is None else Message.T_REQUEST
        msg = Message(type_, *values)
        return msg.is_valid() or msg

    def to_json(self) -> dict:
        """The message as JSON."""
        json = {}
        for name in Message.__members:
            value = getattr(self, name)
            if value is not None or name == "id" or name == "error" and self.type == self.T_REPLY:
                json[name] = value
            elif name == "result" and self.type in (self.T_REPLY, self.T_ERROR):
                json[name] = None
        return json

    def __str__(self) -> str:
        parts = [Message.type_to_string(self.type) or ""]
        for name in Message.__members:
            value = getattr(self, name)
            if value is not None:
                text = value if name == "method" else ovs.json.to_string(value)
                parts.append('%s="%s"' % (name, text) if name == "method" else name + "=" + text)
        return ", ".join(parts)


class Connection:
    """Messages over one stream."""

    def __init__(self, stream: ovs.stream.Stream) -> None:
        self.name = stream.name
        self.stream: Optional[ovs.stream.Stream] = stream
        self.status = 0
        self.input = b""
        self.output = bytearray()
        self.parser: Optional[ovs.json.Parser] = None
        self.received_bytes = 0
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def close(self) -> None:
        """Ends the connection."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def run(self) -> None:
        """Sends what waits to be sent."""
        if self.status or self.stream is None:
            return
        self.stream.run()
        while self.output:
            # A part: a large queue is not to be copied whole for each send.
            n = self.stream.send(bytes(self.output[:1 << 20]))
            if n >= 0:
                del self.output[:n]
            else:
                if n != -errno.EAGAIN:
                    vlog.warn("%s: send error: %s" % (self.name, os.strerror(-n)))
                    self.error(-n)
                return

    def wait(self, poller: Any) -> None:
        """Wakes 'poller' up when run() has something to do."""
        if not self.status and self.stream is not None:
            self.stream.run_wait(poller)
            if self.output:
                self.stream.send_wait(poller)

    def get_status(self) -> int:
        """0, or why the connection is of no use: EOF or an errno."""
        return self.status

    def get_backlog(self) -> int:
        """Bytes that wait to be sent."""
        return 0 if self.status else len(self.output)

    def get_received_bytes(self) -> int:
        """Bytes received so far."""
        return self.received_bytes

    def __tell(self, title: str, msg: Message) -> None:
        if vlog.is_dbg_enabled():
            vlog.dbg("%s: %s %s" % (self.name, title, msg))

    def send(self, msg: Message) -> int:
        """Queues 'msg' and sends what it can; returns an errno or EOF."""
        if self.status:
            return self.status
        self.__tell("send", msg)
        was_empty = not self.output
        self.output += ovs.json.to_string(msg.to_json()).encode("utf-8")
        if was_empty:
            self.run()
        return self.status

    def send_block(self, msg: Message) -> int:
        """Sends 'msg' and waits until it is out; returns an errno or EOF."""
        error = self.send(msg)
        if error:
            return error
        while True:
            self.run()
            if not self.get_backlog() or self.get_status():
                return self.status
            poller = ovs.poller.Poller()
            self.wait(poller)
            poller.block()

    def recv(self) -> Tuple[int, Optional[Message]]:
        """The next message: (0, message), or (EAGAIN, None) if there is none
        yet, or (errno or EOF, None)."""
        if self.status:
            return self.status, None
        for _ in range(_MAX_RECV_ROUNDS):
            if not self._text:
                error = self.__fill()
                if error:
                    return error, None
                continue
            if self.parser is None:
                self.parser = ovs.json.Parser()
            used = self.parser.feed(self._text)
            self._text = self._text[used:]
            if self.parser.is_done():
                msg = self.__take_message()
                return (0, msg) if msg else (self.status, None)
        return errno.EAGAIN, None

    def __fill(self) -> int:
        """Reads more text; returns 0, EAGAIN, EOF or an errno."""
        assert self.stream is not None
        error, data = self.stream.recv(_RECV_SIZE)
        if error:
            if error == errno.EAGAIN:
                return error
            vlog.warn("%s: receive error: %s" % (self.name, os.strerror(error)))
            self.error(error)
            return self.status
        if not data:
            self.error(EOF)
            return EOF
        self.received_bytes += len(data)
        try:
            self._text = self._decoder.decode(data)
        except UnicodeDecodeError:
            vlog.warn("%s: received invalid UTF-8" % self.name)
            self.error(errno.EILSEQ)
            return self.status
        return 0

    def recv_block(self) -> Tuple[int, Optional[Message]]:
        """Waits for the next message; returns (errno or EOF, message)."""
        while True:
            error, msg = self.recv()
            if error != errno.EAGAIN:
                return error, msg
            self.run()
            poller = ovs.poller.Poller()
            self.wait(poller)
            self.recv_wait(poller)
            poller.block()

    def transact_block(self, request: Message) -> Tuple[int, Optional[Message]]:
        """Sends 'request' and waits for its reply, answering probes on the
        way; returns (errno or EOF, reply)."""
        id_ = request.id
        error = self.send(request)
        reply = None
        while not error:
            error, reply = self.recv_block()
            if error or reply is None:
                break
            if reply.type in (Message.T_REPLY, Message.T_ERROR) and reply.id == id_:
                break
            if reply.type == Message.T_REQUEST and reply.method == "echo":
                self.send(Message.create_reply(reply.params, reply.id))
        return error, reply if not error else None

    def __take_message(self) -> Optional[Message]:
        assert self.parser is not None
        json = self.parser.finish()
        self.parser = None
        if isinstance(json, str):
            vlog.warn("%s: error parsing stream: %s" % (self.name, json))
            self.error(errno.EPROTO)
            return None
        msg = Message.from_json(json)
        if isinstance(msg, str):
            vlog.warn("%s: received bad JSON-RPC message: %s" % (self.name, msg))
            self.error(errno.EPROTO)
            return None
        self.__tell("received", msg)
        return msg

    def recv_wait(self, poller: Any) -> None:
        """Wakes 'poller' up when recv() has news."""
        if self.status or self._text:
            poller.immediate_wake()
        elif self.stream is not None:
            self.stream.recv_wait(poller)

    def error(self, error: int) -> None:
        """Gives the connection up."""
        if not self.status:
            self.status = error
            self.close()
            self.output.clear()


class Session:
    """A connection that is made again when it fails, to one of some remotes."""

    def __init__(
        self,
        reconnect: ovs.reconnect.Reconnect,
        rpc: Optional[Connection],
        remotes: Sequence[str],
    ) -> None:
        self.reconnect = reconnect
        self.rpc = rpc
        self.stream: Optional[ovs.stream.Stream] = None
        self.pstream: Optional[ovs.stream.PassiveStream] = None
        self.seqno = 0
        if type(remotes) is str:
            remotes = [remotes]
        self.remotes = list(remotes)
        random.shuffle(self.remotes)
        self.next_remote = 0

    @staticmethod
    def open(name: str, probe_interval: Optional[int] = None) -> "Session":
        """A session with the remote 'name', active or passive."""
        return Session.open_multiple([name], probe_interval=probe_interval)

    @staticmethod
    def open_multiple(remotes: Sequence[str], probe_interval: Optional[int] = None) -> "Session":
        """A session with one of 'remotes', tried in random order."""
        reconnect = ovs.reconnect.Reconnect(ovs.timeval.msec())
        session = Session(reconnect, None, remotes)
        session.pick_remote()
        reconnect.enable(ovs.timeval.msec())
        reconnect.set_backoff_free_tries(len(remotes))
        if not ovs.stream.stream_or_pstream_needs_probes(reconnect.get_name()):
            reconnect.set_probe_interval(0)
        elif probe_interval is not None:
            reconnect.set_probe_interval(probe_interval)
        if ovs.stream.PassiveStream.is_valid_name(reconnect.get_name()):
            reconnect.set_passive(True, ovs.timeval.msec())
        return session

    @staticmethod
    def open_unreliably(jsonrpc: Connection) -> "Session":
        """A session over a connection that exists: dead when that ends."""
        reconnect = ovs.reconnect.Reconnect(ovs.timeval.msec())
        session = Session(reconnect, jsonrpc, [jsonrpc.name])
        reconnect.set_quiet(True)
        reconnect.set_name(jsonrpc.name)
        reconnect.set_max_tries(0)
        reconnect.connected(ovs.timeval.msec())
        session.seqno += 1
        return session

    def pick_remote(self) -> None:
        """Turns to the next remote."""
        self.reconnect.set_name(self.remotes[self.next_remote])
        self.next_remote = (self.next_remote + 1) % len(self.remotes)

    def close(self) -> None:
        """Ends the session."""
        self.__disconnect_quietly()
        if self.pstream is not None:
            self.pstream.close()
            self.pstream = None

    def __disconnect(self) -> None:
        if self.rpc is not None:
            self.rpc.error(EOF)
            self.rpc.close()
            self.rpc = None
        elif self.stream is not None:
            self.stream.close()
            self.stream = None
        else:
            return
        self.seqno += 1
        self.pick_remote()

    def __connect(self) -> None:
        self.__disconnect_quietly()
        now = ovs.timeval.msec()
        name = self.reconnect.get_name()
        if self.reconnect.is_passive():
            if self.pstream is None:
                error, self.pstream = ovs.stream.PassiveStream.open(name)
                if error:
                    self.reconnect.listening(now)
                    self.reconnect.listen_error(now, error)
                    return
            self.reconnect.listening(now)
            return
        error, self.stream = ovs.stream.Stream.open(name)
        if error:
            self.reconnect.connect_failed(now, error)
            self.pick_remote()
        else:
            self.reconnect.connecting(now)
        self.seqno += 1

    def __disconnect_quietly(self) -> None:
        if self.rpc is not None:
            self.rpc.close()
            self.rpc = None
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def __accept(self) -> None:
        """Takes a peer at a passive remote, in place of the one we have."""
        assert self.pstream is not None
        error, stream = self.pstream.accept()
        if error or stream is None:
            if error and error != errno.EAGAIN:
                now = ovs.timeval.msec()
                self.reconnect.listen_error(now, error)
                self.pstream.close()
                self.pstream = None
            return
        if self.rpc is not None or self.stream is not None:
            vlog.info("%s: new connection replacing active connection" % self.get_name())
            self.__disconnect_quietly()
        self.rpc = Connection(stream)
        self.reconnect.connected(ovs.timeval.msec())
        self.seqno += 1

    def run(self) -> None:
        """Connects, sends, probes: what is due."""
        if self.pstream is not None:
            self.__accept()
        if self.rpc is not None:
            self.__run_connection()
        elif self.stream is not None:
            self.__run_attempt()
        action = self.reconnect.run(ovs.timeval.msec())
        if action == ovs.reconnect.CONNECT:
            self.__connect()
        elif action == ovs.reconnect.DISCONNECT:
            self.reconnect.disconnected(ovs.timeval.msec(), 0)
            self.__disconnect()
        elif action == ovs.reconnect.PROBE and self.rpc is not None:
            request = Message.create_request("echo", [])
            request.id = "echo"
            self.rpc.send(request)

    def __run_connection(self) -> None:
        assert self.rpc is not None
        backlog = self.rpc.get_backlog()
        self.rpc.run()
        if self.rpc.get_backlog() < backlog:
            # The peer takes data, so it is alive.
            self.reconnect.activity(ovs.timeval.msec())
        error = self.rpc.get_status()
        if error:
            self.reconnect.disconnected(ovs.timeval.msec(), error)
            self.__disconnect()

    def __run_attempt(self) -> None:
        assert self.stream is not None
        self.stream.run()
        error = self.stream.connect()
        if error == 0:
            self.reconnect.connected(ovs.timeval.msec())
            self.rpc = Connection(self.stream)
            self.stream = None
            self.seqno += 1
        elif error != errno.EAGAIN:
            self.reconnect.connect_failed(ovs.timeval.msec(), error)
            self.pick_remote()
            self.stream.close()
            self.stream = None
            self.seqno += 1

    def wait(self, poller: Any) -> None:
        """Wakes 'poller' up when run() has something to do."""
        if self.rpc is not None:
            self.rpc.wait(poller)
        elif self.stream is not None:
            self.stream.run_wait(poller)
            self.stream.connect_wait(poller)
        if self.pstream is not None:
            self.pstream.wait(poller)
        self.reconnect.wait(poller, ovs.timeval.msec())

    def get_backlog(self) -> int:
        """Bytes that wait to be sent."""
        return self.rpc.get_backlog() if self.rpc is not None else 0

    def get_name(self) -> str:
        """The remote in use."""
        return self.reconnect.get_name()

    def send(self, msg: Message) -> int:
        """Queues 'msg'; returns an errno, ENOTCONN without a connection."""
        if self.rpc is not None:
            return self.rpc.send(msg)
        return errno.ENOTCONN

    def recv(self) -> Optional[Message]:
        """The next message other than probes and their replies, or None."""
        while self.rpc is not None:
            before = self.rpc.get_received_bytes()
            error, msg = self.rpc.recv()
            self.reconnect.receive_attempted(ovs.timeval.msec())
            if self.rpc.get_received_bytes() != before:
                self.reconnect.activity(ovs.timeval.msec())
            if error or msg is None:
                if error != errno.EAGAIN:
                    self.reconnect.disconnected(ovs.timeval.msec(), error)
                    self.__disconnect()
                return None
            if msg.type == Message.T_REQUEST and msg.method == "echo":
                self.send(Message.create_reply(msg.params, msg.id))
            elif not (msg.type == Message.T_REPLY and msg.id == "echo"):
                return msg
        return None

    def recv_wait(self, poller: Any) -> None:
        """Wakes 'poller' up when recv() has a message."""
        if self.rpc is not None:
            self.rpc.recv_wait(poller)

    def is_alive(self) -> bool:
        """Whether it is connected or will try again."""
        if self.rpc is not None or self.stream is not None:
            return True
        max_tries = self.reconnect.get_max_tries()
        return max_tries is None or max_tries > 0

    def is_connected(self) -> bool:
        """Whether there is a connection."""
        return self.rpc is not None

    def get_seqno(self) -> int:
        """Changes with every connection and disconnection."""
        return self.seqno

    def force_reconnect(self) -> None:
        """Drops the connection and connects again."""
        self.reconnect.force_reconnect(ovs.timeval.msec())

    def reset_backoff(self) -> None:
        """Does not pause before the next attempts, as many as remotes."""
        free_tries = len(self.remotes)
        if self.is_connected():
            # The disconnection takes one.
            free_tries += 1
        self.reconnect.set_backoff_free_tries(free_tries)

    def get_num_of_remotes(self) -> int:
        """The number of remotes."""
        return len(self.remotes)

    def set_remotes(self, remotes: Sequence[str]) -> None:
        """Tries other remotes from now on; keeps the connection if its remote
        is still among them."""
        name = self.get_name()
        self.remotes = list(remotes)
        random.shuffle(self.remotes)
        self.next_remote = 0
        self.reconnect.set_backoff_free_tries(len(self.remotes))
        if name not in self.remotes:
            self.pick_remote()
            self.force_reconnect()
