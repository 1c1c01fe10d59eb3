"""Sockets: names, options, connections.  Errors are errno values; 0 is none."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import Any, Optional, Tuple, Union

import ovs.fatal_signal
import ovs.poller
import ovs.vlog

vlog = ovs.vlog.Vlog("socket_util")

DSCP_MASK = 0x3F
_MAX_UNIX_LEN = 107


def get_exception_errno(e: BaseException) -> int:
    """The errno of an OSError."""
    number = getattr(e, "errno", None)
    return number if isinstance(number, int) and number else errno.EPROTO


def get_null_fd() -> int:
    """A descriptor of /dev/null, or a negative errno."""
    global _null_fd
    if _null_fd < 0:
        try:
            _null_fd = os.open("/dev/null", os.O_RDWR)
        except OSError as e:
            vlog.err("could not open /dev/null: %s" % os.strerror(e.errno))
            return -e.errno
    return _null_fd


_null_fd = -1


def set_nonblocking(sock: socket.socket) -> None:
    """Makes 'sock' return EAGAIN instead of blocking."""
    sock.setblocking(False)


def set_dscp(sock: socket.socket, family: int, dscp: int) -> None:
    """Sets the DSCP of what 'sock' sends; raises ValueError beyond 63."""
    if dscp > DSCP_MASK:
        raise ValueError("Invalid dscp %d" % dscp)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)


def write_fully(fd: int, buf: bytes) -> Tuple[int, int]:
    """Writes all of 'buf'; returns (errno, bytes written)."""
    written = 0
    while written < len(buf):
        try:
            n = os.write(fd, buf[written:])
        except OSError as e:
            return e.errno, written
        if n == 0:
            return errno.EPROTO, written
        written += n
    return 0, written


def get_socket_error(sock: socket.socket) -> int:
    """The pending error of 'sock', which this clears."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def check_connection_completion(sock: socket.socket) -> int:
    """0 if 'sock' is connected, EAGAIN if not yet, else what went wrong."""
    poll = ovs.poller.get_system_poll()()
    poll.register(sock, ovs.poller.POLLOUT)
    ready = poll.poll(0)
    if not ready:
        return errno.EAGAIN
    error = get_socket_error(sock)
    if not error and ready[0][1] & ovs.poller.POLLERR:
        return errno.EPROTO
    return error


class _Shortened:
    """A name of a socket that fits: through /proc/self/fd if it is long."""

    def __init__(self, path: str) -> None:
        self.fd = -1
        self.name = path
        if len(os.fsencode(path)) > _MAX_UNIX_LEN:
            directory, base = os.path.split(path)
            self.fd = os.open(directory or ".", os.O_DIRECTORY | os.O_RDONLY)
            self.name = "/proc/self/fd/%d/%s" % (self.fd, base)

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *args: Any) -> None:
        if self.fd >= 0:
            os.close(self.fd)


def make_unix_socket(
    style: int,
    nonblock: bool,
    bind_path: Optional[str],
    connect_path: Optional[str],
) -> Tuple[int, Optional[socket.socket]]:
    """A UNIX socket bound to 'bind_path' (which is removed at the end of the
    program) and connecting to 'connect_path'; returns (errno, socket)."""
    try:
        sock = socket.socket(socket.AF_UNIX, style)
    except OSError as e:
        return get_exception_errno(e), None
    try:
        if nonblock:
            set_nonblocking(sock)
        if bind_path is not None:
            _bind_unix(sock, bind_path)
        if connect_path is not None:
            with _Shortened(connect_path) as name:
                error = sock.connect_ex(name)
            if error not in (0, errno.EINPROGRESS):
                raise OSError(error, os.strerror(error))
        return 0, sock
    except OSError as e:
        sock.close()
        if bind_path is not None and get_exception_errno(e) != errno.EADDRINUSE:
            ovs.fatal_signal.unlink_file_now(bind_path)
        return get_exception_errno(e), None


