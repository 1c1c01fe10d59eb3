"""Streams: UNIX, TCP and TLS, active and passive; names; keys."""

import errno
import socket

import pytest
from lib import keys

import ovs.poller
import ovs.socket_util
import ovs.stream
import ovs.timeval
from ovs.stream import PassiveStream, Stream

KINDS = ["unix", "tcp", "tcp6", "ssl"]


def use_keys(monkeypatch, identity, ca):
    key, cert = identity
    monkeypatch.setattr(Stream, "_SSL_private_key_file", None)
    monkeypatch.setattr(Stream, "_SSL_certificate_file", None)
    monkeypatch.setattr(Stream, "_SSL_ca_cert_file", None)
    Stream.ssl_set_private_key_file(str(key))
    Stream.ssl_set_certificate_file(str(cert))
    Stream.ssl_set_ca_cert_file(str(ca))


@pytest.fixture
def listener(tmp_path, monkeypatch):
    """listener(KIND): a passive stream and the name to connect to it."""
    made = []

    def make(kind):
        if kind == "ssl":
            authority = keys.Authority(tmp_path, "x")
            use_keys(monkeypatch, authority.issue("me"), authority.cert)
        name = {"unix": f"punix:{tmp_path}/s", "tcp": "ptcp:0:127.0.0.1", "tcp6": "ptcp:0:[::1]",
                "ssl": "pssl:0:127.0.0.1"}[kind]
        error, pstream = PassiveStream.open(name)
        assert error == 0
        made.append(pstream)
        port = None if kind == "unix" else pstream.socket.getsockname()[1]
        active = {"unix": f"unix:{tmp_path}/s", "tcp": f"tcp:127.0.0.1:{port}",
                  "tcp6": f"tcp:[::1]:{port}", "ssl": f"ssl:127.0.0.1:{port}"}[kind]
        return pstream, active

    yield make
    for pstream in made:
        pstream.close()


def wait(*waits):
    """Waits, for less than 10 s, for one of (function, arguments...)."""
    poller = ovs.poller.Poller()
    deadline = ovs.timeval.msec() + 10000
    for function, *args in waits:
        function(poller, *args)
    poller.timer_wait_until(deadline)
    poller.block()
    assert ovs.timeval.msec() < deadline


def connect(pstream, name):
    """Both ends of a connection; or the error of either in its place."""
    error, active = Stream.open(name)
    assert error == 0
    passive, results = None, [errno.EAGAIN, errno.EAGAIN]
    while errno.EAGAIN in results:
        if passive is None:
            _, passive = pstream.accept()
        ends = [active, passive]
        results = [errno.EAGAIN if end is None else end.connect() for end in ends]
        if set(results) - {0, errno.EAGAIN}:
            break
        if errno.EAGAIN in results:
            wait((pstream.wait,), *[(end.connect_wait,) for end in ends if end])
    return [error or end for error, end in zip(results, (active, passive))]


def transfer(sender, receiver, data):
    """Sends 'data' and returns what arrives."""
    got, rest = b"", data
    while len(got) < len(data):
        if rest:
            n = sender.send(rest)
            assert n > 0 or n == -errno.EAGAIN
            rest = rest[max(n, 0) :]
        error, piece = receiver.recv(10000)
        assert error in (0, errno.EAGAIN) and (piece or error)
        got += piece
        if error:
            wait((receiver.recv_wait,), *([(sender.send_wait,)] if rest else []))
    return got


@pytest.mark.parametrize("kind", KINDS)
def test_data_arrives_both_ways_then_the_end(listener, kind):
    pstream, name = listener(kind)
    active, passive = connect(pstream, name)
    data = bytes(range(256)) * 4000

    assert active.recv(10) == (errno.EAGAIN, b"")
    assert transfer(active, passive, data) == data
    assert transfer(passive, active, data) == data
    active.close()
    wait((passive.recv_wait,))
    assert passive.recv(10) == (0, b"")
    passive.close()


@pytest.mark.parametrize("kind", KINDS)
def test_room_is_told_to_who_also_listens(listener, kind):
    """What recv() waits for is not what send() waits for."""
    active, passive = connect(*listener(kind))
    sent = n = 0
    while n >= 0:
        n = active.send(b"x" * 100000)
        sent += max(n, 0)
    assert n == -errno.EAGAIN and active.recv(10) == (errno.EAGAIN, b"")

    while sent > 0:
        error, piece = passive.recv(1 << 20)
        sent -= len(piece)
        assert error in (0, errno.EAGAIN)
        if error:
            # TLS may hold back a part of what it took.
            active.send(b"x" * 100000)
            wait((passive.recv_wait,))
    wait((active.send_wait,))

    active.close()
    passive.close()


