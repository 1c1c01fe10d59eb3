"""The Python package, which the tests import, and programs that use it."""

import importlib.util
import pathlib
import subprocess
import sys
import sysconfig
import tempfile

import pytest
from lib.ovsdb import KITCHEN
from lib.suite import ROOT

PACKAGE = ROOT / "python"
sys.path.insert(0, str(PACKAGE))


@pytest.fixture
def python(ours):
    """python(FILE, ARGS...): the command that runs a program of this
    directory on the package; ours.env lets it find that."""
    ours.env["PYTHONPATH"] = str(PACKAGE)

    def command(name, *args):
        return [sys.executable, str(pathlib.Path(__file__).parent / name), *map(str, args)]

    return command


@pytest.fixture(scope="session")
def extension(tmp_path_factory):
    """The module ovs._json, compiled."""
    include = pathlib.Path(sysconfig.get_path("include"))
    if not (include / "Python.h").exists():
        pytest.skip("Python.h is missing")
    library = tmp_path_factory.mktemp("extension") / "_json.so"
    source = PACKAGE / "ovs/_json.c"
    warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]
    subprocess.run(
        ["cc", "-O1", "-shared", "-fPIC", *warnings, f"-I{include}", source, "-o", library],
        check=True,
    )
    spec = importlib.util.spec_from_file_location("ovs._json", library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kitchen(either):
    """A server of the schema Kitchen; 'remote' is where it listens."""
    either.ok("ovsdb-tool", "create", either.run_dir / "k.db", KITCHEN)
    either.start_ovsdb_server(db="k.db", create=False)
    either.remote = f"unix:{either.run_dir}/db.sock"
    return either


@pytest.fixture
def replica(kitchen):
    """replica(**ARGS): a replica of that server, which knows its content."""
    from idl_tools import Replica

    made = []

    def make(remote=None, **kwargs):
        made.append(Replica(remote or kitchen.remote, **kwargs))
        return made[-1].connect()

    yield make
    for one in made:
        one.close()


@pytest.fixture
def fake():
    """fake(**ANSWERS): a server that does as the test says."""
    from idl_tools import FakeServer

    made = []
    with tempfile.TemporaryDirectory(prefix="ovs-") as directory:

        def make(**answers):
            made.append(FakeServer(f"{directory}/{len(made)}", **answers))
            return made[-1]

        yield make
        for one in made:
            one.close()
