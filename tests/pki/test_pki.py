"""ovs-pki: authorities, requests, certificates; alone and beside the peer's.

Keys have 2048 bits, the fewest that ovs-pki makes; tests make few of them.
"""

import re
import shutil
import stat
import subprocess

import pytest

from lib.suite import BUILD

SCRIPT = BUILD / "scripts/ovs-pki"
BITS = "--bits=2048"

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not there")


class Pki:
    """One implementation's ovs-pki, in a directory that may be shared."""

    def __init__(self, suite, directory):
        self.suite = suite
        self.dir = directory
        self.dir.mkdir(exist_ok=True)

    def run(self, *args, **kwargs):
        program = SCRIPT if self.suite.kind == "ours" else "ovs-pki"
        result = self.suite.run(program, "-d", "pki", "-l", "log", BITS, *args,
                                cwd=self.dir, **kwargs)
        result.err = re.sub(r"(?m)^\S*/ovs-pki: ", "ovs-pki: ", result.err)
        return result

    def ok(self, *args, **kwargs):
        result = self.run(*args, **kwargs)
        assert result.code == 0, result
        return result

    def refused(self, *args, **kwargs):
        """Runs a command that must fail; returns its error text."""
        result = self.run(*args, **kwargs)
        assert result.code == 1, result
        return result.err

    def mode(self, name):
        return oct(stat.S_IMODE((self.dir / name).stat().st_mode))

    def files(self):
        """Names of all files and directories, with their permissions."""
        names = (str(path.relative_to(self.dir)) for path in self.dir.rglob("*"))
        return {name: self.mode(name) for name in names}


def _openssl(directory, *args):
    return subprocess.run(["openssl", *args], cwd=directory, check=True, capture_output=True,
                          text=True).stdout


def _fields(directory, kind, name):
    """What a request or a certificate says, without keys, times and numbers."""
    text = _openssl(directory, kind, "-in", name, "-noout", "-text")
    text = re.sub(r"(?m)^\s+(?:[0-9a-fA-F]{2}:)+[0-9a-fA-F]{0,2}\n", "", text)
    text = re.sub(r"(?:[0-9A-F]{2}:){19}[0-9A-F]{2}", "KEYID", text)
    text = re.sub(r"\d{4} \w{3} \d\d [\d:]{8}|[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}", "WHEN", text)
    return re.sub(r"(Not Before|Not After ): .*", r"\1: TIME", text)


@pytest.fixture
def pki(ours, tmp_path):
    return Pki(ours, tmp_path / "work")


@pytest.fixture
def both(ours, peer, tmp_path):
    """Both implementations, each in a directory of its own."""
    return Pki(ours, tmp_path / "a"), Pki(peer, tmp_path / "b")


@pytest.fixture
def shared(ours, peer, tmp_path):
    """Both implementations in one directory."""
    return Pki(ours, tmp_path / "work"), Pki(peer, tmp_path / "work")


# Alone.


def test_init_makes_two_authorities(pki):
    assert pki.ok("init").err == "Creating controllerca...\nCreating switchca...\n"

    for ca in "controllerca", "switchca":
        assert pki.mode(f"pki/{ca}/private") == "0o700"
        assert pki.mode(f"pki/{ca}/private/cakey.pem") == "0o700"
        assert (pki.dir / f"pki/{ca}/serial").read_text() == "02\n"
        text = _fields(pki.dir, "x509", f"pki/{ca}/cacert.pem")
        assert f"OU = {ca}, CN = OVS {ca} CA Certificate (WHEN)" in text
        assert "CA:TRUE" in text


def test_init_wants_force_to_replace_a_pki(pki):
    (pki.dir / "pki").mkdir()

    assert "pki already exists and --force not specified" in pki.refused("init")
    pki.ok("-f", "init")
    pki.ok("-f", "init")

    assert len((pki.dir / "pki/switchca/index.txt").read_text().splitlines()) == 2
    pki.ok("req+sign", "sc")
    assert pki.ok("verify", "sc").out == "sc-cert.pem: OK\n"


