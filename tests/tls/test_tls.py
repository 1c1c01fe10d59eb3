"""TLS on OVSDB and OpenFlow connections, in both directions."""

import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess

import pytest

from lib.keys import options, wrap


def server_options(keys):
    return options(keys.controller, keys.switches.cert)


def client_options(keys):
    return options(keys.switch, keys.controllers.cert)


def port(suite, program="ovsdb-server"):
    """The port that the kernel chose for the last listener."""
    suite.wait_for(lambda: "listening on port" in suite.log(program), "listener")
    return int(re.findall(r"listening on port (\d+)", suite.log(program))[-1])


def start(suite, *args):
    """Starts a database server that listens for TLS; its remote."""
    suite.start_ovsdb_server("--remote=pssl:0:127.0.0.1", *args)
    return f"ssl:127.0.0.1:{port(suite)}"


def as_switch(keys, sock):
    """Python's end of a TLS connection, as a client of servers."""
    return wrap(sock, keys.switch, keys.controllers.cert)


def as_controller(keys, sock):
    """The same as whom switches call."""
    return wrap(sock, keys.controller, keys.switches.cert, server_side=True)


def call(sock, method, *params):
    """One JSON-RPC request."""
    sock.sendall(json.dumps({"method": method, "params": params, "id": 1}).encode())
    data = b""
    while True:
        part = sock.recv(65536)
        assert part, "closed"
        data += part
        try:
            return json.loads(data)["result"]
        except ValueError:
            continue


@pytest.mark.parametrize("client", ["ours", "peer"])
def test_tools_reach_servers(either, keys, client):
    if client == "peer" and not os.environ.get("OVS_PEER"):
        pytest.skip("OVS_PEER is not set")
    remote = start(either, *server_options(keys))
    args = client_options(keys)

    out = either.ok("ovsdb-client", *args, "list-dbs", remote, kind=client)
    assert out == "Open_vSwitch\n_Server\n"
    out = either.ok("ovs-vsctl", *args, f"--db={remote}", "--no-wait",
                    "add-br", "br0", "--", "list-br", kind=client)
    assert out == "br0\n"


def test_much_data_comes_through(ours, keys):
    remote = start(ours, *server_options(keys))
    values = [f"{i:05}" + "x" * 100 for i in range(30000)]

    number = int(remote.rsplit(":", 1)[1])
    with as_switch(keys, socket.create_connection(("127.0.0.1", number))) as sock:
        row = {"name": "br0", "external_ids": ["map", [[v, v] for v in values]]}
        insert = {"op": "insert", "table": "Bridge", "row": row, "uuid-name": "b"}
        root = {"op": "insert", "table": "Open_vSwitch", "row": {"bridges": ["named-uuid", "b"]}}
        result = call(sock, "transact", "Open_vSwitch", root, insert)
        assert "uuid" in result[1], result
        select = {"op": "select", "table": "Bridge", "where": []}
        result = call(sock, "transact", "Open_vSwitch", select)
    assert len(result[0]["rows"][0]["external_ids"][1]) == len(values)


def test_strangers_are_refused_by_both_sides(ours, keys):
    remote = start(ours, *server_options(keys))
    strange = options(keys.controller, keys.controllers.cert)
    trusting_others = options(keys.switch, keys.switches.cert)

    result = ours.run("ovsdb-client", *strange, "list-dbs", remote)
    assert result.code == 1
    refusal = r"ssl:127.0.0.1:\d+: TLS handshake failed: certificate verify failed: .*CN *= *contr"
    ours.wait_for(lambda: re.search(refusal, ours.log("ovsdb-server")), "refusal")
    result = ours.run("ovsdb-client", *trusting_others, "list-dbs", remote)
    assert result.code == 1
    assert f"{remote}: TLS handshake failed: certificate verify failed" in result.err
    ours.wait_for(lambda: "alert unknown ca" in ours.log("ovsdb-server"), "alert")


