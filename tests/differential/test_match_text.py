"""Match texts give the same flow, or the same error, as the peer's."""

import pathlib

import pytest

from lib.suite import BUILD

TEXTS = pathlib.Path(__file__).with_name("match_texts.txt").read_text()


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

    assert differ == []
