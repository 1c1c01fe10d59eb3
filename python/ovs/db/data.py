"""Values: atoms, and the sets and maps of atoms that columns hold (RFC 7047 section 5.1)."""

from __future__ import annotations

import functools
import re
import uuid
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

import ovs.db.parser
import ovs.db.types
import ovs.json
import ovs.ovsuuid
from ovs.db import error
from ovs.db.types import escapeCString, returnUnchanged  # noqa: F401


class ConstraintViolation(error.Error):
    """A value that its type does not allow."""

    def __init__(self, msg: str, json: Any = None) -> None:
        error.Error.__init__(self, msg, json, tag="constraint violation")


_BARE_STRING = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@functools.total_ordering
class Atom:
    """One value with its atomic type."""

    __slots__ = ("type", "value")

    def __init__(self, type_: ovs.db.types.AtomicType, value: Any = None) -> None:
        self.type = type_
        self.value = type_.default if value is None else value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Atom):
            return NotImplemented
        return self.value == other.value and self.type is other.type

    def __lt__(self, other: "Atom") -> bool:
        if not isinstance(other, Atom):
            return NotImplemented
        if self.type is not other.type:
            return self.type.name < other.type.name
        return self.value < other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return "Atom(%s, %r)" % (self.type.name, self.value)

    @staticmethod
    def default(type_: ovs.db.types.AtomicType) -> "Atom":
        """What columns of this type begin with."""
        return Atom(type_)

    @staticmethod
    def new(x: Any) -> "Atom":
        """The Atom for a Python value."""
        for type_ in (
            ovs.db.types.BooleanType,
            ovs.db.types.IntegerType,
            ovs.db.types.RealType,
            ovs.db.types.StringType,
            ovs.db.types.UuidType,
        ):
            if isinstance(x, type_.python_types):
                return Atom(type_, x)
        raise TypeError("no atomic type for %r" % (x,))

    def is_default(self) -> bool:
        """Whether it is what columns of its type begin with."""
        return self.value == self.type.default

    @staticmethod
    def from_json(
        base: ovs.db.types.BaseType, json: Any, symtab: Optional[Dict[str, uuid.UUID]] = None
    ) -> "Atom":
        """The Atom in 'json', which must be a legal one of 'base'."""
        atom = Atom.__from_json(base.type, json, symtab)
        if base.has_constraints():
            atom.check_constraints(base)
        return atom

    @staticmethod
    def __from_json(
        type_: ovs.db.types.AtomicType, json: Any, symtab: Optional[Dict[str, uuid.UUID]]
    ) -> "Atom":
        if type(json) is type_.json_type:
            return Atom(type_, json)
        types = ovs.db.types
        if type_ is types.UuidType:
            return Atom(type_, ovs.ovsuuid.from_json(json, symtab))
        json = ovs.db.parser.float_to_int(json)
        is_bool = isinstance(json, bool)
        if isinstance(json, type_.python_types) and is_bool == (type_ is types.BooleanType):
            return Atom(type_, float(json) if type_ is types.RealType else json)
        raise error.Error("expected %s" % type_, json)

    @staticmethod
    def from_python(base: ovs.db.types.BaseType, value: Any) -> "Atom":
        """The Atom for a Python value, which must be a legal one of 'base'."""
        value = ovs.db.parser.float_to_int(value)
        type_ = base.type
        types = ovs.db.types
        if not isinstance(value, type_.python_types) or isinstance(value, bool) != (
            type_ is types.BooleanType
        ):
            raise error.Error("expected %s, got %s" % (type_, type(value)))
        atom = Atom(type_, float(value) if type_ is types.RealType else value)
        atom.check_constraints(base)
        return atom

    def check_constraints(self, base: ovs.db.types.BaseType) -> None:
        """Raises ConstraintViolation unless 'base' allows the value."""
        assert base.type is self.type
        value = self.value
        types = ovs.db.types
        if base.enum is not None and self not in base.enum.values:
            allowed = ", ".join(atom.to_string() for atom in sorted(base.enum.values))
            raise ConstraintViolation(
                "%s is not one of the allowed values (%s)" % (self.to_string(), allowed)
            )
        if self.type in (types.IntegerType, types.RealType):
            low_ok = base.min is None or value >= base.min
            high_ok = base.max is None or value <= base.max
            if not (low_ok and high_ok):
                raise ConstraintViolation(_out_of_bounds(self, base.min, base.max))
        elif self.type is types.StringType:
            self.__check_string(base)

    def __check_string(self, base: ovs.db.types.BaseType) -> None:
        length = len(self.value)
        if length < base.min_length:
            raise ConstraintViolation(
                '"%s" length %d is less than minimum allowed length %d'
                % (self.value, length, base.min_length)
            )
        if length > base.max_length:
            raise ConstraintViolation(
                '"%s" length %d is greater than maximum allowed length %d'
                % (self.value, length, base.max_length)
            )

    def to_json(self) -> Any:
        """The value in JSON."""
        if self.type is ovs.db.types.UuidType:
            return ovs.ovsuuid.to_json(self.value)
        return self.value

    def to_python(self) -> Any:
        """The value as Python has it."""
        return self.value

    def to_string(self) -> str:
        """The value as the command line tools print it."""
        types = ovs.db.types
        if self.type is types.BooleanType:
            return "true" if self.value else "false"
        if self.type is types.RealType:
            return "%.15g" % self.value
        if self.type is types.StringType:
            bare = _BARE_STRING.fullmatch(self.value) and self.value not in ("true", "false")
            if bare and not ovs.ovsuuid.is_valid_string(self.value):
                return self.value
            return ovs.json.to_string(self.value)
        return str(self.value)

    def copy(self) -> "Atom":
        """A copy."""
        return Atom(self.type, self.value)

    __str__ = to_string


