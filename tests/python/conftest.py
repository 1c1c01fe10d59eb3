"""The Python package, which the tests import, and programs that use it."""

import importlib.util
import pathlib
import subprocess
import sys
import sysconfig

import pytest
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
