"""Types of columns: atomic types, their constraints, sets and maps (RFC 7047 section 3.2)."""

from __future__ import annotations

import sys
import uuid
from typing import Any, Dict, List, Optional, Tuple, Union

import ovs.db.parser
import ovs.ovsuuid
from ovs.db import error

DEFAULT_MIN = 1
DEFAULT_MAX = 1


class AtomicType:
    """integer, real, boolean, string or uuid (or void, for "nothing")."""

    def __init__(self, name: str, default: Any, python_types: Tuple[type, ...]) -> None:
        self.name = name
        self.default = default
        self.python_types = python_types
        # Values in JSON of just this type need no conversion.
        self.json_type = type(default) if type(default) in python_types[-1:] else None

    @staticmethod
    def from_string(s: str) -> "AtomicType":
        """The type called 's'."""
        if s != "void":
            for atomic_type in ATOMIC_TYPES:
                if s == atomic_type.name:
                    return atomic_type
        raise error.Error('"%s" is not an atomic-type' % s, s)

    @staticmethod
    def from_json(json: Any) -> "AtomicType":
        """The type whose name is 'json'."""
        if not isinstance(json, str):
            raise error.Error("atomic-type expected", json)
        return AtomicType.from_string(json)

    def __str__(self) -> str:
        return self.name

    def to_string(self) -> str:
        """Name of the type."""
        return self.name

    def to_json(self) -> str:
        """Name of the type."""
        return self.name

    def default_atom(self) -> Any:
        """The Atom that columns of this type begin with."""
        return ovs.db.data.Atom(self, self.default)


VoidType = AtomicType("void", None, ())
IntegerType = AtomicType("integer", 0, (int,))
RealType = AtomicType("real", 0.0, (int, float))
BooleanType = AtomicType("boolean", False, (bool,))
StringType = AtomicType("string", "", (str,))
UuidType = AtomicType("uuid", ovs.ovsuuid.zero(), (uuid.UUID,))

ATOMIC_TYPES = [VoidType, IntegerType, RealType, BooleanType, StringType, UuidType]


def returnUnchanged(x: Any) -> Any:
    """'x' itself."""
    return x


def escapeCString(src: str) -> str:
    """'src' as it stands between the quotation marks of a string in C."""
    escapes = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
               "\t": "\\t", "\a": "\\a", "\v": "\\v"}
    return "".join(escapes.get(c, c if c >= " " else "\\%03o" % ord(c)) for c in src)


def commafy(x: int) -> str:
    """'x' with a comma after each three digits."""
    return format(x, ",d")


# Members with bounds: type, name in JSON, attribute of BaseType.
_BOUNDS = (
    (IntegerType, "minInteger", "min", int),
    (IntegerType, "maxInteger", "max", int),
    (RealType, "minReal", "min", float),
    (RealType, "maxReal", "max", float),
)


