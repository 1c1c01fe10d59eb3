"""Byte streams by name: unix:, tcp:, ssl: and their passive kin.

Errors are errno values; nothing blocks, except Stream.open_block().
"""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Any, Dict, Optional, Tuple

import ovs.dirs
import ovs.fatal_signal
import ovs.poller
import ovs.socket_util
import ovs.timeval
import ovs.util
import ovs.vlog

vlog = ovs.vlog.Vlog("stream")

DSCP_DEFAULT = 48

_AGAIN = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINPROGRESS)


def stream_or_pstream_needs_probes(name: str) -> int:
    """1 if the peer at 'name' may vanish silently, 0 if not, -1 if 'name' is
    not that of a stream."""
    cls = Stream._kind_of(name)
    if cls:
        return 1 if cls.needs_probes() else 0
    if PassiveStream.is_valid_name(name):
        return 1 if PassiveStream.needs_probes(name) else 0
    return -1


class Stream:
    """A connection to a peer."""

    # States.
    _CONNECTING = 0
    _CONNECTED = 1
    _DISCONNECTED = 2

    # Kinds of events that one may wait for.
    W_CONNECT = 0
    W_RECV = 1
    W_SEND = 2

    _SSL_private_key_file: Optional[str] = None
    _SSL_certificate_file: Optional[str] = None
    _SSL_ca_cert_file: Optional[str] = None

    _kinds: Dict[str, type] = {}

    def __init__(self, sock: Any, name: str, status: int) -> None:
        self.socket = sock
        self.name = name
        if status in _AGAIN:
            self.state = Stream._CONNECTING
        elif status == 0:
            self.state = Stream._CONNECTED
        else:
            self.state = Stream._DISCONNECTED
        self.error = 0 if status in _AGAIN else status

    @staticmethod
    def register_method(method: str, cls: type) -> None:
        """Makes 'cls' serve names that begin with "METHOD:"."""
        Stream._kinds[method + ":"] = cls

    @staticmethod
    def _kind_of(name: str) -> Any:
        for method, cls in Stream._kinds.items():
            if name.startswith(method):
                return cls
        return None

    @staticmethod
    def is_valid_name(name: str) -> bool:
        """Whether 'name' is that of an active stream."""
        return bool(Stream._kind_of(name))

    @classmethod
    def needs_probes(cls) -> bool:
        """Whether a peer may vanish silently."""
        return False

    @staticmethod
    def check_connection_completion(sock: Any) -> int:
        """0 if 'sock' is connected, EAGAIN if not yet, else an errno."""
        return ovs.socket_util.check_connection_completion(sock)

    @staticmethod
    def open(name: str, dscp: int = DSCP_DEFAULT) -> Tuple[int, Optional["Stream"]]:
        """Begins to connect to "METHOD:..."; returns (errno, stream)."""
        cls = Stream._kind_of(name)
        if not cls:
            return errno.EAFNOSUPPORT, None
        try:
            error, sock = cls._open(name.partition(":")[2], dscp)
        except OSError as e:
            return ovs.socket_util.get_exception_errno(e), None
        if error:
            return error, None
        error = Stream.check_connection_completion(sock)
        if error not in (0, *_AGAIN):
            sock.close()
            return error, None
        return 0, cls(sock, name, error)

    @staticmethod
    def _open(suffix: str, dscp: int) -> Tuple[int, Any]:
        raise NotImplementedError("a kind of stream says how it is opened")

    @staticmethod
    def open_block(
        error_stream: Tuple[int, Optional["Stream"]], timeout: Optional[int] = None
    ) -> Tuple[int, Optional["Stream"]]:
        """Waits, 'timeout' ms at most, until what open() returned is
        connected; returns (errno, stream)."""
        error, stream = error_stream
        if error or stream is None:
            return error, None
        deadline = None if timeout is None else ovs.timeval.msec() + timeout
        while True:
            error = stream.connect()
            if error != errno.EAGAIN:
                break
            if deadline is not None and ovs.timeval.msec() > deadline:
                error = errno.ETIMEDOUT
                break
            stream.run()
            poller = ovs.poller.Poller()
            stream.run_wait(poller)
            stream.connect_wait(poller)
            if deadline is not None:
                poller.timer_wait_until(deadline)
            poller.block()
        if error:
            stream.close()
            return error, None
        return 0, stream

    def close(self) -> None:
        """Ends the connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def connect(self) -> int:
        """0 if connected, EAGAIN if not yet, else an errno."""
        if self.state == Stream._CONNECTING:
            error = self._check_connected()
            if error in _AGAIN:
                return errno.EAGAIN
            self.state = Stream._DISCONNECTED if error else Stream._CONNECTED
            self.error = error
        return self.error if self.state == Stream._DISCONNECTED else 0

    def _check_connected(self) -> int:
        return Stream.check_connection_completion(self.socket)

    def recv(self, n: int) -> Tuple[int, bytes]:
        """Up to 'n' bytes: (errno, bytes), (EAGAIN, b"") if none are there
        yet, (0, b"") at the end."""
        error = self.connect()
        if error:
            return error, b""
        if n == 0:
            return 0, b""
        try:
            return 0, self._recv(n)
        except OSError as e:
            return self._io_error(e), b""

    def _recv(self, n: int) -> bytes:
        return self.socket.recv(n)

    def send(self, buf: bytes) -> int:
        """Sends as much of 'buf' as there is room for; returns the number of
        bytes or a negative errno."""
        error = self.connect()
        if error:
            return -error
        if not buf:
            return 0
        if isinstance(buf, str):
            buf = buf.encode("utf-8")
        try:
            return self._send(buf)
        except OSError as e:
            return -self._io_error(e)

    def _send(self, buf: bytes) -> int:
        return self.socket.send(buf)

    @staticmethod
    def _io_error(e: OSError) -> int:
        error = ovs.socket_util.get_exception_errno(e)
        return errno.EAGAIN if error in _AGAIN else error

    def run(self) -> None:
        """Does what is due in the background."""

    def run_wait(self, poller: Any) -> None:
        """Wakes 'poller' up when run() has something to do."""

    def wait(self, poller: Any, wait: int) -> None:
        """Wakes 'poller' up when connect(), recv() or send() (W_*) would no
        longer return EAGAIN."""
        assert wait in (Stream.W_CONNECT, Stream.W_RECV, Stream.W_SEND)
        if self.state == Stream._DISCONNECTED:
            poller.immediate_wake()
            return
        if self.state == Stream._CONNECTING:
            wait = Stream.W_CONNECT
        events = ovs.poller.POLLIN if wait == Stream.W_RECV else ovs.poller.POLLOUT
        poller.fd_wait(self.socket, self._events(wait, events))

    def _events(self, wait: int, events: int) -> int:
        return events

    def connect_wait(self, poller: Any) -> None:
        """Wakes 'poller' up when connect() has news."""
        self.wait(poller, Stream.W_CONNECT)

    def recv_wait(self, poller: Any) -> None:
        """Wakes 'poller' up when recv() has news."""
        self.wait(poller, Stream.W_RECV)

    def send_wait(self, poller: Any) -> None:
        """Wakes 'poller' up when send() has room."""
        self.wait(poller, Stream.W_SEND)

    def __del__(self) -> None:
        if getattr(self, "socket", None) is not None:
            self.close()

    @staticmethod
    def ssl_set_private_key_file(file_name: str) -> None:
        """Sets the file of our private key for ssl: and pssl:."""
        Stream._SSL_private_key_file = file_name

    @staticmethod
    def ssl_set_certificate_file(file_name: str) -> None:
        """Sets the file of our certificate for ssl: and pssl:."""
        Stream._SSL_certificate_file = file_name

    @staticmethod
    def ssl_set_ca_cert_file(file_name: str) -> None:
        """Sets the file of the certificate that peers must be signed with."""
        Stream._SSL_ca_cert_file = file_name


class UnixStream(Stream):
    """unix:FILE."""

    @staticmethod
    def _open(suffix: str, dscp: int) -> Tuple[int, Any]:
        return ovs.socket_util.make_unix_socket(socket.SOCK_STREAM, True, None, suffix)


class TCPStream(Stream):
    """tcp:HOST:PORT."""

    @classmethod
    def needs_probes(cls) -> bool:
        """A host may vanish silently."""
        return True

    @staticmethod
    def _open(suffix: str, dscp: int) -> Tuple[int, Any]:
        return ovs.socket_util.inet_open_active(socket.SOCK_STREAM, suffix, 0, dscp)


def _ssl_context(purpose: ssl.Purpose) -> ssl.SSLContext:
    """The context for our keys and for the CA of peers; raises ValueError
    where one is not configured, OSError where one cannot be used."""
    if not Stream._SSL_private_key_file:
        raise ValueError("Private key must be configured to use SSL")
    if not Stream._SSL_certificate_file:
        raise ValueError("Certificate must be configured to use SSL")
    if not Stream._SSL_ca_cert_file:
        raise ValueError("CA certificate must be configured to use SSL")
    if purpose is ssl.Purpose.SERVER_AUTH:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A peer is known by the CA that signed its certificate, not by its name.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(Stream._SSL_ca_cert_file)
    context.load_cert_chain(Stream._SSL_certificate_file, Stream._SSL_private_key_file)
    return context


class SSLStream(Stream):
    """ssl:HOST:PORT."""

    def __init__(self, sock: Any, name: str, status: int) -> None:
        # The operation (W_*) under way, and what each one waits for: to send,
        # TLS may have to receive, and the other way round.
        self._operation = Stream.W_CONNECT
        self._wanted: Dict[int, int] = {}
        # The handshake comes after the connection.
        super().__init__(sock, name, status or errno.EAGAIN)

    @classmethod
    def needs_probes(cls) -> bool:
        """A host may vanish silently."""
        return True

    @staticmethod
    def _open(suffix: str, dscp: int) -> Tuple[int, Any]:
        error, sock = ovs.socket_util.inet_open_active(socket.SOCK_STREAM, suffix, 0, dscp)
        if error or sock is None:
            return error, None
        try:
            context = _ssl_context(ssl.Purpose.SERVER_AUTH)
        except (OSError, ValueError) as e:
            vlog.err("ssl:%s: cannot use keys or certificates: %s" % (suffix, e))
            sock.close()
            return errno.ENOPROTOOPT, None
        return 0, _PendingTls(sock, context)

    def _check_connected(self) -> int:
        if isinstance(self.socket, _PendingTls):
            error = Stream.check_connection_completion(self.socket)
            if error:
                return error
            self.socket = self.socket.wrap()
        self._begin(Stream.W_CONNECT)
        try:
            self.socket.do_handshake()
        except ssl.SSLError as e:
            return self._io_error(e)
        except OSError as e:
            return ovs.socket_util.get_exception_errno(e)
        return 0

    def _begin(self, operation: int) -> None:
        self._operation = operation
        self._wanted.pop(operation, None)

    def _io_error(self, e: OSError) -> int:  # type: ignore[override]
        if isinstance(e, ssl.SSLWantReadError):
            self._wanted[self._operation] = ovs.poller.POLLIN
            return errno.EAGAIN
        if isinstance(e, ssl.SSLWantWriteError):
            self._wanted[self._operation] = ovs.poller.POLLOUT
            return errno.EAGAIN
        if isinstance(e, ssl.SSLError):
            vlog.warn("%s: %s" % (self.name, e))
            return errno.EPROTO
        return Stream._io_error(e)

    def _recv(self, n: int) -> bytes:
        self._begin(Stream.W_RECV)
        try:
            return self.socket.recv(n)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _send(self, buf: bytes) -> int:
        self._begin(Stream.W_SEND)
        return self.socket.send(buf)

    def close(self) -> None:
        """Says goodbye, without waiting for an answer."""
        if isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.unwrap()
            except (OSError, ValueError):
                pass
        super().close()

    def _events(self, wait: int, events: int) -> int:
        return self._wanted.get(wait, events)

    def wait(self, poller: Any, wait: int) -> None:
        """As Stream's, but for data that TLS has already read."""
        pending = getattr(self.socket, "pending", None)
        if wait == Stream.W_RECV and pending is not None and pending() > 0:
            poller.immediate_wake()
        else:
            super().wait(poller, wait)


