"""JSON: the parser in Python, the one in C, and Python's own agree."""

import json
import math
import os
import random
import shutil
import subprocess
import sys

import pytest
from lib.suite import ROOT

import ovs.json

PACKAGE = ROOT / "python"
CORPUS = sorted(
    path
    for name in ("parser_fuzz", "jsonrpc_fuzz", "schema_fuzz", "datum_fuzz", "record_fuzz")
    for path in (ROOT / "tests/corpus" / name).glob("*")
)

# Text, and what it means or what is wrong with it.
CASES = [
    ('{"a":[1,-2.5e3,true,false,null,"x\\u00e9\\n"],"b":{}}',
     {"a": [1, -2500, True, False, None, "x\xe9\n"], "b": {}}),
    (' [ ] ', []),
    ('{"a":1,"a":2}', {"a": 2}),
    ('["\\ud83d\\ude00","\\"\\\\\\/\\b\\f\\n\\r\\t"]', ["\U0001f600", '"\\/\b\f\n\r\t']),
    ('[9223372036854775807,-9223372036854775808]', [2**63 - 1, -(2**63)]),
    ('[9223372036854775808,1e400]', "line 0, column 21, byte 21: number outside valid range"),
    ('[2.0,0.5,-0,1e3,1E-1]', [2, 0.5, 0, 1000, 0.1]),
    ('', "line 0, column 0, byte 0: empty input stream"),
    (' \n ', "line 1, column 1, byte 3: empty input stream"),
    ('"a"', "line 0, column 0, byte 0: syntax error at beginning of input"),
    (']', "line 0, column 0, byte 0: syntax error at beginning of input"),
    ('[1', "line 0, column 2, byte 2: unexpected end of input"),
    ('["a', "line 0, column 3, byte 3: unexpected end of input in quoted string"),
    ('[1,]', "line 0, column 3, byte 3: syntax error expecting value"),
    ('[1\n 2]', "line 1, column 1, byte 4: syntax error expecting ']' or ','"),
    ('{"a" 1}', "line 0, column 5, byte 5: syntax error parsing object expecting ':'"),
    ('{1:2}', "line 0, column 1, byte 1: syntax error parsing object expecting string"),
    ('{"a":1,}', "line 0, column 7, byte 7: syntax error parsing object expecting string"),
    ('{"a":1 "b"}', "line 0, column 7, byte 7: syntax error expecting '}' or ','"),
    ('[01]', "line 0, column 1, byte 1: leading zeros not allowed"),
    ('[-]', "line 0, column 1, byte 1: '-' must be followed by digit"),
    ('[1.]', "line 0, column 1, byte 1: decimal point must be followed by digit"),
    ('[1e+]', "line 0, column 1, byte 1: exponent must contain at least one digit"),
    ('[1-2]', "line 0, column 1, byte 1: syntax error in number"),
    ('[nul]', "line 0, column 1, byte 1: invalid keyword 'nul'"),
    ('[NaN]', "line 0, column 1, byte 1: invalid keyword 'NaN'"),
    ("['a']", "line 0, column 1, byte 1: invalid character '''"),
    ('[\x01]', "line 0, column 1, byte 1: invalid character U+0001"),
    ('["\xe9\x01"]', "line 0, column 3, byte 4: U+0001 must be escaped in quoted string"),
    ('["\\q"]', "line 0, column 2, byte 2: bad escape \\q"),
    ('["\\u0000"]', "line 0, column 2, byte 2: null bytes not supported in quoted strings"),
    ('["\\u12g4"]', "line 0, column 2, byte 2: malformed \\u escape"),
    ('["\\u1"]', "line 0, column 2, byte 2: quoted string ends within \\u escape"),
    ('["\\ud800"]', "line 0, column 2, byte 2: malformed escaped surrogate pair"),
    ('["\\ud800\\u0041"]', "line 0, column 2, byte 2: second half of escaped surrogate pair is "
     "not trailing surrogate"),
    ('[1]x', "line 0, column 3, byte 3: trailing garbage at end of input"),
    ('[1]\n\n[2]', "line 2, column 0, byte 5: trailing garbage at end of input"),
    ("[" * 1001, "line 0, column 1000, byte 1000: input exceeds maximum nesting depth 1000"),
]


@pytest.fixture(params=["Python", "C"])
def parser(request):
    """The class of each parser."""
    if request.param == "Python":
        return ovs.json.PythonParser
    return request.getfixturevalue("extension").Parser


def parse(parser, pieces, check_trailer=True):
    """The value, and what feed() and is_done() said."""
    p = parser(check_trailer=check_trailer)
    said = []
    for piece in pieces:
        said.append((p.feed(piece), p.is_done()))
        if said[-1][0] != len(piece):
            break
    return p.finish(), said