def test_certificates_are_for_one_type(pki):
    pki.ok("init")
    pki.ok("req+sign", "ctl", "controller")

    assert pki.ok("verify", "ctl", "controller").out == "ctl-cert.pem: OK\n"
    wrong = pki.run("verify", "ctl", "switch")
    assert (wrong.code, wrong.out) == (2, "")
    assert "unable to get local issuer certificate" in wrong.err


def test_req_prints_the_fingerprint_of_the_request(pki):
    out = pki.ok("req", "-u", "sc").out

    digest = _openssl(pki.dir, "dgst", "-sha1", "-r", "sc-req.pem").split()[0]
    assert re.fullmatch(rf"sc-req\.pem\t[^\n]+\n\tfingerprint {digest}\n", out)
    assert pki.ok("fingerprint", "sc-req.pem").out == out
    assert pki.mode("sc-privkey.pem") == "0o600"


def test_names_get_an_identifier_unless_they_are_unique(pki):
    pki.ok("req", "a")
    pki.ok("req", "-u", "b")

    assert re.search(r"CN = a id:\S.*\n", _fields(pki.dir, "req", "a-req.pem"))
    text = _fields(pki.dir, "req", "b-req.pem")
    assert "CN = b\n" in text and "DNS:b\n" in text


@pytest.mark.parametrize("name", ["a b", "dir/x", "a,b", "$HOME", 'q"#\\z', "`id`"])
def test_any_name_goes_unchanged_into_certificates(pki, name):
    (pki.dir / "dir").mkdir()

    pki.ok("req", "-u", name)
    pki.ok("self-sign", name)

    subject = _openssl(pki.dir, "x509", "-in", f"{name}-cert.pem", "-noout", "-subject",
                       "-nameopt", "multiline,-esc_2253,-esc_2254,-esc_ctrl")
    # openssl doubles backslashes when it prints.
    assert subject.splitlines()[-1].split("= ", 1)[1].replace("\\\\", "\\") == name


def test_too_long_a_name_leaves_nothing(pki):
    assert "openssl req failed; log tells why" in pki.refused("req", "-u", "n" * 65)
    assert list(pki.files()) == ["log"]


@pytest.mark.parametrize("answer, code", [
    ("yes\n", 0), ("no\n", 1), ("YES\n", 1), ("y\n", 1), ("\n", 1), ("", 1),
])
def test_sign_asks_before_it_signs(pki, answer, code):
    (pki.dir / "sc-req.pem").write_text("no request\n")

    result = pki.run("sign", "sc", input=answer)

    assert result.out.endswith("\nDoes fingerprint match? (yes/no)\n")
    # Whoever said yes comes as far as the PKI that is not there.
    assert result.code == 1
    assert ("does not exist (need to run 'init'" in result.err) == (code == 0)
    assert ("Match failure, aborting" in result.err) == bool(code and answer)


def test_nothing_is_replaced_without_force(pki):
    pki.ok("req", "-u", "a")
    pki.ok("self-sign", "a")

    assert "a-privkey.pem already exists and --force not supplied" in pki.refused("req", "a")
    assert "a-cert.pem already exists and --force not supplied" in pki.refused("self-sign", "a")
    (pki.dir / "a-privkey.pem").rename(pki.dir / "b")
    assert "a-req.pem already exists and --force not supplied" in pki.refused("req", "a")
    pki.ok("-f", "req", "a")
    pki.ok("-f", "self-sign", "a")
    assert sorted(pki.files()) == ["a-cert.pem", "a-privkey.pem", "a-req.pem", "b", "log"]


def test_a_request_that_cannot_be_signed_leaves_nothing(pki):
    pki.ok("init")
    (pki.dir / "a-req.pem").write_text("nonsense\n")
    before = sorted(pki.files())

    assert "openssl ca failed; log tells why" in pki.refused("-b", "sign", "a")
    assert sorted(pki.files()) == before


def test_dsa(pki):
    assert "Generating DSA parameters" in pki.ok("-k", "dsa", "init", timeout=120).err
    pki.ok("-k", "dsa", "req+sign", "a")

    assert "dsaEncryption" in _fields(pki.dir, "x509", "a-cert.pem")
    assert pki.ok("verify", "a").out == "a-cert.pem: OK\n"


