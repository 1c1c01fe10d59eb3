"""ovsdbapp, the library of OpenStack and others, on our package.

It is found in the system or where `make peer` has put it.  The schemas of OVN
are those of the system or of the peer.
"""

import os
import pathlib
import re
import sys

import pytest

from ovs.db import idl as ovs_idl

PEER = os.environ.get("OVS_PEER")
EXTRA = str(pathlib.Path(PEER).resolve().parent / "ovsdbapp/usr/lib/python3/dist-packages") if PEER else None
if EXTRA:
    sys.path.append(EXTRA)
pytest.importorskip("ovsdbapp")
for module in ("fixtures", "netaddr", "testtools", "testscenarios"):
    pytest.importorskip(module)

# Those that need somebody who binds ports of OVN, and those that look for what
# another process has just written without waiting until it is there.
LEFT_OUT = r"test_lsp_(un)?bind|TestMacBindingsOps"


def ovn_schemas():
    places = [pathlib.Path("/usr/share/ovn")]
    if os.environ.get("OVS_PEER"):
        peer = pathlib.Path(os.environ["OVS_PEER"]).resolve().parent
        places.append(peer / "root/usr/share/ovn")
    for place in places:
        if (place / "ovn-nb.ovsschema").exists():
            return place
    pytest.skip("the schemas of OVN are missing")


def run(python, ours, kind, *args):
    """Runs tests of ovsdbapp; returns what they print."""
    if EXTRA:
        ours.env["PYTHONPATH"] += ":" + EXTRA
    ours.env["OVN_SCHEMAS"] = str(ovn_schemas())
    log = ours.start_command("ovsdbapp", python("run_ovsdbapp.py", kind, *args))
    code = log.wait(timeout=120)
    ours.processes.remove(log)
    text = (ours.dir / "ovsdbapp.out").read_text(errors="replace")
    # Reports cut long texts short: what failed is told last.
    failed = re.findall(r"^(?:ERROR|FAIL): .*", text, re.MULTILINE)
    assert code == 0, "\n".join([text[-20000:], *failed])
    return text


def count(text):
    return int(text.rpartition("ran ")[2])


def test_its_unit_tests(python, ours):
    assert count(run(python, ours, "ours", "ovsdbapp.tests.unit")) > 40


@pytest.mark.parametrize("kind", ["ours", "peer"])
def test_its_functional_tests(python, ours, kind):
    if kind == "peer" and not os.environ.get("OVS_PEER"):
        pytest.skip("OVS_PEER is not set")
    base = "ovsdbapp.tests.functional"
    modules = [f"{base}.schema.{name}.test_impl_idl" for name in
               ("open_vswitch", "ovn_northbound", "ovn_southbound", "hardware_vtep")]
    more = [f"{base}.backend", f"{base}.schema.open_vswitch.test_common_db"]

    text = run(python, ours, kind, f"--skip={LEFT_OUT}", *modules, *more)

    assert count(text) > 300


@pytest.fixture
def api(ours):
    """ovsdbapp's own API on our server and switch."""
    from ovsdbapp.backend.ovs_idl import connection
    from ovsdbapp.schema.open_vswitch import impl_idl

    ours.start_dummy()
    remote = f"unix:{ours.run_dir}/db.sock"
    idl = connection.OvsdbIdl.from_server(remote, "Open_vSwitch")
    channel = connection.Connection(idl, timeout=10)
    # Each subclass has a connection of its own.
    yield type("Api", (impl_idl.OvsdbIdl,), {})(channel)
    assert channel.stop(timeout=10)


def test_the_switch_does_what_it_is_told(api, ours):
    with api.transaction(check_error=True) as txn:
        txn.add(api.add_br("br0"))
        txn.add(api.add_port("br0", "p0"))
        txn.add(api.db_set("Interface", "p0", ("type", "dummy"), ("external_ids", {"a": "1"})))
    api.db_set("Interface", "p0", ("external_ids", {"b": "2"})).execute(check_error=True)
    api.db_add("Bridge", "br0", "protocols", "OpenFlow13").execute(check_error=True)

    assert ours.vsctl("list-ports", "br0") == "p0\n"
    assert ours.vsctl("get", "interface", "p0", "external_ids") == "{a=\"1\", b=\"2\"}\n"
    assert ours.vsctl("get", "bridge", "br0", "protocols") == "[OpenFlow13]\n"
    (found,) = api.db_find("Interface", ("type", "=", "dummy"), ("name", "=", "p0")).execute()
    assert found["ofport"] == int(ours.vsctl("get", "interface", "p0", "ofport"))
    listed = api.db_list("Bridge", ["br0"], columns=["name", "ports"]).execute(check_error=True)
    assert listed[0]["name"] == "br0" and len(listed[0]["ports"]) == 2
    api.db_remove("Interface", "p0", "external_ids", "a").execute(check_error=True)
    assert ours.vsctl("get", "interface", "p0", "external_ids") == "{b=\"2\"}\n"
    with pytest.raises(RuntimeError):
        api.db_set("Bridge", "br0", ("name", "br1")).execute(check_error=True)

    api.del_port("p0").execute(check_error=True)
    api.del_br("br0").execute(check_error=True)
    assert ours.vsctl("list-br") == "" and api.list_br().execute() == []


def test_events_are_matched(api):
    from ovsdbapp.backend.ovs_idl import event

    seen = []

    class Renamed(event.WaitEvent):
        event_name = "Renamed"

        def run(self, event, row, old):
            seen.append((event, row.name, old.external_ids))
            super().run(event, row, old)

    handler = event.RowEventHandler()
    waiter = Renamed((event.RowEvent.ROW_UPDATE,), "Bridge", (("name", "=", "br0"),), timeout=10)
    waiter.old_conditions = (("external_ids", "=", {"k": "old"}),)
    handler.watch_event(waiter)
    api.idl.notify = handler.notify
    api.add_br("br0").execute(check_error=True)
    api.db_set("Bridge", "br0", ("external_ids", {"k": "old"})).execute(check_error=True)
    api.db_set("Bridge", "br0", ("external_ids", {"k": "new"})).execute(check_error=True)

    assert waiter.wait()
    handler.shutdown()
    assert seen == [("update", "br0", {"k": "old"})]
    assert isinstance(api.lookup("Bridge", "br0"), ovs_idl.Row)


def test_tables_come_and_go(ours):
    from ovsdbapp.backend.ovs_idl import connection, idlutils

    ours.start_ovsdb_server()
    ours.vsctl("--no-wait", "add-br", "br0")
    remote = f"unix:{ours.run_dir}/db.sock"
    idl = connection.OvsdbIdl.from_server(remote, "Open_vSwitch", helper_tables=["Port"])
    idlutils.wait_for_change(idl, 10)
    assert set(idl.tables) == {"Port"} and len(idl.tables["Port"].rows) == 1
    schema = idlutils.fetch_schema_json(remote, "Open_vSwitch")

    idl.update_tables(["Bridge"], schema)
    idl.force_reconnect()
    idlutils.wait_for_change(idl, 10)

    assert [row.name for row in idl.tables["Bridge"].rows.values()] == ["br0"]
    (bridge,) = idl.tables["Bridge"].rows.values()
    assert [port.name for port in bridge.ports] == ["br0"]
    for table in ("Bridge", "Open_vSwitch", "Flow_Sample_Collector_Set"):
        del schema["tables"][table]
    idl.update_tables([], schema)
    for _ in range(3):
        idl.run()
    assert set(idl.tables) == {"Port"} and idl.cond_seqno == idl._last_cond_seqno
    idl.close()
