"""Schemas, types and values of the database (RFC 7047 sections 3.2, 5.1)."""

import sys
import uuid

import pytest
from lib.suite import BUILD, ROOT

import ovs.json
import ovs.ovsuuid
from ovs.db import data, error, schema, types

SCHEMAS = sorted([*(BUILD / "src").rglob("*.ovsschema"), *(ROOT / "tests").rglob("*.ovsschema")])
U1, U2 = (uuid.UUID(int=n) for n in (1, 2))

SET = {"key": "integer", "min": 0, "max": "unlimited"}
MAP = {"key": "string", "value": "integer", "min": 0, "max": 2}
OPTIONAL = {"key": "string", "min": 0}
ONE_PAIR = {"key": "string", "value": "integer", "min": 0, "max": 1}


def type_of(json):
    return types.Type.from_json(json)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_schemas_round_trip(path):
    json = ovs.json.from_file(str(path))
    json.pop("cksum", None)
    one = schema.DbSchema.from_json(json)

    again = schema.DbSchema.from_json(one.to_json())

    assert again.to_json() == one.to_json()
    assert set(again.tables) == set(json["tables"])
    all_are_roots = not any(table.get("isRoot") for table in json["tables"].values())
    for name, table in json["tables"].items():
        assert again.tables[name].is_root == (all_are_roots or table.get("isRoot", False))
        columns = again.tables[name].columns
        assert set(columns) == set(table["columns"])
        for column, column_json in table["columns"].items():
            type_ = types.Type.from_json(column_json["type"])
            assert columns[column].type == type_
            assert columns[column].persistent != column_json.get("ephemeral", False)


T = {"columns": {"a": {"type": "string"}, "b": {"type": "string", "ephemeral": True}}}


@pytest.mark.parametrize(
    "json, wrong",
    [
        ({"name": "D"}, "Required 'tables' member is missing."),
        ({"name": "1", "tables": {}}, "Type mismatch for member 'name'."),
        ({"name": "D", "tables": {}, "x": 1}, "Member 'x' is present but not allowed here."),
        ({"name": "D", "version": "1", "tables": {}}, "not in format x.y.z"),
        ({"name": "D", "tables": {"_T": T}}, 'names beginning with "_" are reserved'),
        ({"name": "D", "tables": {"T": {"columns": {}}}}, "must have at least one column"),
        ({"name": "D", "tables": {"T": {**T, "maxRows": 0}}}, "maxRows must be at least 1"),
        ({"name": "D", "tables": {"T": {**T, "indexes": [[]]}}}, "at least one column"),
        ({"name": "D", "tables": {"T": {**T, "indexes": [["b"]]}}}, "may not be indexed"),
        ({"name": "D", "tables": {"T": {**T, "indexes": [["z"]]}}}, "z is not a valid column name"),
        ({"name": "D", "tables": {"T": {**T, "indexes": [["a", "a"]]}}}, "distinct column names"),
        ({"name": "D", "tables": {"T": {"columns": {"r": {"type": {"key": {
            "type": "uuid", "refTable": "Z"}}}}}}}, "column r key refers to undefined table Z"),
    ],
)
def test_bad_schemas(json, wrong):
    with pytest.raises(error.Error, match=wrong):
        schema.DbSchema.from_json(json)


@pytest.mark.parametrize(
    "json",
    [
        "string", SET, MAP, OPTIONAL, {"key": {"type": "integer", "minInteger": 1}},
        {"key": {"type": "real", "minReal": 0.5, "maxReal": 1}, "max": 3},
        {"key": {"type": "string", "enum": ["set", ["a", "b"]]}},
        {"key": {"type": "string", "minLength": 1, "maxLength": 9}},
        {"key": {"type": "uuid", "refTable": "T", "refType": "weak"}, "min": 0},
    ],
)
def test_types_round_trip(json):
    type_ = type_of(json)

    assert type_.to_json() == json
    assert type_ == type_.copy() and type_.copy().to_json() == json


@pytest.mark.parametrize(
    "json, wrong",
    [
        ("strange", '"strange" is not an atomic-type'),
        ({"key": "void"}, "is not an atomic-type"),
        ({"key": "string", "min": 2}, "fails constraint checks"),
        ({"key": "string", "max": 0}, "fails constraint checks"),
        ({"key": {"type": "integer", "minInteger": 2, "maxInteger": 1}}, "exceeds maxInteger"),
        ({"key": {"type": "string", "minLength": 2, "maxLength": 1}}, "exceeds maxLength"),
        ({"key": {"type": "string", "minInteger": 2}}, "Member 'minInteger' is present"),
        ({"key": {"type": "uuid", "refTable": "T", "refType": "x"}}, "refType must be"),
    ],
)
def test_bad_types(json, wrong):
    with pytest.raises(error.Error, match=wrong):
        type_of(json)


def test_questions_about_types():
    assert type_of("string").is_scalar() and type_of(OPTIONAL).is_optional()
    assert type_of(SET).is_set() and type_of(SET).is_composite() and type_of(MAP).is_map()
    smap = type_of({"key": "string", "value": "string", "min": 0, "max": "unlimited"})
    assert smap.is_smap() and not type_of(MAP).is_smap() and smap.n_max == sys.maxsize
    weak = type_of({"key": {"type": "uuid", "refTable": "T", "refType": "weak"}}).key
    assert weak.is_weak_ref() and weak.is_ref() and not weak.is_strong_ref()


