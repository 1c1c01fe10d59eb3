"""The command lines that users type, on live daemons of each kind: same answers.

The lines are in *_commands.txt beside this file.  They run a second time with
the peer's tools on our daemons and ours on the peer's.
"""

import pathlib

import pytest

from lib.pair import differences, read_blocks, start

HERE = pathlib.Path(__file__).parent
BLOCKS = [
    pytest.param(block, id=f"{path.stem.split('_')[0]}-{block.name}")
    for path in sorted(HERE.glob("*_commands.txt"))
    for block in read_blocks(path)
]
KINDS = {"own-tools": ("ours", "peer"), "changed-tools": ("peer", "ours")}


@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("block", BLOCKS)
def test_same_answers(ours, peer, block, kinds):
    for suite in (ours, peer):
        start(suite, block.mode)

    found = list(differences(block, ours, peer, kinds))
    # The peer may trip over its end, which is not the point here.
    for process in peer.processes:
        process.kill()

    assert not found, "\n" + "\n".join(found)
