"""Talks (lib/talk.py) that are products: every column of the table Types of
the schema Kitchen with every condition, every mutator and every odd value."""

import json

from lib.ovsdb import KITCHEN

COLUMNS = sorted(json.loads(KITCHEN.read_text())["tables"]["Types"]["columns"])
U1 = ["uuid", "11111111-2222-3333-4444-555555555555"]
U2 = ["uuid", "99999999-2222-3333-4444-555555555555"]

# A row with something in each column, and values of the same type: one that
# the row has, one that it has not, and some more.
ROW = {
    "bo": True, "bset": ["set", [False, True]], "i": 7, "ie": 4, "iset": ["set", [1, 2, 3]],
    "iset1": ["set", [5, 6]], "irmap": ["map", [[1, 1.5], [2, -0.25]]], "oi": 3, "os": "opt",
    "r": 2.5, "rset": ["set", [0.5, 1e300]], "s": "text", "se": "red",
    "sset": ["set", ["a", "b"]], "simap": ["map", [["k", 1], ["l", 9]]],
    "ssmap": ["map", [["k", "v"], ["l", "w"]]], "u": U1, "uset": ["set", [U1, U2]],
}
KINDS = {
    "integer": (["i", "ie", "iset", "iset1", "oi"],
                [7, 4, 0, ["set", [1, 2]], ["set", []], ["set", [3, 2, 1]]]),
    "real": (["r", "rset"], [2.5, 2, -1e5, ["set", [0.5, 1e300]], ["set", []]]),
    "boolean": (["bo", "bset"], [True, False, ["set", []], ["set", [True, False]]]),
    "string": (["s", "se", "os", "sset"], ["text", "red", "", "opt", ["set", ["b", "a"]], ["set", []]]),
    "uuid": (["u", "uset"], [U1, U2, ["set", [U2, U1]], ["set", []]]),
    "map": (["irmap", "simap", "ssmap"],
            [["map", []], ["map", [["k", "v"]]], ["map", [["k", 1], ["l", 9]]],
             ["map", [[1, 1.5]]], ["set", ["k"]], ["set", [1, 9]], ["set", []], "k", 1]),
}
FUNCTIONS = ["==", "!=", "<", "<=", ">", ">=", "includes", "excludes"]
MUTATORS = ["+=", "-=", "*=", "/=", "%=", "insert", "delete"]
NUMBERS = [2, 0, -3, 1.5, (1 << 63) - 1, ["set", [2]], "2"]
VALUES = [
    0, 1, -1, 2.0, 2.5, -6, 100, 101, 1e3, 1e13, 1e300, (1 << 63) - 1, -(1 << 63), 1 << 63, True,
    None, "", "red", "blue", "12345678", "123456789", "äöüßäöüß", "\U0001d11e", "nul\\u0000", {},
    [], ["set"], ["set", []], ["set", [1]], ["set", [1, 1]], ["set", [1, 2, 3, 4, 5, 6]],
    ["set", [True, False]], ["set", ["b", "a"]], ["set", ["a", "a"]], ["set", ["a", 1]],
    ["set", [["set", []]]], ["set", {}], ["set", [1], 2], ["map", []], ["map", [["a", "b"]]],
    ["map", [["a", 1]]], ["map", [["a", 10]]], ["map", [["a", 1], ["a", 2]]],
    ["map", [["a", "b"], ["a", "b"]]], ["map", [["a", 1], ["b", 2], ["c", 3], ["d", 4]]],
    ["map", [[1, 2]]], ["map", [[1, 2.5]]], ["map", [["a"]]], ["map", ["a"]], ["map", {}],
    ["map", [["a", "b", "c"]]], U1, ["uuid", "zzz"], ["uuid", ""], ["uuid", 5], ["uuid"],
    ["uuid", "11111111-2222-3333-4444-55555555555"],
    ["uuid", "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE"],
    ["uuid", " 1111111-2222-3333-4444-555555555555"],
    ["named-uuid", "nobody"], ["named-uuid", "1x"], ["named-uuid", 5], ["nonsense", 1],
    ["set", [U1, U1]], ["set", [["named-uuid", "nobody"]]],
]


def insert(row, **more):
    return {"op": "insert", "table": "Types", "row": row, **more}


def text(*values):
    # A NUL can only be written as an escape.
    return " ".join(map(json.dumps, values)).replace("\\\\u0000", "\\u0000")


def line(*operations):
    return ", ".join(map(text, operations))


def conditions():
    yield "full", line(insert(ROW, **{"uuid-name": "full"}))
    yield "empty", line(insert({}, **{"uuid-name": "empty"}))
    clauses = [[column, function, value]
               for columns, values in KINDS.values() for column in columns
               for function in FUNCTIONS for value in values]
    for function in FUNCTIONS:
        clauses += [["_uuid", function, ["uuid", "@full"]], ["_uuid", function, 1],
                    ["_version", function, U1], ["none", function, 1]]
    for clause in clauses:
        yield text(*clause), line(
            {"op": "select", "table": "Types", "columns": ["_uuid"], "where": [clause]})


def mutations():
    """Each on a row of its own."""
    for kind, (columns, values) in KINDS.items():
        for column in columns:
            for mutator in MUTATORS:
                numeric = mutator[-1] == "=" and kind in ("integer", "real")
                for value in NUMBERS if numeric else values:
                    mutation = [column, mutator, value]
                    yield text(*mutation), line(
                        insert(ROW, **{"uuid-name": "new"}),
                        {"op": "mutate", "table": "Types", "where": [], "mutations": [mutation]},
                        {"op": "select", "table": "Types", "where": [], "columns": [column]},
                        {"op": "delete", "table": "Types", "where": []})


def values():
    for column in COLUMNS:
        for value in VALUES:
            yield text(column, value), line(
                insert({column: value}),
                {"op": "select", "table": "Types", "columns": [column], "where": []},
                {"op": "delete", "table": "Types", "where": []})


# By name: functions that make pairs of a label and a line.
TALKS = {"matrix_conditions": conditions, "matrix_mutations": mutations, "matrix_values": values}