def _out_of_bounds(atom: Atom, low: Any, high: Any) -> str:
    """Why the number 'atom' is not between the bounds that there are."""
    if low is not None and high is not None:
        return "%s is not in the valid range %.15g to %.15g (inclusive)" % (
            atom.to_string(), low, high
        )
    if low is not None:
        return "%s is less than minimum allowed value %.15g" % (atom.to_string(), low)
    return "%s is greater than maximum allowed value %.15g" % (atom.to_string(), high)


def _same(value: Any) -> Any:
    return value


class Datum:
    """The value of a column: atoms, or pairs of atoms."""

    __slots__ = ("type", "values")

    def __init__(
        self, type_: ovs.db.types.Type, values: Optional[Dict[Atom, Optional[Atom]]] = None
    ) -> None:
        self.type = type_
        self.values: Dict[Atom, Optional[Atom]] = {} if values is None else values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Datum):
            return NotImplemented
        return self.values == other.values

    def __lt__(self, other: "Datum") -> bool:
        if not isinstance(other, Datum):
            return NotImplemented
        return self._sort_key() < other._sort_key()

    def _sort_key(self) -> List[Tuple[Any, Any]]:
        return sorted((k.value, v.value if v is not None else None)
                      for k, v in self.values.items())

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, item: Atom) -> bool:
        return item in self.values

    def __len__(self) -> int:
        return len(self.values)

    def __str__(self) -> str:
        return self.to_string()

    def copy(self) -> "Datum":
        """A copy."""
        return Datum(self.type, dict(self.values))

    @staticmethod
    def default(type_: ovs.db.types.Type) -> "Datum":
        """What columns of this type begin with."""
        if type_.n_min == 0:
            return Datum(type_)
        value = type_.value.default() if type_.value is not None else None
        return Datum(type_, {type_.key.default(): value})

    def is_default(self) -> bool:
        """Whether it is what columns of its type begin with."""
        return self == Datum.default(self.type)

    def check_constraints(self) -> None:
        """Raises ConstraintViolation unless the type allows all atoms."""
        for key, value in self.values.items():
            key.check_constraints(self.type.key)
            if value is not None and self.type.value is not None:
                value.check_constraints(self.type.value)

    def conforms_to_type(self) -> bool:
        """Whether there are not too few and not too many atoms."""
        return self.type.n_min <= len(self.values) <= self.type.n_max

    @staticmethod
    def from_json(
        type_: ovs.db.types.Type, json: Any, symtab: Optional[Dict[str, uuid.UUID]] = None
    ) -> "Datum":
        """The value in 'json', which must be a legal one of 'type_'."""
        is_map = type_.is_map()
        if not is_map and not (isinstance(json, list) and json and json[0] == "set"):
            if type_.n_min <= 1 <= type_.n_max:
                return Datum(type_, {Atom.from_json(type_.key, json, symtab): None})
        class_ = "map" if is_map else "set"
        inner = ovs.db.parser.unwrap_json(json, class_, [list, tuple], "array")
        if not type_.n_min <= len(inner) <= type_.n_max:
            raise error.Error(
                "%s must have %d to %d members but %d are present"
                % (class_, type_.n_min, type_.n_max, len(inner)),
                json,
            )
        values: Dict[Atom, Optional[Atom]] = {}
        for element in inner:
            value = None
            if is_map:
                assert type_.value is not None
                key_json, value_json = ovs.db.parser.parse_json_pair(element)
                key = Atom.from_json(type_.key, key_json, symtab)
                value = Atom.from_json(type_.value, value_json, symtab)
            else:
                key = Atom.from_json(type_.key, element, symtab)
            if key in values:
                raise error.Error(
                    "map contains duplicate key" if is_map else "set contains duplicate"
                )
            values[key] = value
        return Datum(type_, values)

    def to_json(self) -> Any:
        """The value in JSON."""
        if self.type.is_map():
            return ["map", [[k.to_json(), v.to_json()] for k, v in sorted(self._pairs())]]
        if len(self.values) == 1:
            return next(iter(self.values)).to_json()
        return ["set", [k.to_json() for k in sorted(self.values)]]

    def _pairs(self) -> Iterable[Tuple[Atom, Atom]]:
        return ((k, v) for k, v in self.values.items() if v is not None)

    def to_string(self) -> str:
        """The value as the command line tools print it."""
        if self.type.is_map():
            pairs = ("%s=%s" % (k.to_string(), v.to_string()) for k, v in sorted(self._pairs()))
            return "{%s}" % ", ".join(pairs)
        atoms = [k.to_string() for k in sorted(self.values)]
        if self.type.is_scalar() and len(atoms) == 1:
            return atoms[0]
        return atoms[0] if len(atoms) == 1 and self.type.n_max == 1 else "[%s]" % ", ".join(atoms)

    def diff(self, datum: "Datum") -> "Datum":
        """The new value according to the difference 'datum' of an update2:
        where at most one element is possible, that is the new value."""
        if self.type.n_max > 1:
            values = dict(self.values)
            for key, value in datum.values.items():
                if key in values and (value is None or values[key] == value):
                    del values[key]
                else:
                    values[key] = value
            return Datum(self.type, {key: values[key] for key in sorted(values)})
        return Datum(self.type, dict(datum.values))

    def as_list(self) -> List[Any]:
        """The values, or (key, value) pairs, as Python has them."""
        if self.type.is_map():
            return [(k.value, v.value) for k, v in self._pairs()]
        return [k.value for k in self.values]

    def as_dict(self) -> Dict[Any, Any]:
        """Keys and values as Python has them."""
        return {k.value: v.value if v is not None else None for k, v in self.values.items()}

    def as_scalar(self) -> Any:
        """The only value, or the only (key, value) pair, or None."""
        if len(self.values) != 1:
            return None
        return self.as_list()[0]

    def to_python(self, uuid_to_row: Callable[[Any, ovs.db.types.BaseType], Any]) -> Any:
        """A scalar, a list or a dict.  uuid_to_row(value, base) turns each
        atom's value into what stands for it, None to leave it out."""
        type_ = self.type
        key_fn = uuid_to_row if type_.key.ref_table_name else None
        if type_.value is not None:
            value_base = type_.value
            value_fn = uuid_to_row if value_base.ref_table_name else None
            result = {}
            for k, v in self._pairs():
                key = key_fn(k.value, type_.key) if key_fn else k.value
                value = value_fn(v.value, value_base) if value_fn else v.value
                if key is not None and value is not None:
                    result[key] = value
            return result
        if key_fn:
            found = (key_fn(k.value, type_.key) for k in self.values)
            elements = [element for element in found if element is not None]
        else:
            elements = [k.value for k in self.values]
        if type_.is_scalar():
            return elements[0] if elements else None
        return elements

    @staticmethod
    def from_python(
        type_: ovs.db.types.Type, value: Any, row_to_uuid: Callable[[Any], Any] = _same
    ) -> "Datum":
        """The Datum for a scalar, a list, set or tuple, or a dict;
        row_to_uuid() turns each element into the value of an atom."""
        values: Dict[Atom, Optional[Atom]] = {}
        if isinstance(value, dict):
            for k, v in value.items():
                if type_.value is None:
                    raise error.Error("expected set, got dict")
                key = Atom.from_python(type_.key, row_to_uuid(k))
                values[key] = Atom.from_python(type_.value, row_to_uuid(v))
        elif isinstance(value, (list, set, frozenset, tuple)):
            if type_.value is not None and value:
                raise error.Error("expected dict, got %s" % type(value).__name__)
            for element in value:
                values[Atom.from_python(type_.key, row_to_uuid(element))] = None
        elif type_.value is not None:
            raise error.Error("expected dict, got %s" % type(value).__name__)
        else:
            values[Atom.from_python(type_.key, row_to_uuid(value))] = None
        datum = Datum(type_, values)
        if not datum.conforms_to_type():
            raise ConstraintViolation(
                "%d values when type requires between %d and %d"
                % (len(values), type_.n_min, type_.n_max)
            )
        return datum

    def __getitem__(self, key: Any) -> Any:
        """The value of a key of a map."""
        if not isinstance(key, Atom):
            key = Atom.new(key)
        if not self.type.is_map():
            raise IndexError
        value = self.values[key]
        assert value is not None
        return value.value

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key of a map, or 'default'."""
        if not isinstance(key, Atom):
            key = Atom.new(key)
        value = self.values.get(key)
        return default if value is None else value.value