def test_who_has_no_certificate_is_refused(ours, keys):
    remote = start(ours, *server_options(keys))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(keys.controllers.cert)

    number = int(remote.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", number), timeout=10) as plain:
        sock = context.wrap_socket(plain)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            call(sock, "list_dbs")
    ours.wait_for(lambda: "peer did not return a certificate" in ours.log("ovsdb-server"), "log")


def test_plain_clients_are_refused_by_name(ours, keys):
    remote = start(ours, *server_options(keys))

    result = ours.run("ovsdb-client", "list-dbs", remote.replace("ssl", "tcp"))
    assert result.code == 1
    refusal = r"ssl:127.0.0.1:\d+: TLS handshake failed: "
    ours.wait_for(lambda: re.search(refusal, ours.log("ovsdb-server")), "refusal")
    assert ours.ok("ovsdb-client", *client_options(keys), "list-dbs", remote)


@pytest.mark.parametrize(
    "args, missing",
    [
        ([], ["Private key", "Certificate", "CA certificate"]),
        (["-p"], ["Certificate", "CA certificate"]),
        (["-p", "-c"], ["CA certificate"]),
    ],
)
def test_what_is_not_configured_is_named(either, keys, args, missing):
    files = {"-p": keys.switch[0], "-c": keys.switch[1]}
    words = [word for arg in args for word in (arg, files[arg])]

    result = either.run("ovsdb-client", *words, "list-dbs", "ssl:127.0.0.1:1")
    assert result.code == 1
    assert re.findall(r"ERR\|(.*) must be configured to use SSL", result.err) == missing
    assert result.err.endswith(
        'failed to connect to "ssl:127.0.0.1:1" (Protocol not available)\n')


def test_files_that_are_no_keys_are_named(ours, keys):
    broken = keys.dir / "broken.pem"
    broken.write_text("nonsense\n")
    key, cert = keys.switch
    for identity, ca, name in (
        ((broken, cert), keys.controllers.cert, "broken.pem: cannot read private key"),
        ((key, broken), keys.controllers.cert, "broken.pem: cannot read certificate"),
        ((key, cert), broken, "broken.pem: cannot read CA certificate"),
        ((keys.controller[0], cert), keys.controllers.cert, "does not match"),
    ):
        result = ours.run("ovsdb-client", *options(identity, ca), "list-dbs", "ssl:127.0.0.1:1")
        assert result.code == 1
        assert name in result.err


def test_unverified_peers_are_warned_of(ours, keys):
    remote = start(ours, *server_options(keys))

    result = ours.run("ovsdb-client", *options(keys.switch, "none"), "list-dbs", remote)
    assert result.code == 0
    assert "Peer certificate validation disabled" in result.err


def test_bootstrap(ours, keys):
    remote = start(ours, *server_options(keys), f"--peer-ca-cert={keys.controllers.cert}")
    kept = ours.dir / "kept.pem"
    key, cert = keys.switch
    args = [f"--private-key={key}", f"--certificate={cert}", f"--bootstrap-ca-cert={kept}"]

    first = ours.run("ovs-vsctl", *args, f"--db={remote}", "--retry", "--no-wait", "init")
    assert first.code == 0, first
    assert kept.read_text() == keys.controllers.cert.read_text()
    assert kept.stat().st_mode & 0o777 == 0o444
    second = ours.run("ovs-vsctl", *args, f"--db={remote}", "--no-wait", "list-br")
    assert second.code == 0 and not second.err, second


def test_bootstrap_without_the_ca_in_the_chain(ours, keys):
    remote = start(ours, *server_options(keys))
    key, cert = keys.switch

    result = ours.run("ovsdb-client", f"--private-key={key}", f"--certificate={cert}",
                      f"--bootstrap-ca-cert={ours.dir}/kept.pem", "list-dbs", remote)
    assert result.code == 1
    assert "cannot bootstrap CA certificate" in result.err
    assert not (ours.dir / "kept.pem").exists()


@pytest.mark.parametrize(
    "server, client, works",
    [
        ("TLSv1.2", "TLSv1.2", True),
        ("TLSv1.3", "TLSv1.2+", True),
        ("TLSv1.2-TLSv1.3", "TLSv1.3", True),
        ("TLSv1.2", "TLSv1.3", False),
        ("TLSv1,TLSv1.1,TLSv1.2", "TLSv1.2", True),
    ],
)
def test_protocol_versions(ours, keys, server, client, works):
    remote = start(ours, *server_options(keys), f"--ssl-protocols={server}")

    result = ours.run("ovsdb-client", *client_options(keys), f"--ssl-protocols={client}",
                      "list-dbs", remote)
    assert (result.code == 0) == works, result


def test_ciphers(ours, keys):
    remote = start(ours, *server_options(keys), "--ssl-ciphers=ECDHE-ECDSA-AES256-GCM-SHA384",
                   "--ssl-ciphersuites=TLS_AES_256_GCM_SHA384")
    args = [*client_options(keys), "list-dbs", remote]

    assert ours.ok("ovsdb-client", *args)
    result = ours.run("ovsdb-client", "--ssl-ciphersuites=TLS_AES_128_GCM_SHA256",
                      "--ssl-protocols=TLSv1.3", *args)
    assert result.code == 1
    result = ours.run("ovsdb-client", "--ssl-ciphers=nonsense", *args)
    assert "nonsense: cannot use these ciphers" in result.err


def test_server_name_is_asked_for(ours, keys):
    # Either address may be the first that the name has.
    if socket.has_dualstack_ipv6():
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(15)
    remote = f"ssl:localhost:{listener.getsockname()[1]}"
    seen = []
    for args, name in (([], "localhost"), (["--ssl-server-name=db.example"], "db.example")):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys.controller[1], keys.controller[0])
        context.sni_callback = lambda _sock, asked, _context: seen.append(asked)
        argv = ours.argv("ovsdb-client", *client_options(keys), *args, "list-dbs", remote)
        with subprocess.Popen(argv, env=ours.env, stderr=subprocess.DEVNULL):
            sock, _ = listener.accept()
            context.wrap_socket(sock, server_side=True).close()
        assert seen[-1] == name
    listener.close()


