"""Requests of every kind: our server answers them as the peer's does, to the
byte but for what the protocol leaves open.

The requests are in requests/*.txt (see lib/talk.py for their form), and, where
every column meets every function or value, in lib/request_matrix.py.

The peer's replies are in tests/golden/requests, so that ours are compared
without the peer, too; where the peer is there it is compared with them as well.
Only differing.txt has what is otherwise on purpose: its replies are ours."""

import os
import pathlib

import pytest

from lib import request_matrix
from lib.ovsdb import KITCHEN
from lib.suite import Suite
from lib.talk import Talk

REQUESTS = pathlib.Path(__file__).resolve().parent / "requests"
FILES = {path.stem: path for path in sorted(REQUESTS.glob("*.txt"))}


def lines(name):
    """Pairs of what stands for a request in the text, and the request."""
    if name in request_matrix.TALKS:
        return list(request_matrix.TALKS[name]())
    texts = (line.strip() for line in FILES[name].read_text().splitlines())
    return [(text, text) for text in texts if text and not text.startswith("#")]


def answers(suite, requests):
    """The text of the talk with a server of 'suite'."""
    suite.ok("ovsdb-tool", "create", suite.run_dir / "kitchen.db", KITCHEN)
    suite.start_ovsdb_server(db="kitchen.db")
    talk = Talk(suite.run_dir / "db.sock")
    try:
        for label, line in requests:
            talk.ask(line, label)
    finally:
        talk.close()
    return talk.text()


@pytest.mark.parametrize("name", [*FILES, *request_matrix.TALKS])
def test_answers(name, ours, golden, request, tmp_path):
    requests = lines(name)
    file = f"requests/{name}.txt"

    if name == "differing":
        golden(file, answers(ours, requests))
        return
    if os.environ.get("OVS_PEER"):
        peer = Suite("peer", tmp_path / "peer")
        try:
            golden(file, answers(peer, requests))
        finally:
            peer.stop()
    elif request.config.getoption("--golden-write"):
        pytest.skip("only the peer writes these files, and OVS_PEER is not set")

    path = pathlib.Path(__file__).resolve().parents[1] / "golden" / file
    assert answers(ours, requests) == path.read_text()


def test_the_corpus_is_large():
    assert sum(len(lines(name)) for name in [*FILES, *request_matrix.TALKS]) > 700
