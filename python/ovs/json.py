"""JSON as the programs of Open vSwitch read and write it (RFC 8259).

from_string() and friends return the value, or a string that says what is
wrong: the top level is always an object or an array, so that a string is an
error.  Of members with the same name the last one counts.  Numbers without a
fraction that fit into 64 bits are integers however they are written.
"""

from __future__ import annotations

import json as _stdjson
import re
from typing import Any, IO, List, NamedTuple, Optional, Tuple

SPACES_PER_LEVEL = 2
_MAX_DEPTH = 1000
_TOO_DEEP = "input exceeds maximum nesting depth %d" % _MAX_DEPTH


# A float without a fraction, or a string that looks like one.
_WHOLE_FLOAT = re.compile(r"[0-9]\.0(?![0-9])|e\+")


def _normalize(obj: Any) -> Any:
    """Floats as the C programs print them: 2.0 is 2."""
    if isinstance(obj, float) and obj.is_integer() and abs(obj) < 2**53:
        return int(obj)
    if isinstance(obj, dict):
        return {key: _normalize(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        return [_normalize(value) for value in obj]
    return obj


def to_string(obj: Any, pretty: bool = False, sort_keys: bool = True) -> str:
    """'obj' as JSON, on one line, or on several if 'pretty'."""
    text = _dump(obj, pretty, sort_keys)
    return _dump(_normalize(obj), pretty, sort_keys) if _WHOLE_FLOAT.search(text) else text


def _dump(obj: Any, pretty: bool, sort_keys: bool) -> str:
    return _stdjson.dumps(
        obj,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=sort_keys,
        indent=SPACES_PER_LEVEL if pretty else None,
        separators=(",", ": ") if pretty else (",", ":"),
    )


def to_stream(obj: Any, stream: IO[str], pretty: bool = False, sort_keys: bool = True) -> None:
    """Writes 'obj' to 'stream'."""
    stream.write(to_string(obj, pretty, sort_keys))


def to_file(obj: Any, name: str, pretty: bool = False, sort_keys: bool = True) -> None:
    """Writes 'obj' to the file 'name'."""
    with open(name, "w", encoding="utf-8") as stream:
        to_stream(obj, stream, pretty, sort_keys)


def from_stream(stream: IO[str]) -> Any:
    """The value that 'stream' holds, or a string: what is wrong with it."""
    parser = Parser(check_trailer=True)
    while True:
        text = stream.read(65536)
        if not text or parser.feed(text) != len(text):
            return parser.finish()


def from_file(name: str) -> Any:
    """The value that the file 'name' holds, or a string: what is wrong."""
    try:
        with open(name, "r", encoding="utf-8") as stream:
            return from_stream(stream)
    except OSError as e:
        return "%s: %s" % (name, e.strerror)


def from_string(s: str) -> Any:
    """The value that 's' spells, or a string: what is wrong with it."""
    if not isinstance(s, str):
        try:
            s = bytes(s).decode("utf-8")
        except UnicodeDecodeError as e:
            return "not a valid UTF-8 string: invalid UTF-8 sequence at byte %d" % e.start
    parser = Parser(check_trailer=True)
    parser.feed(s)
    return parser.finish()


# Outside of strings: a bracket, a quotation mark, or what no text has there.
_MARK = re.compile(r'["{}\[\]]|[^ \t\n\r0-9A-Za-z"{}\[\]:,+.-]')
# Inside of a string: its end, or an escape.
_STRING_MARK = re.compile(r'["\\]')
_SPACE = " \t\n\r"


class PythonParser:
    """Takes text in pieces.

    It looks for the end of the value while text comes in, by counting
    brackets, and reads it in finish().
    """

    def __init__(self, check_trailer: bool = False) -> None:
        self.check_trailer = check_trailer
        self._pieces: List[str] = []
        self._depth = 0
        self._in_string = False
        self._in_escape = False
        self._started = False
        self._done = False
        self._has_trailer = False

    def feed(self, s: str) -> int:
        """Takes 's' up to the end of the value; returns how much it took."""
        used = kept = 0 if self._done else self._scan(s)
        if self._done and self.check_trailer and not self._has_trailer:
            self._has_trailer = bool(s[used:].strip(_SPACE))
            kept = len(s)
            if not self._has_trailer:
                used = kept
        self._pieces.append(s[:kept])
        return used

    def _scan(self, s: str) -> int:
        """The index in 's' after the end of the value, or len(s)."""
        at = 0
        n = len(s)
        while at < n:
            if self._in_escape:
                self._in_escape = False
                at += 1
            elif self._in_string:
                match = _STRING_MARK.search(s, at)
                if not match:
                    return n
                at = match.end()
                if match.group() == "\\":
                    self._in_escape = True
                else:
                    self._in_string = False
            else:
                at = self._scan_outside(s, at)
                if self._done:
                    return at
        return n

    def _scan_outside(self, s: str, at: int) -> int:
        """One step outside of strings."""
        if not self._started:
            while at < len(s) and s[at] in _SPACE:
                at += 1
            if at == len(s):
                return at
            self._started = True
            if s[at] not in "{[":
                self._done = True
                return len(s)
        match = _MARK.search(s, at)
        if not match:
            return len(s)
        mark = match.group()
        if mark == '"':
            self._in_string = True
        elif mark in "{[":
            self._depth += 1
            self._done = self._depth > _MAX_DEPTH
        elif mark in "}]":
            self._depth -= 1
            self._done = self._depth <= 0
        else:
            self._done = True
        return match.end()

    def is_done(self) -> bool:
        """Whether the value has ended, or cannot be one."""
        return self._done

    def finish(self) -> Any:
        """The value, or a string: what is wrong."""
        text = "".join(self._pieces)
        if self._done and not self._has_trailer and self._depth == 0:
            try:
                value = _decode(text)
                if isinstance(value, (dict, list)):
                    return value
            except (ValueError, RecursionError):
                pass
        return explain(text)


def _integer(s: str) -> Any:
    value = int(s) if len(s) < 4000 else 10**400
    return value if -(2**63) <= value < 2**63 else _real(s)


def _real(s: str) -> Any:
    value = float(s)
    if value in (float("inf"), float("-inf")):
        raise ValueError("number outside valid range")
    if value.is_integer() and -(2**63) <= value < 2**63:
        return int(value)
    return value


def _reject(s: str) -> Any:
    raise ValueError(s)


# A decoder by default takes what is not JSON: NaN, Infinity, lone surrogates.
_decoder = _stdjson.JSONDecoder(parse_float=_real, parse_int=_integer, parse_constant=_reject)
_SUSPECT = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


def _decode(text: str) -> Any:
    """The value by the standard library; ValueError where we must look
    closer."""
    if _SUSPECT.search(text):
        raise ValueError("surrogates")
    return _decoder.decode(text.strip(_SPACE))


class _Token(NamedTuple):
    kind: str
    value: Any
    at: int


class _Mistake(Exception):
    def __init__(self, at: int, text: str) -> None:
        super().__init__(text)
        self.at = at
        self.text = text


_STRING_RUN = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBERISH = re.compile(r"[-+.0-9eE]+")
_WORD = re.compile(r"[a-zA-Z]+")
_HEX4 = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_KEYWORDS = {"true": True, "false": False, "null": None}


def explain(text: str) -> Any:
    """What is wrong with 'text'; its value if nothing is."""
    return _Strict(text).parse()


class _Strict:
    """Reads JSON step by step in order to say where it goes wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def parse(self) -> Any:
        """The value, or "line L, column C, byte B: ..."."""
        try:
            return self._document()
        except _Mistake as e:
            before = self.text[: e.at]
            line = before.count("\n")
            column = e.at - (before.rfind("\n") + 1)
            return "line %d, column %d, byte %d: %s" % (
                line,
                column,
                len(before.encode("utf-8", "surrogatepass")),
                e.text,
            )

    def _document(self) -> Any:
        self._skip_space()
        if self.at >= len(self.text):
            raise _Mistake(self.at, "empty input stream")
        if self.text[self.at] not in "{[":
            raise _Mistake(self.at, "syntax error at beginning of input")
        value = self._container(self._token())
        self._skip_space()
        if self.at < len(self.text):
            raise _Mistake(self.at, "trailing garbage at end of input")
        return value

    def _container(self, opening: _Token) -> Any:
        """Objects and arrays, without recursion."""
        here: Any = {} if opening.kind == "{" else []
        stack: List[Tuple[Any, Optional[str]]] = []
        name: Optional[str] = None
        first = True
        while True:
            end = "}" if isinstance(here, dict) else "]"
            token = self._token()
            if token.kind == end:
                if not stack:
                    return here
                value = here
                here, name = stack.pop()
            else:
                if not first:
                    if token.kind != ",":
                        raise _Mistake(token.at, "syntax error expecting '%s' or ','" % end)
                    token = self._token()
                if end == "}":
                    name, token = self._member(token)
                if token.kind in ("{", "["):
                    if len(stack) + 1 >= _MAX_DEPTH:
                        raise _Mistake(token.at, _TOO_DEEP)
                    stack.append((here, name))
                    here, name, first = ({} if token.kind == "{" else []), None, True
                    continue
                value = self._scalar(token)
            self._put(here, name, value)
            first = False

    @staticmethod
    def _put(container: Any, name: Optional[str], value: Any) -> None:
        if isinstance(container, dict):
            container[name] = value
        else:
            container.append(value)

    def _member(self, token: _Token) -> Tuple[str, _Token]:
        """The name of a member and the first token of its value."""
        if token.kind != "value" or not isinstance(token.value, str):
            raise _Mistake(token.at, "syntax error parsing object expecting string")
        colon = self._token()
        if colon.kind != ":":
            raise _Mistake(colon.at, "syntax error parsing object expecting ':'")
        return token.value, self._token()

    @staticmethod
    def _scalar(token: _Token) -> Any:
        if token.kind != "value":
            raise _Mistake(token.at, "syntax error expecting value")
        return token.value

    def _skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _SPACE:
            self.at += 1

    def _token(self) -> _Token:
        self._skip_space()
        at = self.at
        if at >= len(self.text):
            raise _Mistake(at, "unexpected end of input")
        c = self.text[at]
        if c in "{}[]:,":
            self.at += 1
            return _Token(c, None, at)
        if c == '"':
            return _Token("value", self._string(), at)
        if c == "-" or c in "0123456789":
            return _Token("value", self._number(), at)
        word = _WORD.match(self.text, at)
        if word:
            if word.group() not in _KEYWORDS:
                raise _Mistake(at, "invalid keyword '%s'" % word.group())
            self.at = word.end()
            return _Token("value", _KEYWORDS[word.group()], at)
        if " " <= c <= "~":
            raise _Mistake(at, "invalid character '%s'" % c)
        raise _Mistake(at, "invalid character U+%04x" % ord(c))

    def _number(self) -> Any:
        at = self.at
        match = _NUMBERISH.match(self.text, at)
        assert match is not None
        text = match.group()
        wrong = _what_is_wrong_with_number(text)
        if wrong:
            raise _Mistake(at, wrong)
        self.at = match.end()
        try:
            return _real(text) if re.search("[.eE]", text) else _integer(text)
        except ValueError as e:
            raise _Mistake(at, "number outside valid range") from e

    def _string(self) -> str:
        self.at += 1
        parts: List[str] = []
        while True:
            match = _STRING_RUN.match(self.text, self.at)
            assert match is not None
            parts.append(match.group())
            self.at = match.end()
            if self.at >= len(self.text):
                raise _Mistake(self.at, "unexpected end of input in quoted string")
            c = self.text[self.at]
            if c == '"':
                self.at += 1
                return "".join(parts)
            if c != "\\":
                raise _Mistake(self.at, "U+%04X must be escaped in quoted string" % ord(c))
            parts.append(self._escape())

    def _escape(self) -> str:
        """What an escape stands for."""
        start = self.at
        self.at += 1
        c = self.text[self.at : self.at + 1]
        self.at += 1
        if c in _ESCAPES and c:
            return _ESCAPES[c]
        if c != "u":
            if not c:
                raise _Mistake(start, "unexpected end of input in quoted string")
            raise _Mistake(start, "bad escape \\%s" % c)
        code = self._hex4(start)
        if code == 0:
            raise _Mistake(start, "null bytes not supported in quoted strings")
        if not 0xD800 <= code < 0xE000:
            return chr(code)
        if code >= 0xDC00 or self.text[self.at : self.at + 2] != "\\u":
            raise _Mistake(start, "malformed escaped surrogate pair")
        self.at += 2
        low = self._hex4(start)
        if not 0xDC00 <= low < 0xE000:
            raise _Mistake(
                start, "second half of escaped surrogate pair is not trailing surrogate"
            )
        return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))

    def _hex4(self, start: int) -> int:
        match = _HEX4.match(self.text, self.at)
        if not match:
            short = '"' in self.text[self.at : self.at + 4]
            raise _Mistake(
                start,
                "quoted string ends within \\u escape" if short else "malformed \\u escape",
            )
        self.at += 4
        return int(match.group(), 16)


_NUMBER_STEPS = (
    (r"-?0[0-9]", "leading zeros not allowed"),
    (r"-(?![0-9])", "'-' must be followed by digit"),
    (r"-?[0-9]+\.(?![0-9])", "decimal point must be followed by digit"),
    (r"-?[0-9]+(\.[0-9]+)?[eE][-+]?(?![0-9])", "exponent must contain at least one digit"),
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def _what_is_wrong_with_number(text: str) -> Optional[str]:
    for pattern, wrong in _NUMBER_STEPS:
        if re.match(pattern, text):
            return wrong
    return None if _NUMBER.fullmatch(text) else "syntax error in number"


# The parser in C is there if it could be compiled when the package was
# installed.
PARSER_C = "C"
PARSER_PY = "Python"
try:
    from ovs._json import Parser

    PARSER = PARSER_C
except ImportError:
    Parser = PythonParser  # type: ignore[assignment,misc]
    PARSER = PARSER_PY