def test_new_files_serve_new_connections(ours, keys):
    files = [ours.dir / name for name in ("server.key", "server.pem")]
    for source, target in zip(keys.switch, files):
        shutil.copy(source, target)
    remote = start(ours, *options(files, keys.switches.cert))
    args = client_options(keys)

    # The server has a switch's certificate, which this client does not trust.
    assert ours.run("ovsdb-client", *args, "list-dbs", remote).code == 1
    for source, target in zip(keys.controller, files):
        shutil.copy(source, target)
    assert ours.ok("ovsdb-client", *args, "list-dbs", remote)


def test_keys_from_the_database(ours, keys):
    columns = {name: f"db:Open_vSwitch,SSL,{name}"
               for name in ("private_key", "certificate", "ca_cert")}
    remote = start(ours, *options((columns["private_key"], columns["certificate"]),
                                  columns["ca_cert"]))
    args = [*client_options(keys), "list-dbs", remote]

    assert ours.run("ovsdb-client", *args).code == 1
    key, cert = keys.controller
    ours.vsctl("--no-wait", "set-ssl", key, cert, keys.switches.cert)
    assert ours.ok("ovsdb-client", *args)
    ours.vsctl("--no-wait", "del-ssl")
    assert ours.run("ovsdb-client", *args).code == 1


def test_manager_over_tls(ours, keys):
    """The server calls a manager, with the keys of the database."""
    columns = {name: f"db:Open_vSwitch,SSL,{name}"
               for name in ("private_key", "certificate", "ca_cert")}
    start(ours, "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
          *options((columns["private_key"], columns["certificate"]), columns["ca_cert"]))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(15)
    key, cert = keys.switch
    ours.vsctl("--no-wait", "set-ssl", key, cert, keys.controllers.cert, "--",
               "set-manager", f"ssl:127.0.0.1:{listener.getsockname()[1]}")
    with as_controller(keys, listener.accept()[0]) as sock:
        assert call(sock, "list_dbs") == ["Open_vSwitch", "_Server"]
    listener.close()


HELLO = struct.pack("!BBHI", 4, 0, 8, 1)


def test_controllers_over_tls(either, keys):
    """A switch calls its controller and lets one call it."""
    either.start_dummy()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(15)
    key, cert = keys.switch
    either.vsctl("set-ssl", key, cert, keys.controllers.cert, "--",
                 "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy",
                 "protocols=OpenFlow13", "other-config:datapath-id=00000000000000aa", "--",
                 "set-controller", "br0", f"ssl:127.0.0.1:{listener.getsockname()[1]}",
                 "pssl:0:127.0.0.1")
    with as_controller(keys, listener.accept()[0]) as sock:
        sock.sendall(HELLO + struct.pack("!BBHI", 4, 5, 8, 2))
        data = b""
        while len(data) < 8 or (len(data) < 16 + 24 and data):
            data += sock.recv(4096)
        assert data[1] == 0  # Hello
        assert struct.pack("!Q", 0xAA) in data
        either.wait_for(lambda: either.vsctl("find", "controller", "is_connected=true"), "status")
    listener.close()

    remote = f"ssl:127.0.0.1:{port(either, 'ovs-vswitchd')}"
    out = either.ok("ovs-ofctl", "-O", "OpenFlow13",
                    *options(keys.controller, keys.switches.cert), "show", remote)
    assert "dpid:00000000000000aa" in out