class _PendingTls:
    """A TCP socket that becomes TLS when it is connected."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._sock = sock
        self._context = context

    def wrap(self) -> ssl.SSLSocket:
        """The TLS socket, before the handshake."""
        return self._context.wrap_socket(self._sock, do_handshake_on_connect=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


for _method, _cls in (("unix", UnixStream), ("tcp", TCPStream), ("ssl", SSLStream)):
    Stream.register_method(_method, _cls)


class PassiveStream:
    """Waits for peers at punix:FILE, ptcp:[PORT][:HOST] or pssl:..."""

    _KINDS: Dict[str, type] = {"punix:": UnixStream, "ptcp:": TCPStream, "pssl:": SSLStream}

    def __init__(self, sock: socket.socket, name: str, bind_path: Optional[str]) -> None:
        self.name = name
        self.socket: Optional[socket.socket] = sock
        self.bind_path = bind_path
        self._context: Optional[ssl.SSLContext] = None

    @staticmethod
    def needs_probes(name: str) -> bool:
        """Whether peers at 'name' may vanish silently."""
        return not name.startswith("punix:")

    @staticmethod
    def is_valid_name(name: str) -> bool:
        """Whether 'name' is that of a passive stream."""
        return any(name.startswith(method) for method in PassiveStream._KINDS)

    @staticmethod
    def open(name: str) -> Tuple[int, Optional["PassiveStream"]]:
        """Listens at 'name'; returns (errno, stream)."""
        if not PassiveStream.is_valid_name(name):
            return errno.EAFNOSUPPORT, None
        method, _, suffix = name.partition(":")
        bind_path = None
        if method == "punix":
            bind_path = ovs.util.abs_file_name(ovs.dirs.RUNDIR, suffix)
            error, sock = ovs.socket_util.make_unix_socket(
                socket.SOCK_STREAM, True, bind_path, None
            )
            if not error and sock is not None:
                sock.listen(10)
        else:
            error, sock = ovs.socket_util.inet_open_passive(
                socket.SOCK_STREAM, suffix, 0 if method == "ptcp" else None, DSCP_DEFAULT
            )
        if error or sock is None:
            return error, None
        pstream = PassiveStream(sock, name, bind_path)
        if method == "pssl":
            try:
                pstream._context = _ssl_context(ssl.Purpose.CLIENT_AUTH)
            except (OSError, ValueError) as e:
                vlog.err("%s: cannot use keys or certificates: %s" % (name, e))
                pstream.close()
                return errno.ENOPROTOOPT, None
        return 0, pstream

    def close(self) -> None:
        """Stops listening; removes the socket's file."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        if self.bind_path is not None:
            ovs.fatal_signal.unlink_file_now(self.bind_path)
            self.bind_path = None

    def accept(self) -> Tuple[int, Optional[Stream]]:
        """The next peer: (errno, stream), (EAGAIN, None) if there is none."""
        assert self.socket is not None
        try:
            sock, address = self.socket.accept()
        except OSError as e:
            return Stream._io_error(e), None
        ovs.socket_util.set_nonblocking(sock)
        if self.name.startswith("punix:"):
            return 0, UnixStream(sock, "unix:%s" % (self.bind_path or ""), 0)
        where = "%s:%s" % (address[0] if ":" not in address[0] else "[%s]" % address[0], address[1])
        if self._context:
            tls = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            return 0, SSLStream(tls, "ssl:" + where, errno.EAGAIN)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return 0, TCPStream(sock, "tcp:" + where, 0)

    def wait(self, poller: Any) -> None:
        """Wakes 'poller' up when accept() has a peer."""
        poller.fd_wait(self.socket, ovs.poller.POLLIN)

    def __del__(self) -> None:
        if getattr(self, "socket", None) is not None:
            self.close()


def usage(name: str) -> str:
    """Help on the names of active streams for 'name'."""
    return """
Ways to connect to a %s:
  unix:FILE               the Unix domain socket FILE
  tcp:HOST:PORT           PORT of HOST
  ssl:HOST:PORT           PORT of HOST, with TLS
""" % name
