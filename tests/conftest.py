"""Fixtures that every whole-program test may use.

OVS_BUILD names the build directory to test (default: build).  OVS_PEER names a
wrapper that runs another implementation's programs with its own environment;
tests that compare with it are skipped, and counted, where it is not set.
"""

import os
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))

from lib.net import Namespace, can_make_namespaces  # noqa: E402
from lib.suite import Suite  # noqa: E402


def pytest_addoption(parser):
    parser.addoption(
        "--golden-write",
        action="store_true",
        help="write golden files anew instead of comparing with them",
    )


@pytest.fixture
def golden(request):
    """golden(NAME, text): compares with tests/golden/NAME."""

    def compare(name, text):
        path = TESTS / "golden" / name
        if request.config.getoption("--golden-write"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert text == path.read_text()

    return compare


def _suite(kind, tmp_path):
    suite = Suite(kind, tmp_path / kind)
    return suite


@pytest.fixture
def ours(tmp_path):
    """Our programs, in a directory of their own."""
    suite = _suite("ours", tmp_path)
    yield suite
    suite.stop()


@pytest.fixture
def peer(tmp_path):
    """The peer's programs, in a directory of their own."""
    if not os.environ.get("OVS_PEER"):
        pytest.skip("OVS_PEER is not set")
    suite = _suite("peer", tmp_path)
    yield suite
    suite.stop()


@pytest.fixture(params=["ours", "peer"])
def either(request, tmp_path):
    """Runs the test twice: on our programs and on the peer's."""
    if request.param == "peer" and not os.environ.get("OVS_PEER"):
        pytest.skip("OVS_PEER is not set")
    suite = _suite(request.param, tmp_path)
    yield suite
    suite.stop()


@pytest.fixture
def namespaces():
    """namespaces(LABEL...): makes network namespaces that the test's end
    removes."""
    if not can_make_namespaces():
        pytest.skip("cannot make network namespaces")
    made = []

    def make(*labels):
        new = [Namespace(label) for label in labels]
        made.extend(new)
        return new if len(new) > 1 else new[0]

    yield make
    for namespace in made:
        namespace.destroy()
