"""JSON-RPC: messages, connections and sessions, with our server and others."""

import errno
import json
import re
import socket

import pytest
from lib import keys

import ovs.jsonrpc
import ovs.poller
import ovs.reconnect
import ovs.stream
import ovs.timeval
from ovs.jsonrpc import Connection, Message, Session

# JSON, and the kind of message that it is or what is wrong with it.
MESSAGES = [
    ({"method": "m", "params": [], "id": 1}, "request"),
    ({"method": "m", "params": [1], "id": None}, "notification"),
    ({"result": {}, "error": None, "id": 1}, "reply"),
    ({"result": None, "error": None, "id": 1}, "reply"),
    ({"result": None, "error": "e", "id": 1}, "error"),
    ([], "message is not a JSON object"),
    ({"method": 1, "params": [], "id": 1}, "method is not a JSON string"),
    ({"method": "m", "params": {}, "id": 1}, '"params" must be JSON array'),
    ({"method": "m", "id": 1}, 'request must have "params"'),
    ({"method": "m", "params": [], "id": 1, "x": 1}, 'message has unexpected member "x"'),
    ({"result": 1, "error": None, "id": None}, 'reply must have "id"'),
    ({"result": 1, "error": 1, "id": 1}, 'reply must not have "error"'),
    ({"method": "m", "params": [], "error": 1, "id": 1}, 'error must not have "method"'),
]


@pytest.mark.parametrize("value, expected", MESSAGES)
def test_messages(value, expected):
    msg = Message.from_json(value)

    if isinstance(msg, str):
        assert msg == expected
    else:
        assert Message.type_to_string(msg.type) == expected
        assert msg.to_json() == value


def test_requests_have_ids_of_their_own():
    a, b = (Message.create_request("m", []) for _ in range(2))

    assert a.id != b.id and a.is_valid() is None
    assert str(Message.create_notify("m", [1, "x"])) == 'notification, method="m", params=[1,"x"]'


