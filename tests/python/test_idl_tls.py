"""Replicas of ovs.db.idl over TLS, of our server and of the peer's."""

import re
import socket

import pytest
from idl_tools import Replica
from lib.keys import Authority, options
from lib.ovsdb import KITCHEN
from test_stream import use_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("keys"), "x")


@pytest.fixture
def tls(either, keys, monkeypatch):
    """A server of the schema Kitchen; 'remote' is where it speaks TLS."""
    use_keys(monkeypatch, keys.issue("client"), keys.cert)
    either.keys = options(keys.issue("server"), keys.cert)
    either.ok("ovsdb-tool", "create", either.run_dir / "k.db", KITCHEN)
    either.start_ovsdb_server("--remote=pssl:0:127.0.0.1", *either.keys, db="k.db", create=False)
    either.wait_for(lambda: "listening on port" in either.log("ovsdb-server"), "listener")
    either.port = int(re.findall(r"listening on port (\d+)", either.log("ovsdb-server"))[-1])
    either.remote = f"ssl:127.0.0.1:{either.port}"
    return either


@pytest.fixture
def replica(tls):
    made = []

    def make(remote=None):
        made.append(Replica(remote or tls.remote))
        return made[-1]

    yield make
    for one in made:
        one.close()


def texts(idl):
    return sorted(text for row in idl.rows("Types") for text in row.sset)


def test_two_replicas_see_each_others_changes(replica):
    one, two = replica().connect(), replica().connect()

    one.insert("Types", sset=["small"], iset1=[1])
    # More than one TLS record, more than the buffers of the sockets.
    two.insert("Types", sset=["x" * 3000000], iset1=[1])

    one.until(lambda: len(texts(one)) == 2, two)
    assert texts(one) == texts(two) == ["small", "x" * 3000000]


def test_keys_of_a_stranger_are_refused_until_they_are_mended(
        tls, replica, keys, monkeypatch, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    use_keys(monkeypatch, stranger.issue("client"), keys.cert)
    idl = replica()
    idl.until(lambda: "certificate verify failed" in tls.log("ovsdb-server"))
    assert not idl.has_ever_connected()

    use_keys(monkeypatch, keys.issue("client"), keys.cert)
    idl.connect()
    idl.insert("Types", sset=["in"], iset1=[1])
    assert texts(idl) == ["in"]


def test_a_stranger_that_poses_as_the_server_is_not_trusted(
        tls, replica, keys, monkeypatch, tmp_path):
    use_keys(monkeypatch, keys.issue("client"), Authority(tmp_path, "other").cert)
    idl = replica()
    idl.until(lambda: idl._session.reconnect.backoff >= 1000)
    assert not idl.has_ever_connected()


def test_a_server_that_restarts(tls, replica):
    idl = replica().connect()
    idl.insert("Types", sset=["kept"], iset1=[1])
    tls.processes[-1].kill()
    tls.processes[-1].wait()
    idl.until(lambda: idl.state != idl.IDL_S_MONITORING)
    assert texts(idl) == ["kept"]

    tls.start_ovsdb_server(f"--remote=pssl:{tls.port}:127.0.0.1", *tls.keys, db="k.db",
                           create=False)
    idl.connect()
    idl.insert("Types", sset=["more"], iset1=[1])
    assert texts(idl) == ["kept", "more"]


def test_the_next_remote_is_tried_if_one_speaks_no_tls(tls, replica):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.listen(0)
        plain = f"ssl:127.0.0.1:{mute.getsockname()[1]}"
        idl = replica(f"{plain},{tls.remote}")

        def hang_up():
            mute.settimeout(0)
            try:
                mute.accept()[0].close()
            except BlockingIOError:
                pass
            return idl.get_session_name() == tls.remote and idl.has_ever_connected()

        idl.until(hang_up)
