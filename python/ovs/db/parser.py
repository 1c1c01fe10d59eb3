"""Reads the members of a JSON object and complains about the others."""

from __future__ import annotations

import re
from typing import Any, List, Sequence, Tuple

from ovs.db import error

id_re = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")

_TYPE_NAMES = (
    (type(None), "null"),
    (bool, "boolean"),
    (dict, "object"),
    (list, "array"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
)


def is_identifier(s: Any) -> bool:
    """Whether 's' is an <id>: RFC 7047 section 3.1."""
    return isinstance(s, str) and id_re.fullmatch(s) is not None


def float_to_int(x: Any) -> Any:
    """'x' as an integer if it is a float without a fraction, within the
    integers that a float can tell apart."""
    if isinstance(x, float) and x.is_integer() and -(2**53) <= x < 2**53:
        return int(x)
    return x


def json_type_to_string(type_: Any) -> str:
    """Name of a Python type as JSON calls it."""
    for known, name in _TYPE_NAMES:
        if type_ is known:
            return name
    return "<invalid>"


def _is_a(value: Any, types: Sequence[Any]) -> bool:
    """Like isinstance(), but booleans are not numbers, and "id" is a type."""
    for type_ in types:
        if type_ == "id":
            if is_identifier(value):
                return True
        elif isinstance(value, bool):
            if type_ is bool:
                return True
        elif type_ is float:
            if isinstance(value, (int, float)):
                return True
        elif isinstance(value, type_):
            return True
    return False


class Parser:
    """Members of one object, got by name; finish() objects to the rest."""

    def __init__(self, json: Any, name: str) -> None:
        self.name = name
        self.json = json
        if not isinstance(json, dict):
            self._raise("Object expected.")
        self.used: set = set()

    def _get(self, name: str, types: Sequence[Any], optional: bool, default: Any) -> Any:
        if name not in self.json:
            if not optional:
                self._raise("Required '%s' member is missing." % name)
            return default
        self.used.add(name)
        member = float_to_int(self.json[name])
        if types and not _is_a(member, types):
            self._raise("Type mismatch for member '%s'." % name)
        return member

    def get(self, name: str, types: Sequence[Any]) -> Any:
        """The member 'name', which must be there and of one of 'types'."""
        return self._get(name, types, False, None)

    def get_optional(self, name: str, types: Sequence[Any], default: Any = None) -> Any:
        """The member 'name', or 'default'."""
        return self._get(name, types, True, default)

    def _raise(self, message: str) -> None:
        raise error.Error("Parsing %s failed: %s" % (self.name, message), self.json)

    def finish(self) -> None:
        """Objects to members that nobody asked for."""
        unused = [name for name in self.json if name not in self.used]
        if not unused:
            return
        more = len(unused) - 1
        what = "Member '%s' is present but not allowed here." % unused[0]
        if more:
            what = "Member '%s' and %d other member%s are present but not allowed here." % (
                unused[0],
                more,
                "s" if more > 1 else "",
            )
        self._raise(what)


def parse_json_pair(json: Any) -> Tuple[Any, Any]:
    """The two elements of an array of two."""
    if not isinstance(json, list) or len(json) != 2:
        raise error.Error("expected 2-element array", json)
    return json[0], json[1]


def unwrap_json(json: Any, name: str, types: List[Any], desc: str) -> Any:
    """The second element of [NAME, VALUE], of one of 'types'."""
    if (
        not isinstance(json, list)
        or len(json) != 2
        or json[0] != name
        or not _is_a(json[1], types)
    ):
        raise error.Error('expected ["%s", <%s>]' % (name, desc), json)
    return json[1]