# Type, JSON, text, Python.
VALUES = [
    ("integer", 5, "5", 5),
    ("real", 0.5, "0.5", 0.5),
    ("boolean", True, "true", True),
    ("string", "a b", '"a b"', "a b"),
    ("string", "true", '"true"', "true"),
    ("string", str(U1), f'"{U1}"', str(U1)),
    ("uuid", ["uuid", str(U1)], str(U1), U1),
    (SET, ["set", [1, 2, 10]], "[1, 2, 10]", [1, 2, 10]),
    (SET, ["set", []], "[]", []),
    (SET, 7, "[7]", [7]),
    (OPTIONAL, ["set", []], "[]", []),
    (OPTIONAL, "x", "x", ["x"]),
    (MAP, ["map", [["a", 1], ["b", 2]]], "{a=1, b=2}", {"a": 1, "b": 2}),
]


@pytest.mark.parametrize("type_, json, text, value", VALUES)
def test_values(type_, json, text, value):
    type_ = type_of(type_)
    datum = data.Datum.from_json(type_, json)

    assert datum.to_json() == json
    assert str(datum) == text
    assert datum.to_python(lambda x, base: x) == value
    assert data.Datum.from_python(type_, value) == datum
    assert datum.copy() == datum and len(datum) == (len(value) if isinstance(value, (
        list, dict)) else 1)


def test_order_of_members_does_not_matter():
    type_ = type_of(SET)

    assert data.Datum.from_json(type_, ["set", [2, 1]]) == data.Datum.from_python(type_, {1, 2})


BOUNDED = {"key": {"type": "integer", "minInteger": 1, "maxInteger": 3}}


@pytest.mark.parametrize(
    "type_, json, wrong",
    [
        ("integer", "x", "expected integer"),
        ("integer", True, "expected integer"),
        ("boolean", 1, "expected boolean"),
        ("integer", 1.5, "expected integer"),
        ("uuid", ["uuid", "x"], '"x" is not a valid UUID'),
        ("uuid", "x", r'expected \["uuid", <string>\]'),
        ("string", ["set", []], "set must have 1 to 1 members but 0 are present"),
        (MAP, ["map", [["a", 1], ["a", 2]]], "map contains duplicate key"),
        (MAP, ["map", [["a", 1], ["b", 2], ["c", 3]]], "map must have 0 to 2 members but 3"),
        (SET, ["set", [1, 1]], "set contains duplicate"),
        (BOUNDED, 4, r"4 is not in the valid range 1 to 3 \(inclusive\)"),
        ({"key": {"type": "real", "minReal": 0.5}}, 0.25, "0.25 is less than minimum .* 0.5"),
        ({"key": {"type": "string", "maxLength": 2}}, "abc", "length 3 is greater than maximum"),
        ({"key": {"type": "string", "minLength": 2}}, "a", "length 1 is less than minimum"),
        ({"key": {"type": "string", "enum": ["set", ["b", "a"]]}}, "c",
         r"c is not one of the allowed values \(a, b\)"),
    ],
)
def test_bad_values(type_, json, wrong):
    with pytest.raises(error.Error, match=wrong):
        data.Datum.from_json(type_of(type_), json)


@pytest.mark.parametrize(
    "type_, value, wrong",
    [
        ("integer", "x", "expected integer"),
        (SET, {"a": 1}, "expected set, got dict"),
        (MAP, [1], "expected dict, got list"),
        ("string", [], "0 values when type requires between 1 and 1"),
        (BOUNDED, 9, "9 is not in the valid range"),
    ],
)
def test_bad_python_values(type_, value, wrong):
    with pytest.raises(error.Error, match=wrong):
        data.Datum.from_python(type_of(type_), value)


@pytest.mark.parametrize(
    "type_, old, change, new",
    [
        (SET, ["set", [1, 2]], ["set", [2, 3]], ["set", [1, 3]]),
        (MAP, ["map", [["a", 1]]], ["map", [["a", 2], ["b", 3]]], ["map", [["a", 2], ["b", 3]]]),
        (MAP, ["map", [["a", 1], ["b", 2]]], ["map", [["a", 1]]], ["map", [["b", 2]]]),
        (OPTIONAL, "x", ["set", []], ["set", []]),
        (OPTIONAL, "x", "y", "y"),
        (ONE_PAIR, ["map", [["a", 1]]], ["map", [["b", 2]]], ["map", [["b", 2]]]),
        ("integer", 1, 2, 2),
    ],
)
def test_differences(type_, old, change, new):
    old, change, new = (data.Datum.from_json(type_of(type_), x) for x in (old, change, new))

    assert old.diff(change) == new


@pytest.mark.parametrize(
    "type_, json", [("string", ""), (SET, ["set", []]), ("uuid", ["uuid", str(uuid.UUID(int=0))])]
)
def test_defaults(type_, json):
    default = data.Datum.default(type_of(type_))

    assert default.to_json() == json and default.is_default()


def test_named_uuids_get_uuids():
    symbols = {}
    first = ovs.ovsuuid.from_json(["named-uuid", "row"], symbols)

    assert ovs.ovsuuid.from_json(["named-uuid", "row"], symbols) == first == symbols["row"]
    with pytest.raises(error.Error):
        ovs.ovsuuid.from_json(["named-uuid", "row"])
    assert ovs.ovsuuid.to_json(U2) == ["uuid", str(U2)]
    assert ovs.ovsuuid.from_string(str(U2)) == U2
    assert ovs.ovsuuid.is_valid_string(str(U2)) and not ovs.ovsuuid.is_valid_string(str(U2)[1:])


def test_errors_name_what_they_are_about():
    assert str(error.Error("bad", {"a": 1})) == 'syntax "{"a":1}": syntax error: bad'
    assert str(error.Error("bad")) == "ovsdb error: bad"
    assert str(data.ConstraintViolation("bad", 1)) == 'syntax "1": constraint violation: bad'
