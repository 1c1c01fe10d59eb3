"""Group texts become the same messages, or the same error, as the peer's."""

import pathlib
import re

import pytest

TEXTS = pathlib.Path(__file__).with_name("group_texts.txt").read_text().splitlines()
# The peer forgets the number of the first bucket when it chooses numbers, and
# sends one twice; of the first bucket's protocols when it comes to the second.
KNOWN = {
    "group_id=1,type=all,bucket=bucket_id=0,output:1,bucket=output:2",
    "group_id=1,type=all,bucket=bucket_id=1,output:1,bucket=output:2,bucket=output:3",
    "group_id=1,type=all,bucket=set_field:1->reg0,bucket=output:2",
}


def parse(suite, version, text):
    result = suite.run("ovs-ofctl", "-O", version, "parse-group", text)
    return result.code, result.out, re.sub(r"(?m)^\S+Z\|\d+\|", "", result.err)


@pytest.mark.parametrize("version", ["OpenFlow10", "OpenFlow11", "OpenFlow14", "OpenFlow15"])
def test_group_texts_become_the_same_messages(ours, peer, version):
    differ = [text for text in TEXTS
              if text not in KNOWN and parse(ours, version, text) != parse(peer, version, text)]

    assert differ == []


def test_numbers_of_buckets_are_never_given_twice(ours):
    for text in sorted(KNOWN):
        code, out, _ = parse(ours, "OpenFlow15", text)
        ids = re.findall(r"bucket_id:(\d+)", out)
        assert code == 0 and len(ids) == len(set(ids)) == text.count("bucket=")
