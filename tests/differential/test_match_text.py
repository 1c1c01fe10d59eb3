"""Match texts give the same flow, or the same error, as the peer's."""

import pathlib

import pytest

from lib.suite import BUILD

HERE = pathlib.Path(__file__)
TEXTS = HERE.with_name("match_texts.txt").read_text()
# Texts still taken otherwise than by the peer, to become none: a text that
# gets to be the same must leave this list.
KNOWN = HERE.with_name("match_texts_known.txt").read_text().splitlines()


def parse(suite, text):
    """What parse-flow prints, without lines of the log."""
    result = suite.run("ovs-ofctl", "parse-flow", f"{text},actions=drop")
    err = [
        line for line in result.err.splitlines() if line.startswith("ovs-ofctl")
    ]
    return result.code, result.out, err


@pytest.mark.skipif(
    not (BUILD / "src/ovs-ofctl").exists(), reason="ovs-ofctl is not built"
)
def test_match_texts_print_the_same(ours, peer):
    differ = [
        text for text in TEXTS.splitlines() if parse(ours, text) != parse(peer, text)
    ]

    assert differ == KNOWN