@pytest.mark.parametrize("kind", KINDS)
def test_open_block_connects(listener, kind):
    pstream, name = listener("tcp" if kind == "ssl" else kind)

    error, stream = Stream.open_block(Stream.open(name), 10000)

    assert error == 0 and stream.name == name
    stream.close()


def test_socket_of_a_dead_program_is_taken_over(tmp_path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    name = f"unix:{tmp_path}/s"
    assert Stream.open(name) == (errno.ECONNREFUSED, None)

    error, pstream = PassiveStream.open("p" + name)

    assert error == 0
    assert Stream.open_block(Stream.open(name), 10000)[0] == 0
    pstream.close()
    assert not (tmp_path / "s").exists()
    assert Stream.open(name) == (errno.ENOENT, None)


def test_long_names_of_sockets_work(tmp_path):
    directory = tmp_path / ("d" * 120)
    directory.mkdir()
    error, pstream = PassiveStream.open(f"punix:{directory}/s")

    assert error == 0
    assert Stream.open_block(Stream.open(f"unix:{directory}/s"), 10000)[0] == 0
    pstream.close()
    assert not (directory / "s").exists()


def test_refused_connection_is_told():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        name = "tcp:127.0.0.1:%d" % bound.getsockname()[1]

        assert Stream.open_block(Stream.open(name), 10000) == (errno.ECONNREFUSED, None)


def test_waiting_for_a_connection_may_end(listener):
    """The peer does not shake hands."""
    authority_of = listener("ssl")
    pstream, name = listener("tcp")

    result = Stream.open_block(Stream.open(name.replace("tcp:", "ssl:")), 50)

    assert authority_of and result == (errno.ETIMEDOUT, None)


def test_stranger_is_not_let_in(listener, tmp_path, monkeypatch):
    pstream, name = listener("ssl")
    stranger = keys.Authority(tmp_path, "other")
    use_keys(monkeypatch, stranger.issue("him"), stranger.cert)

    active, _ = connect(pstream, name)

    assert active == errno.EPROTO


def test_tls_wants_keys(listener, monkeypatch):
    _, name = listener("ssl")
    for missing in ("private_key", "certificate", "ca_cert"):
        with monkeypatch.context() as context:
            context.setattr(Stream, f"_SSL_{missing}_file", None)

            assert Stream.open(name) == (errno.ENOPROTOOPT, None)
            assert PassiveStream.open("pssl:0:127.0.0.1") == (errno.ENOPROTOOPT, None)


def test_unknown_methods():
    assert Stream.open("smoke:signal") == (errno.EAFNOSUPPORT, None)
    assert PassiveStream.open("tcp:1.2.3.4:5") == (errno.EAFNOSUPPORT, None)
    assert Stream.is_valid_name("ssl:x") and not Stream.is_valid_name("pssl:")
    needs = ovs.stream.stream_or_pstream_needs_probes
    names = ("tcp:x", "unix:x", "ptcp:", "punix:x", "x")
    assert [needs(name) for name in names] == [1, 0, 1, 0, -1]


@pytest.mark.parametrize(
    "target, expected",
    [
        ("1.2.3.4:5", ("1.2.3.4", 5)),
        ("1.2.3.4", ("1.2.3.4", 6640)),
        ("[::1]:5", ("::1", 5)),
        ("[fe80::1%lo]", ("fe80::1%lo", 6640)),
        ("example.org:5", ("example.org", 5)),
    ],
)
def test_active_targets(target, expected):
    assert ovs.socket_util.inet_parse_active(target, 6640) == expected


@pytest.mark.parametrize("target", ["", ":5", "host:port", "1.2.3.4"])
def test_bad_active_targets(target):
    with pytest.raises(ValueError):
        ovs.socket_util.inet_parse_active(target, None)
    assert ovs.socket_util.inet_parse_active(target, None, raises=False) == (None, None)


@pytest.mark.parametrize(
    "target, expected",
    [("", ("", 6640)), ("5", ("", 5)), ("5:1.2.3.4", ("1.2.3.4", 5)), (":[::1]", ("::1", 6640))],
)
def test_passive_targets(target, expected):
    assert ovs.socket_util.inet_parse_passive(target, 6640) == expected


def test_addresses():
    assert ovs.socket_util.is_valid_ipv4_address("1.2.3.4")
    assert not ovs.socket_util.is_valid_ipv4_address("1.2.3")
    assert ovs.socket_util.is_valid_ipv6_address("fe80::1")
    assert not ovs.socket_util.is_valid_ipv6_address("1.2.3.4")