def _bind_unix(sock: socket.socket, path: str) -> None:
    """Binds to 'path' in place of what a dead program left there."""
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.unlink(path)
    except FileNotFoundError:
        pass
    ovs.fatal_signal.add_file_to_unlink(path)
    old = os.umask(0o007)
    try:
        with _Shortened(path) as name:
            sock.bind(name)
    finally:
        os.umask(old)


def is_valid_ipv4_address(s: str) -> bool:
    """Whether 's' is an IPv4 address with four parts."""
    return _is_address(socket.AF_INET, s)


def is_valid_ipv6_address(s: str) -> bool:
    """Whether 's' is an IPv6 address without brackets."""
    return _is_address(socket.AF_INET6, s.partition("%")[0])


def _is_address(family: int, s: str) -> bool:
    try:
        socket.inet_pton(family, s)
    except (OSError, ValueError):
        return False
    return True


def _split_host(s: str) -> Tuple[str, str]:
    """"HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT" in two parts."""
    if s.startswith("["):
        host, _, rest = s[1:].partition("]")
        return host, rest[1:] if rest.startswith(":") else ""
    host, _, port = s.partition(":")
    return host, port


def inet_parse_active(
    target: str, default_port: Optional[int], raises: bool = True
) -> Tuple[Optional[str], Optional[int]]:
    """(host, port) of "HOST[:PORT]"; raises ValueError if it is malformed, or
    returns (None, None) unless 'raises'."""
    try:
        host, port_text = _split_host(target)
        if not host:
            raise ValueError("%s: bad peer name format" % target)
        if port_text:
            return host, int(port_text)
        if not default_port or default_port < 0:
            raise ValueError("%s: port number must be specified" % target)
        return host, default_port
    except ValueError:
        if raises:
            raise
        return None, None


def inet_parse_passive(target: str, default_port: Optional[int]) -> Tuple[str, int]:
    """(host, port) of "[PORT][:HOST]"; '' is any host."""
    port_text, _, host = target.partition(":")
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    if not port_text and default_port is None:
        raise ValueError("%s: port number must be specified" % target)
    return host, int(port_text) if port_text else int(default_port or 0)


def inet_open_active(
    style: int, target: str, default_port: Optional[int], dscp: int
) -> Tuple[int, Optional[socket.socket]]:
    """Begins to connect to "HOST[:PORT]" without blocking; returns (errno,
    socket)."""
    sock = None
    try:
        host, port = inet_parse_active(target, default_port)
        info = socket.getaddrinfo(host, port, 0, style)[0]
        sock = socket.socket(info[0], style)
        set_nonblocking(sock)
        set_dscp(sock, info[0], dscp)
        error = sock.connect_ex(info[4])
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, os.strerror(error))
        if style == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return 0, sock
    except (OSError, ValueError) as e:
        if sock is not None:
            sock.close()
        return _errno_of(e), None


def inet_open_passive(
    style: int, target: str, default_port: Optional[int], dscp: int
) -> Tuple[int, Optional[socket.socket]]:
    """Listens at "[PORT][:HOST]"; returns (errno, socket)."""
    sock = None
    try:
        host, port = inet_parse_passive(target, default_port)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        info = socket.getaddrinfo(host or None, port, family, style, 0, socket.AI_PASSIVE)[0]
        sock = socket.socket(info[0], style)
        set_nonblocking(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        set_dscp(sock, info[0], dscp)
        sock.bind(info[4])
        if style == socket.SOCK_STREAM:
            sock.listen(10)
        return 0, sock
    except (OSError, ValueError) as e:
        if sock is not None:
            sock.close()
        return _errno_of(e), None


def _errno_of(e: Union[OSError, ValueError]) -> int:
    if isinstance(e, ValueError):
        return errno.EAFNOSUPPORT
    if isinstance(e, socket.gaierror):
        return errno.ENOENT
    return get_exception_errno(e)