class BaseType:
    """An atomic type with constraints."""

    def __init__(
        self,
        type_: AtomicType,
        enum: Any = None,
        min: Union[int, float, None] = None,
        max: Union[int, float, None] = None,
        min_length: int = 0,
        max_length: int = sys.maxsize,
        ref_table_name: Optional[str] = None,
    ) -> None:
        assert isinstance(type_, AtomicType)
        self.type = type_
        self.enum = enum
        self.min = min
        self.max = max
        self.min_length = min_length
        self.max_length = max_length
        self.ref_table_name = ref_table_name
        self.ref_type: Optional[str] = "strong" if ref_table_name else None
        self.ref_table: Any = None

    def default(self) -> Any:
        """The Atom that columns of this type begin with."""
        return ovs.db.data.Atom.default(self.type)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseType):
            return NotImplemented
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("type", "enum", "min", "max", "min_length", "max_length",
                         "ref_table_name", "ref_type")
        )

    __hash__ = None  # type: ignore[assignment]

    @staticmethod
    def from_json(json: Any) -> "BaseType":
        """The type in 'json': a name, or an object with constraints."""
        if isinstance(json, str):
            return BaseType(AtomicType.from_json(json))
        parser = ovs.db.parser.Parser(json, "ovsdb type")
        base = BaseType(AtomicType.from_json(parser.get("type", [str])))
        enum = parser.get_optional("enum", [])
        if enum is not None:
            base.enum = ovs.db.data.Datum.from_json(
                Type(BaseType(base.type), None, 1, sys.maxsize), enum
            )
        else:
            base.__parse_constraints(parser)
        parser.finish()
        return base

    def __parse_constraints(self, parser: ovs.db.parser.Parser) -> None:
        for type_, name, attribute, python_type in _BOUNDS:
            if self.type is type_:
                types: List[type] = [int] if python_type is int else [int, float]
                setattr(self, attribute, parser.get_optional(name, types))
        if self.min is not None and self.max is not None and self.min > self.max:
            kind = "Integer" if self.type is IntegerType else "Real"
            raise error.Error("min%s exceeds max%s" % (kind, kind), parser.json)
        if self.type is StringType:
            self.min_length = self.__length(parser, "minLength", 0)
            self.max_length = self.__length(parser, "maxLength", sys.maxsize)
            if self.min_length > self.max_length:
                raise error.Error("minLength exceeds maxLength", parser.json)
        elif self.type is UuidType:
            self.ref_table_name = parser.get_optional("refTable", ["id"])
            if self.ref_table_name:
                self.ref_type = parser.get_optional("refType", [str], "strong")
                if self.ref_type not in ("strong", "weak"):
                    raise error.Error(
                        'refType must be "strong" or "weak" (not "%s")' % self.ref_type,
                        parser.json,
                    )

    @staticmethod
    def __length(parser: ovs.db.parser.Parser, name: str, default: int) -> int:
        value = parser.get_optional(name, [int], default)
        if value < 0 or value > sys.maxsize:
            raise error.Error("%s out of valid range 0 to 4294967295" % name, parser.json)
        return value

    def to_json(self) -> Any:
        """The type as a schema has it."""
        if not self.has_constraints():
            return self.type.to_json()
        json: Dict[str, Any] = {"type": self.type.to_json()}
        if self.enum:
            json["enum"] = self.enum.to_json()
        for type_, name, attribute, _ in _BOUNDS:
            if self.type is type_ and getattr(self, attribute) is not None:
                json[name] = getattr(self, attribute)
        if self.min_length:
            json["minLength"] = self.min_length
        if self.max_length != sys.maxsize:
            json["maxLength"] = self.max_length
        if self.ref_table_name:
            json["refTable"] = self.ref_table_name
            if self.ref_type != "strong":
                json["refType"] = self.ref_type
        return json

    def copy(self) -> "BaseType":
        """A copy."""
        base = BaseType(
            self.type,
            self.enum.copy() if self.enum else None,
            self.min,
            self.max,
            self.min_length,
            self.max_length,
            self.ref_table_name,
        )
        base.ref_type = self.ref_type
        base.ref_table = self.ref_table
        return base

    def is_valid(self) -> bool:
        """Whether the constraints make sense."""
        if self.type in (VoidType, BooleanType, UuidType):
            return True
        if self.type in (IntegerType, RealType):
            return self.min is None or self.max is None or self.min <= self.max
        return self.min_length <= self.max_length

    def has_constraints(self) -> bool:
        """Whether not every atom of the type is legal."""
        return (
            self.enum is not None
            or self.min is not None
            or self.max is not None
            or self.min_length != 0
            or self.max_length != sys.maxsize
            or self.ref_table_name is not None
        )

    def without_constraints(self) -> "BaseType":
        """The type alone."""
        return BaseType(self.type)

    def is_ref(self) -> bool:
        """Whether it refers to rows."""
        return self.type is UuidType and self.ref_table_name is not None

    def is_strong_ref(self) -> bool:
        """Whether it keeps the rows that it refers to alive."""
        return self.is_ref() and self.ref_type == "strong"

    def is_weak_ref(self) -> bool:
        """Whether it goes away with the rows that it refers to."""
        return self.is_ref() and self.ref_type == "weak"