@pytest.mark.parametrize("text, expected", CASES, ids=[repr(text)[:20] for text, _ in CASES])
def test_text_is_read_or_its_mistake_named(parser, text, expected):
    whole, _ = parse(parser, [text])
    by_character, _ = parse(parser, list(text))

    assert whole == by_character == expected
    assert isinstance(expected, str) or [type(x) for x in whole] == [type(x) for x in expected]


def test_value_ends_where_the_next_begins(parser):
    p = parser()

    assert p.feed(' {"a":"}"') == 9 and not p.is_done()
    assert p.feed('}{"b":1}') == 1 and p.is_done()
    assert p.feed("[") == 0
    assert p.finish() == {"a": "}"}


def test_depth_is_limited_not_by_the_stack(parser):
    value, _ = parse(parser, ["[" * 1000 + "]" * 1000])
    depth = 0
    while value:
        value, depth = value[0], depth + 1

    assert depth == 999


def test_bytes_are_no_text(parser):
    with pytest.raises(TypeError):
        parser().feed(b"[]")


def own(text):
    """What Python's json makes of 'text', with the numbers of ours."""
    def number(s):
        value = float(s)
        if not math.isfinite(value):
            raise ValueError
        whole = value.is_integer() and -(2**63) <= value < 2**63
        return int(value) if whole else value

    def integer(s):
        return int(s) if -(2**63) <= int(s) < 2**63 else number(s)

    def reject(_):
        raise ValueError

    return json.loads(text, parse_float=number, parse_int=integer, parse_constant=reject)


def agree(extension, text, cut):
    """Both parsers say the same of 'text', whole and cut; returns the value."""
    pieces = [text[:cut], text[cut:]]
    for trailer in (False, True):
        python = parse(ovs.json.PythonParser, pieces, trailer)
        c = parse(extension.Parser, pieces, trailer)
        assert python == c, text
    value = python[0]
    if not isinstance(value, str):
        assert value == own(text)
    elif "\\u" not in text:
        with pytest.raises(ValueError):
            assert not isinstance(own(text), (list, dict))
            raise ValueError
    return value


@pytest.mark.parametrize("path", CORPUS, ids=[f"{p.parent.name}/{p.name}" for p in CORPUS])
def test_parsers_agree_on_the_corpus(extension, path):
    text = path.read_bytes().decode("utf-8", "replace")

    for cut in {0, 1, len(text) // 2}:
        agree(extension, text, cut)


def test_parsers_agree_on_mutants(extension):
    rng = random.Random(1)
    texts = [text for text, _ in CASES if len(text) < 100]
    characters = '{}[]",:0129.eE+-\\u dD8aftrnls\n\t\xe9\U0001f600\x00'
    n_values = 0
    for _ in range(4000):
        text = rng.choice(texts)
        for _ in range(rng.randint(0, 2)):
            at = rng.randint(0, len(text))
            text = text[:at] + rng.choice(["", rng.choice(characters)]) + text[at + 1 :]
        value = agree(extension, text, rng.randint(0, len(text)))
        n_values += not isinstance(value, str)
    assert n_values > 200


def test_bad_utf8_is_told():
    assert ovs.json.from_string(b'["\xc3\xa9"]') == ["\xe9"]
    assert ovs.json.from_string(b'["\xff"]') == (
        "not a valid UTF-8 string: invalid UTF-8 sequence at byte 2"
    )


def test_files(tmp_path):
    path = tmp_path / "x.json"
    ovs.json.to_file({"b": [1, 2], "a": None}, path, pretty=True)

    assert path.read_text() == '{\n  "a": null,\n  "b": [\n    1,\n    2\n  ]\n}'
    assert ovs.json.from_file(str(path)) == {"a": None, "b": [1, 2]}
    missing = str(tmp_path / "no")
    assert ovs.json.from_file(missing) == f"{missing}: No such file or directory"


@pytest.mark.parametrize(
    "value, text",
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ([2.0, 0.5, 1e300, -3.0], "[2,0.5,1e+300,-3]"),
        (["2.0", ("t", 1)], '["2.0",["t",1]]'),
        (["\xe9\n\"\\\x01"], '["\xe9\\n\\"\\\\\\u0001"]'),
    ],
)
def test_to_string(value, text):
    assert ovs.json.to_string(value) == text


def test_installs_with_and_without_a_compiler(tmp_path):
    source = tmp_path / "python"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("*.so", "build", "*.egg-info"))
    probe = "import ovs.json, sys; print(ovs.json.PARSER, ovs.json.from_string('[1]'))"
    for compiler, expected in (("cc", "C [1]\n"), ("false", "Python [1]\n")):
        base = tmp_path / compiler
        subprocess.run(
            [sys.executable, "setup.py", "-q", "build", "--build-base", base, "--build-lib",
             base / "lib"],
            cwd=source, check=True, capture_output=True, env=dict(os.environ, CC=compiler),
        )
        env = {**os.environ, "PYTHONPATH": str(base / "lib")}
        run = subprocess.run([sys.executable, "-c", probe], env=env, capture_output=True, text=True)
        assert run.stdout == expected, run.stderr