def test_log_directory_is_made(pki):
    pki.ok("-l", "deep/er/log", "req", "a")
    assert pki.mode("deep/er") == "0o750"

    (pki.dir / "file").write_text("")
    assert "log directory file/x does not exist and cannot be created" in pki.refused(
        "-l", "file/x/log", "req", "b")


def test_small_keys_are_refused(pki):
    for bits in "512", "2047", "abc", "", "99999999999999999999":
        assert "argument to -B or --bits must be at least 2048" in pki.refused(
            "-B", bits, "req", "x")


# Beside the peer's.

COMMAND_LINES = [
    "", "bogus", "bogus a b", "--bogus", "-z", "-kfoo req x", "-k ec req x", "--key=RSA req x",
    "--forc init", "--force=1 init", "ls", "flush", "reject x", "approve x", "prompt", "expire",
    "selfsign x", "req", "req a b", "req a b c", "sign", "sign a bogus", "sign a b c",
    "-b sign a bogus", "req+sign", "req+sign a bogus", "req+sign a", "verify", "verify none",
    "verify none bogus", "verify a", "verify a bogus", "fingerprint", "fingerprint a b",
    "self-sign", "self-sign none", "self-sign r", "-k dsa req z", "-k dsa -D none req z",
    "-k dsa req+sign z", "init -- -f",
]


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_refusals_are_the_peers(shared, line):
    for name in "a-cert.pem", "r-req.pem":
        (shared[0].dir / name).write_text("nothing\n")
    if line.startswith("init"):
        (shared[0].dir / "pki").mkdir()

    a, b = (pki.run(*line.split(), input="") for pki in shared)

    assert (a.code, a.out, a.err) == (b.code, b.out, b.err)
    assert a.code == 1


@pytest.mark.parametrize("line", ["-d", "-k", "--bits", "-l", "req -D"])
def test_missing_values_are_refused_as_by_the_peer(shared, line):
    assert [pki.run(*line.split()).code for pki in shared] == [1, 1]


def test_files_are_the_peers(both):
    for pki in both:
        pki.ok("init")
        pki.ok("req", "-u", "a")
        pki.ok("sign", "a", input="yes\n")
        pki.ok("req+sign", "b", "controller")
        pki.ok("req", "s")
        pki.ok("self-sign", "s")

    a, b = both
    assert a.files() == b.files()
    for name in "a", "b", "s":
        assert _fields(a.dir, "req", f"{name}-req.pem") == _fields(b.dir, "req", f"{name}-req.pem")
    for name in ("a-cert.pem", "b-cert.pem", "s-cert.pem", "pki/switchca/cacert.pem",
                 "pki/controllerca/cacert.pem"):
        assert _fields(a.dir, "x509", name) == _fields(b.dir, "x509", name)


@pytest.mark.parametrize("answer", ["yes\n", "no\n", "  yes\n", "yesx\n", ""])
def test_conversations_are_the_peers(shared, answer):
    ours, peer = shared
    peer.ok("init")
    peer.ok("req", "-u", "a")
    said = []

    for pki in ours, peer:
        result = pki.run("sign", "a", input=answer)
        made = (pki.dir / "a-cert.pem").exists()
        (pki.dir / "a-cert.pem").unlink(missing_ok=True)
        said.append((result.code, result.out, result.err, made))

    assert said[0] == said[1]


@pytest.mark.parametrize("maker, signer", [(0, 1), (1, 0)])
def test_one_signs_what_the_other_requests(shared, maker, signer):
    shared[maker].ok("init")
    shared[maker].ok("req", "-u", "a")

    shared[signer].ok("-b", "sign", "a")
    shared[signer].ok("req+sign", "b", "controller")

    for pki in shared:
        assert pki.ok("verify", "a").out == "a-cert.pem: OK\n"
        assert pki.ok("verify", "b", "controller").out == "b-cert.pem: OK\n"
    for name in "a-cert.pem", "a-req.pem", "a-privkey.pem":
        first, second = (pki.ok("fingerprint", name).out for pki in shared)
        assert first == second
    first, second = (pki.run("verify", "a", "controller") for pki in shared)
    assert (first.code, first.out, first.err) == (second.code, second.out, second.err)
    assert first.code == 2
