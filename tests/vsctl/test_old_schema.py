"""A database whose schema lacks what our tools know: they say so and do without."""

import json


def start(suite, change):
    schema = json.loads(open(suite.schema(), encoding="utf-8").read())
    change(schema)
    path = suite.run_dir / "old.ovsschema"
    path.write_text(json.dumps(schema))
    suite.ok("ovsdb-tool", "create", suite.run_dir / "conf.db", path)
    suite.start_ovsdb_server(create=False)


def test_column_that_is_missing_is_named(ours):
    start(ours, lambda schema: schema["tables"]["Port"]["columns"].pop("fake_bridge"))

    result = ours.run("ovs-vsctl", "--no-wait", "add-br", "br0", "--", "add-port", "br0", "p0")

    assert result.code == 0
    lacks = "Port table in Open_vSwitch database lacks fake_bridge column (database needs upgrade?)"
    assert result.err.count(lacks) == 1
    assert ours.vsctl("list-ports", "br0") == "p0\n"


def test_table_that_is_missing_is_named(ours):
    def change(schema):
        del schema["tables"]["Flow_Sample_Collector_Set"]

    start(ours, change)

    result = ours.run("ovs-vsctl", "--no-wait", "list", "Flow_Sample_Collector_Set")

    assert "Open_vSwitch database lacks Flow_Sample_Collector_Set table (database needs upgrade?)" in result.err


def test_what_is_not_asked_for_may_be_missing(ours):
    start(ours, lambda schema: schema["tables"]["Bridge"]["columns"].pop("flood_vlans"))

    result = ours.run("ovs-vsctl", "--no-wait", "add-br", "br0")

    assert (result.code, result.err) == (0, "")


def test_database_that_is_missing_is_named(ours):
    path = ours.run_dir / "other.db"
    schema = json.loads(open(ours.schema(), encoding="utf-8").read())
    (ours.run_dir / "other.ovsschema").write_text(json.dumps({**schema, "name": "Other"}))
    ours.ok("ovsdb-tool", "create", path, ours.run_dir / "other.ovsschema")
    ours.start_ovsdb_server(db="other.db", create=False)

    result = ours.run("ovs-vsctl", "-t", "3", "--no-wait", "show")

    assert result.code != 0
    assert "unknown database" in result.err
