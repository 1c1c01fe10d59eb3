"""Runs tests of ovsdbapp: run_ovsdbapp.py KIND [--skip=REGEX] MODULE...

Those that need servers get ours or the peer's, as KIND says, in place of
programs installed in the system; OVN's schemas are in OVN_SCHEMAS.
"""

import importlib.util
import os
import pathlib
import re
import sys
import types
import unittest

import fixtures
import testtools

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.ovsdb import Client  # noqa: E402
from lib.suite import Suite  # noqa: E402

DUMMY = ("--enable-dummy=override", "--disable-system", "--disable-system-route")


class Servers(fixtures.Fixture):
    """One database server with all the databases, and a switch with dummy
    devices."""

    kind = "ours"
    has_vtep = True

    def __init__(self, directory, **kwargs):
        super().__init__()
        self.venv = directory

    def _setUp(self):
        schemas = pathlib.Path(os.environ["OVN_SCHEMAS"])
        suite = self.suite = Suite(self.kind, self.venv)
        self.addCleanup(suite.stop)
        vtep = pathlib.Path(suite.schema()).with_name("vtep.ovsschema")
        if not vtep.exists():
            vtep = pathlib.Path(__file__).resolve().parents[2] / "spec/schemas/vtep.ovsschema"
        files = [schemas / "ovn-nb.ovsschema", schemas / "ovn-sb.ovsschema", vtep]
        databases = [suite.run_dir / f"{schema.stem}.db" for schema in files]
        for schema, database in zip(files, databases):
            suite.ok("ovsdb-tool", "create", database, schema)
        suite.start_ovsdb_server(*databases)
        suite.start_vswitchd(*DUMMY)
        socket = suite.run_dir / "db.sock"
        self.ovs_connection = self.ovnnb_connection = self.ovnsb_connection = f"unix:{socket}"
        client = Client(socket)
        for database, table in (
            ("OVN_Northbound", "NB_Global"),
            ("OVN_Southbound", "SB_Global"),
            ("hardware_vtep", "Global"),
        ):
            client.call("transact", database, {"op": "insert", "table": table, "row": {}})
        client.sock.close()

    def call(self, command, *args, **kwargs):
        """What ovsdbapp's fixture has for running programs."""
        self.suite.ok(*command)


def use_our_servers(kind):
    if importlib.util.find_spec("oslotest") is None:
        # It takes nothing else from there.
        package, base = types.ModuleType("oslotest"), types.ModuleType("oslotest.base")
        base.BaseTestCase = testtools.TestCase
        package.base = base
        sys.modules.update({"oslotest": package, "oslotest.base": base})
    import ovsdbapp.constants
    import ovsdbapp.tests.functional.base
    import ovsdbapp.venv

    Servers.kind = kind
    # Five seconds are not enough for thousands of rows on a busy machine.
    ovsdbapp.constants.DEFAULT_TIMEOUT = 60
    ovsdbapp.tests.functional.base.FunctionalTestCase.fixture_class = Servers
    ovsdbapp.venv.OvsVtepVenvFixture = Servers


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def load(name):
    """The tests of a module, or of all modules of a package."""
    spec = importlib.util.find_spec(name)
    if spec.submodule_search_locations is None:
        return unittest.defaultTestLoader.loadTestsFromName(name)
    (directory,) = spec.submodule_search_locations
    top = pathlib.Path(directory).parents[len(name.split(".")) - 1]
    return unittest.defaultTestLoader.discover(directory, top_level_dir=str(top))


def main(kind, *args):
    skip, names = None, list(args)
    if names[0].startswith("--skip="):
        skip = re.compile(names.pop(0).partition("=")[2])
    use_our_servers(kind)
    tests = [test for name in names for test in flatten(load(name))]
    suite = unittest.TestSuite(t for t in tests if not (skip and skip.search(t.id())))
    result = unittest.TextTestRunner().run(suite)
    print(f"ran {result.testsRun}")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
