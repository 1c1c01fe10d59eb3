"""OVN on our database server: ovn-northd, ovn-nbctl and ovn-sbctl, unchanged,
get and give the same as on the peer's."""

import os
import pathlib
import re
import shlex

import pytest

from lib.keys import Authority, options
from lib.ovsdb import UUID

HERE = pathlib.Path(__file__).resolve().parent
COMMANDS = [
    line for line in (HERE / "ovn_lines.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def schema(name):
    """A schema of OVN; skips where it was not fetched."""
    root = pathlib.Path(os.environ["OVS_PEER"]).resolve().parent
    path = root / f"root/usr/share/ovn/{name}.ovsschema"
    if not path.exists():
        pytest.skip("OVN is not there")
    return path


def start_databases(suite, identity=None, ca=None):
    """Both databases in one server; returns their remotes."""
    files = []
    for name in ("ovn-nb", "ovn-sb"):
        path = suite.run_dir / f"{name}.db"
        suite.ok("ovsdb-tool", "create", path, schema(name))
        files.append(path)
    args = ["--remote=pssl:0:127.0.0.1", *options(identity, ca)] if identity else []
    suite.start_ovsdb_server(files[1], *args, db=files[0].name, create=False)
    if not identity:
        return f"unix:{suite.run_dir}/db.sock"
    port = re.search(r"listening on port (\d+)", suite.log("ovsdb-server"))[1]
    return f"ssl:127.0.0.1:{port}"


def play(suite, remote, keys=()):
    """Runs all commands; returns what they answered."""
    suite.start_command("northd", suite.argv(
        "ovn-northd", *keys, f"--ovnnb-db={remote}", f"--ovnsb-db={remote}",
        f"--unixctl={suite.run_dir}/northd.ctl", "-vconsole:off", kind="peer"))
    answers, last = [], ""
    for command in COMMANDS:
        words = shlex.split(command.replace("$UUID", last))
        tool = "ovn-nbctl"
        if words[0] == "sb":
            tool = "ovn-sbctl"
            del words[0]
        result = suite.run(tool, *keys, f"--db={remote}", "--timeout=20", *words, kind="peer")
        if words[0] == "create":
            last = result.out.strip()
        # UUIDs decide the order of rows.
        out = "\n".join(sorted(UUID.sub("UUID", result.out).splitlines()))
        err = re.sub(r"^.*\|WARN\|.*\n", "", result.err, flags=re.M)
        answers.append(f"$ {command}\n{result.code}\n{out}\n{err}")
    return answers


def test_ovn_sees_no_difference(ours, peer):
    expected = play(peer, start_databases(peer))
    assert play(ours, start_databases(ours)) == expected


def test_ovn_over_tls(ours, peer, tmp_path):
    expected = play(peer, start_databases(peer))
    authority = Authority(tmp_path, "ovn")
    identity = authority.issue("server")
    remote = start_databases(ours, identity, authority.cert)
    assert play(ours, remote, options(identity, authority.cert)) == expected