class Type:
    """The type of a column: so many keys, or pairs of key and value."""

    DEFAULT_MIN = 1
    DEFAULT_MAX = 1

    def __init__(
        self,
        key: BaseType,
        value: Optional[BaseType] = None,
        n_min: int = DEFAULT_MIN,
        n_max: int = DEFAULT_MAX,
    ) -> None:
        self.key = key
        self.value = value
        self.n_min = n_min
        self.n_max = n_max

    def copy(self) -> "Type":
        """A copy."""
        value = None if self.value is None else self.value.copy()
        return Type(self.key.copy(), value, self.n_min, self.n_max)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Type):
            return NotImplemented
        return (self.key, self.value, self.n_min, self.n_max) == (
            other.key, other.value, other.n_min, other.n_max
        )

    __hash__ = None  # type: ignore[assignment]

    def is_valid(self) -> bool:
        """Whether it makes sense."""
        return (
            self.key.type is not VoidType
            and self.key.is_valid()
            and (self.value is None or (self.value.type is not VoidType and self.value.is_valid()))
            and self.n_min in (0, 1)
            and self.n_max >= 1
        )

    def is_scalar(self) -> bool:
        """Exactly one atom."""
        return self.n_min == 1 and self.n_max == 1 and not self.value

    def is_optional(self) -> bool:
        """At most one atom or pair, perhaps none."""
        return self.n_min == 0 and self.n_max == 1

    def is_composite(self) -> bool:
        """More than one atom or pair is possible."""
        return self.n_max > 1

    def is_set(self) -> bool:
        """Not a map, and not just one atom."""
        return self.value is None and (self.n_min != 1 or self.n_max != 1)

    def is_map(self) -> bool:
        """Pairs of key and value."""
        return self.value is not None

    def is_smap(self) -> bool:
        """A map from strings to strings without constraints."""
        return (
            self.is_map()
            and self.key.type is StringType
            and self.value is not None
            and self.value.type is StringType
            and not self.key.enum
            and not self.value.enum
        )

    def is_optional_pointer(self) -> bool:
        """An optional atom that C shows as a pointer."""
        return (
            self.is_optional()
            and not self.value
            and (self.key.type is StringType or self.key.ref_table is not None)
        )

    @staticmethod
    def __n_from_json(json: Any, default: int) -> int:
        if json is None:
            return default
        if isinstance(json, int) and not isinstance(json, bool) and 0 <= json <= sys.maxsize:
            return json
        raise error.Error("bad min or max value", json)

    @staticmethod
    def from_json(json: Any) -> "Type":
        """The type in 'json': the name of an atomic type, or an object."""
        if isinstance(json, str):
            return Type(BaseType.from_json(json))
        parser = ovs.db.parser.Parser(json, "ovsdb type")
        key_json = parser.get("key", [dict, str])
        value_json = parser.get_optional("value", [dict, str])
        min_json = parser.get_optional("min", [int])
        max_json = parser.get_optional("max", [int, str])
        parser.finish()
        key = BaseType.from_json(key_json)
        value = BaseType.from_json(value_json) if value_json else None
        n_min = Type.__n_from_json(min_json, DEFAULT_MIN)
        if max_json == "unlimited":
            n_max = sys.maxsize
        else:
            n_max = Type.__n_from_json(max_json, DEFAULT_MAX)
        type_ = Type(key, value, n_min, n_max)
        if not type_.is_valid():
            raise error.Error("ovsdb type fails constraint checks", json)
        return type_

    def to_json(self) -> Any:
        """The type as a schema has it."""
        if self.is_scalar() and not self.key.has_constraints():
            return self.key.to_json()
        json: Dict[str, Any] = {"key": self.key.to_json()}
        if self.value is not None:
            json["value"] = self.value.to_json()
        if self.n_min != DEFAULT_MIN:
            json["min"] = self.n_min
        if self.n_max == sys.maxsize:
            json["max"] = "unlimited"
        elif self.n_max != DEFAULT_MAX:
            json["max"] = self.n_max
        return json


# ovs.db.data needs the types above.
import ovs.db.data  # noqa: E402
