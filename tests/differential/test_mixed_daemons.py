"""One kind's switch on the other kind's database server."""

import pytest

DUMMY = ("--enable-dummy=override", "--disable-system", "--disable-system-route")


@pytest.mark.parametrize("server,switch", [("ours", "peer"), ("peer", "ours")])
def test_switch_on_the_others_server(ours, peer, server, switch):
    suites = {"ours": ours, "peer": peer}
    host = suites[server]
    host.start_ovsdb_server()
    host.vsctl("--no-wait", "init")
    host.start_command(
        "ovs-vswitchd",
        host.argv("ovs-vswitchd", f"unix:{host.run_dir}/db.sock", "--pidfile", "--log-file",
                  "-vconsole:off", *DUMMY, kind=switch),
    )
    host.wait_for(lambda: (host.run_dir / "ovs-vswitchd.pid").exists(), "ovs-vswitchd")

    for number in range(5):
        host.vsctl("--timeout=10", "add-br", f"br{number}", "--", "add-port", f"br{number}",
                   f"p{number}", f"tag={number}", "--", "set", "interface", f"p{number}",
                   "ofport_request=7")
    host.vsctl("--timeout=10", "del-br", "br2", "--", "set-fail-mode", "br3", "secure")
    assert host.vsctl("get", "interface", "p4", "ofport") == "7\n"
    assert host.vsctl("get", "interface", "p4", "admin_state", "link_state", "mtu") == "up\nup\n1500\n"
    shown = host.appctl("dpif/show")
    assert "    p4 7/" in shown and "br2" not in shown
    assert host.ofctl("dump-flows", "br3").count("actions=") == 0

    # The server is killed and comes back as the other kind.
    process = host.processes[0]
    process.kill()
    process.wait()
    host.kind = switch
    host.start_ovsdb_server(create=False)
    host.vsctl("--timeout=20", "add-port", "br0", "late")
    assert "late" in host.appctl("dpif/show")