@pytest.fixture
def pair(tmp_path):
    """A Connection and, as a plain socket, its peer."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        error, stream = ovs.stream.Stream.open_block(ovs.stream.Stream.open(f"unix:{tmp_path}/s"))
        assert error == 0
        peer, _ = server.accept()
    connection = Connection(stream)
    with peer:
        peer.settimeout(10)
        yield connection, peer
    connection.close()


def test_messages_arrive_in_pieces_and_in_crowds(pair):
    connection, peer = pair
    text = '{"method":"\xe9","params":[],"id":null} {"id":1,"result":1,"error":null}'.encode()
    got = []
    for i in range(len(text)):
        peer.send(text[i : i + 1])
        error, msg = connection.recv()
        got += [msg] if msg else []
        assert error == (0 if msg else errno.EAGAIN)
    peer.send(text * 2)
    got += [connection.recv_block()[1] for _ in range(4)]

    assert [msg.method or msg.result for msg in got] == ["\xe9", 1] * 3
    assert connection.get_received_bytes() == 3 * len(text)


@pytest.mark.parametrize(
    "data, expected",
    [(b"{]", errno.EPROTO), (b"{}", errno.EPROTO), (b'{"\xff":1}', errno.EILSEQ), (b"", -1)],
)
def test_bad_peers_are_left(pair, data, expected):
    connection, peer = pair
    peer.send(data)
    peer.shutdown(socket.SHUT_WR)

    assert connection.recv_block() == (expected, None)
    assert connection.get_status() == expected
    assert connection.send(Message.create_notify("m", [])) == expected
    assert connection.recv_block() == (expected, None)


def test_backlog_is_sent_as_the_peer_reads(pair):
    connection, peer = pair
    msg = Message.create_notify("m", ["x" * 3000000])

    assert connection.send(msg) == 0
    assert connection.get_backlog() > 0
    got = 0
    while connection.get_backlog():
        got += len(peer.recv(1 << 20))
        connection.run()
    while got < 3000000:
        got += len(peer.recv(1 << 20))
    assert connection.send_block(Message.create_notify("m", [])) == 0


def test_transaction_answers_probes(pair):
    connection, peer = pair
    request = Message.create_request("m", [])
    peer.send(b'{"id":"e","method":"echo","params":[7]}{"id":"other","result":1,"error":null}')
    peer.send(json.dumps({"id": request.id, "result": 2, "error": None}).encode())

    error, reply = connection.transact_block(request)

    assert (error, reply.result) == (0, 2)
    sent = peer.recv(65536).decode()
    assert sent == (
        '{"id":%d,"method":"m","params":[]}{"error":null,"id":"e","result":[7]}' % request.id
    )


# Sessions.


def drive(session, condition):
    """Runs 'session' until condition() is true; returns that."""
    deadline = ovs.timeval.msec() + 15000
    while True:
        session.run()
        result = condition()
        if result:
            return result
        assert ovs.timeval.msec() < deadline, session.reconnect.get_stats(deadline).state
        poller = ovs.poller.Poller()
        session.wait(poller)
        session.recv_wait(poller)
        poller.timer_wait_until(deadline)
        poller.block()


def list_dbs(session):
    """What the server at the other end serves."""
    drive(session, session.is_connected)
    request = Message.create_request("list_dbs", [])
    assert session.send(request) == 0
    reply = drive(session, session.recv)
    assert reply.id == request.id
    return reply.result


@pytest.fixture
def session():
    """session(REMOTES...): one that the end of the test closes."""
    made = []

    def make(*remotes, **kwargs):
        made.append(Session.open_multiple(list(remotes), **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_session_with_a_server(either, session):
    either.start_ovsdb_server()

    assert "Open_vSwitch" in list_dbs(session(f"unix:{either.run_dir}/db.sock"))


@pytest.mark.parametrize("kind", ["tcp", "ssl"])
def test_session_over_the_network(ours, session, kind, tmp_path, monkeypatch):
    options = []
    if kind == "ssl":
        authority = keys.Authority(tmp_path, "x")
        options = keys.options(authority.issue("server"), authority.cert)
        for name, path in zip(("private_key", "certificate"), authority.issue("client")):
            monkeypatch.setattr(ovs.stream.Stream, f"_SSL_{name}_file", str(path))
        monkeypatch.setattr(ovs.stream.Stream, "_SSL_ca_cert_file", str(authority.cert))
    ours.start_ovsdb_server(f"--remote=p{kind}:0:127.0.0.1", *options)
    port = re.search(r"listening on port (\d+)", ours.log("ovsdb-server")).group(1)

    one = session(f"{kind}:127.0.0.1:{port}", probe_interval=1000)

    assert "Open_vSwitch" in list_dbs(one)
    assert one.reconnect.get_probe_interval() == 1000
    # More than fits into the buffers of either side.
    large = ["x" * 5000000]
    assert one.send(Message.create_request("echo", large)) == 0
    assert drive(one, one.recv).result == large
    # The server is told that the session ends: it does not see a broken one.
    one.close()
    ours.stop_all()
    assert "|reconnect|WARN|" not in ours.log("ovsdb-server")


def test_session_finds_the_remote_that_serves(ours, session):
    ours.start_ovsdb_server()
    good = f"unix:{ours.run_dir}/db.sock"
    one = session("unix:/nonexistent/1", good, "unix:/nonexistent/2")

    assert one.get_num_of_remotes() == 3
    assert "Open_vSwitch" in list_dbs(one)
    assert one.get_name() == good


def test_session_returns_to_a_server_that_was_away(ours, session):
    server = ours.start_ovsdb_server()
    one = session(f"unix:{ours.run_dir}/db.sock")
    list_dbs(one)
    seqno = one.get_seqno()

    server.terminate()
    server.wait()
    drive(one, lambda: one.recv() or not one.is_connected())
    ours.start_ovsdb_server(create=False)
    one.reset_backoff()

    assert one.is_alive() and "Open_vSwitch" in list_dbs(one)
    assert one.get_seqno() > seqno


def test_forced_session_connects_again(ours, session):
    ours.start_ovsdb_server()
    one = session(f"unix:{ours.run_dir}/db.sock")
    list_dbs(one)
    one.reset_backoff()
    one.force_reconnect()
    one.run()

    assert not one.is_connected() and one.send(Message.create_notify("m", [])) == errno.ENOTCONN
    assert "Open_vSwitch" in list_dbs(one)


def test_session_turns_to_other_remotes(ours, session):
    ours.start_ovsdb_server()
    one = session(f"unix:{ours.run_dir}/db.sock")
    list_dbs(one)
    other = f"unix:{ours.run_dir}/../{ours.run_dir.name}/db.sock"

    one.set_remotes([other, one.get_name()])
    assert one.is_connected()
    one.set_remotes([other])

    drive(one, lambda: not one.is_connected())
    assert "Open_vSwitch" in list_dbs(one)
    assert one.get_name() == other


def test_passive_session_takes_who_comes(tmp_path, session):
    one = session(f"punix:{tmp_path}/s")
    drive(one, lambda: (tmp_path / "s").exists())
    for _ in range(2):
        # The second one takes the place of the first.
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(f"{tmp_path}/s")
            peer.send(b'{"id":1,"method":"m","params":[]}')
            assert drive(one, one.recv).method == "m"
            assert one.is_connected()


def test_session_over_a_connection_ends_with_it(pair):
    connection, peer = pair
    one = Session.open_unreliably(connection)
    assert one.is_connected() and one.is_alive()

    peer.close()

    drive(one, lambda: one.recv() or not one.is_connected())
    assert not one.is_alive()


def test_silent_peer_is_probed_then_left(pair, monkeypatch):
    connection, peer = pair
    one = Session.open_unreliably(connection)
    now = ovs.timeval.msec()
    monkeypatch.setattr(ovs.timeval, "msec", lambda: now)
    for later in (0, 5000):
        monkeypatch.setattr(ovs.timeval, "msec", lambda: now + later)
        assert one.recv() is None
        one.run()
    assert json.loads(peer.recv(1000)) == {"id": "echo", "method": "echo", "params": []}

    peer.send(b'{"id":"echo","result":[],"error":null}')
    monkeypatch.setattr(ovs.timeval, "msec", lambda: now + 9000)
    assert one.recv() is None and one.is_connected()
    for later in (14000, 19000):
        monkeypatch.setattr(ovs.timeval, "msec", lambda: now + later)
        assert one.recv() is None
        one.run()
    assert not one.is_connected()
