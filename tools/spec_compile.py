#!/usr/bin/env python3
"""Compiles the tables below spec/ into C that the sources include.

Usage: spec_compile.py KIND INPUT OUTPUT...

Strict: a key that is not known, a missing key, a wrong type, a value out of
range and a name or number used twice all stop the build with the entry's
name.  Only the standard library is needed.
"""

import re
import sys
import tomllib


class SpecError(Exception):
    """A mistake in a table, for people."""


def fail(where, text):
    raise SpecError(f"{where}: {text}")


class Schema:
    """The keys that an entry may have: name -> (type, required, choices)."""

    def __init__(self, **keys):
        self.keys = keys

    def check(self, entry, where):
        for key, value in entry.items():
            if key not in self.keys:
                fail(where, f"unknown key '{key}'")
            type_, _, choices = self.keys[key]
            if type(value) is not type_:
                fail(where, f"'{key}' must be {type_.__name__}")
            if choices and value not in choices:
                fail(where, f"'{key}' must be one of {', '.join(choices)}")
        for key, (_, required, _) in self.keys.items():
            if required and key not in entry:
                fail(where, f"'{key}' is missing")


def need(type_, choices=None):
    return (type_, True, choices)


def may(type_, choices=None):
    return (type_, False, choices)


def load(path, table):
    """The entries of [[table]] in the TOML file 'path'."""
    with open(path, "rb") as f:
        data = tomllib.load(f)
    if set(data) != {table}:
        fail(path, f"expected only [[{table}]]")
    return data[table]


def substitute(text, i):
    """'{i}' and '{i+40}' replaced by numbers."""
    return re.sub(
        r"\{i(?:\+(\d+))?\}", lambda m: str(i + int(m[1] or 0)), text
    )


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_bool(value):
    return "true" if value else "false"


class Unique:
    """Stops at the second use of a key."""

    def __init__(self, what):
        self.what = what
        self.seen = {}

    def add(self, key, where):
        if key in self.seen:
            fail(where, f"{self.what} {key} is {self.seen[key]}'s already")
        self.seen[key] = where


# Fields.

FIELD_TEXTS = (
    "decimal hex ct_state ethernet ipv4 ipv6 port_of10 port frag tnl_flags "
    "tcp_flags packet_type"
).split()
FIELD_PREREQS = (
    "ethernet arp vlan ipv4 ipv6 ip_any nsh mpls ct_valid tcp udp sctp icmpv4 "
    "icmpv6 nd nd_solicit nd_advert"
).split()
FIELD_OLD_MASKS = {"exact": 1, "cidr": 2, "bitwise": 3}
FIELD = Schema(
    name=need(str),
    alt=may(str),
    id=may(str),
    bytes=need(int),
    bits=may(int),
    count=may(int),
    first=may(int),
    variable=may(bool),
    mask=may(str, ["any"]),
    text=may(str, FIELD_TEXTS),
    prereq=may(str, FIELD_PREREQS),
    write=may(bool),
    flow=may(str),
    host=may(bool),
    shift=may(int),
    whole=may(bool),
    codes=may(list),
    of10=may(str, list(FIELD_OLD_MASKS)),
    of11=may(str, list(FIELD_OLD_MASKS)),
    trie=may(bool),
    doc=need(str),
)
CODE = re.compile(
    r"(?P<name>[A-Z0-9_]+) (?:(?P<exp>0x[0-9a-f]{8}):)?(?P<cls>0x[0-9a-f]{4})"
    r":(?P<num>\d+)/(?P<len>\d+|\*)(?: of1\.(?P<of>[0-5]))?"
)
OF_WIRE = {"0": 1, "1": 2, "2": 3, "3": 4, "4": 5, "5": 6}


def fields_expand(path):
    """One dict for each field, families expanded, in order."""
    fields = []
    names, numbers = Unique("name"), Unique("code")
    for entry in load(path, "field"):
        where = f"{path}: field {entry.get('name', '?')}"
        FIELD.check(entry, where)
        if not entry["doc"].endswith("."):
            fail(where, "'doc' must be a sentence")
        first = entry.get("first", 0)
        for i in range(first, first + entry.get("count", 1)):
            field = dict(entry, index=i)
            for key in ("name", "alt", "id", "flow"):
                if key in entry:
                    field[key] = substitute(entry[key], i)
            field.setdefault("id", field["name"])
            field.setdefault("bits", field["bytes"] * 8)
            if not 0 < field["bits"] <= field["bytes"] * 8 <= 1024:
                fail(where, "'bits' do not fit 'bytes'")
            for name in {field["name"], field.get("alt")} - {None}:
                names.add(name, where)
            field["codes"] = [
                field_code(substitute(text, i), field, where)
                for text in entry.get("codes", [])
            ]
            for code in field["codes"]:
                names.add(code["name"], where)
                numbers.add((code["exp"], code["cls"], code["num"]), where)
            fields.append(field)
    return fields


def field_code(text, field, where):
    m = CODE.fullmatch(text)
    if not m:
        fail(where, f"bad code '{text}'")
    code = m.groupdict()
    length = 0 if code["len"] == "*" else int(code["len"])
    if (length == 0) != field.get("variable", False):
        fail(where, f"length of '{text}' must be '*' if it varies, only then")
    if length and length != field["bytes"] + (4 if code["exp"] else 0):
        fail(where, f"length of '{text}' is not that of the field")
    if (code["exp"] is not None) != (code["cls"] == "0xffff"):
        fail(where, f"'{text}': class 0xffff and experimenter go together")
    return {
        "name": code["name"],
        "exp": code["exp"] or "0",
        "cls": code["cls"],
        "num": int(code["num"]),
        "len": length,
        "of": OF_WIRE[code["of"]] if code["of"] else 0,
    }


def field_row(field):
    ident = field["id"].upper()
    rows = [
        f".id = FIELD_{ident}",
        f".name = {c_string(field['name'])}",
        f".n_bytes = {field['bytes']}",
        f".n_bits = {field['bits']}",
        f".variable_len = {c_bool(field.get('variable'))}",
        ".maskable = FIELD_MASK_" + ("BITWISE" if "mask" in field else "NONE"),
        f".string = FIELD_STRING_{field.get('text', 'hex').upper()}",
        f".prereq = FIELD_PREREQ_{field.get('prereq', 'none').upper()}",
        f".writable = {c_bool(field.get('write'))}",
        f".mapped = {c_bool('flow' in field)}",
        f".host_order = {c_bool(field.get('host'))}",
        f".flow_shift = {field.get('shift', 0)}",
        f".whole = {c_bool(field.get('whole'))}",
        f".trie = {c_bool(field.get('trie'))}",
        f".index = {field['index']}",
        f".of10_maskable = {FIELD_OLD_MASKS.get(field.get('of10'), 0)}",
        f".of11_maskable = {FIELD_OLD_MASKS.get(field.get('of11'), 0)}",
        f".doc = {c_string(field['doc'])}",
    ]
    if "alt" in field:
        rows.append(f".alt_name = {c_string(field['alt'])}")
    if "flow" in field:
        member = field["flow"]
        rows.append(f".flow_offset = offsetof(struct flow, {member})")
        rows.append(f".flow_size = sizeof(((struct flow *) 0)->{member})")
    if field["codes"]:
        rows.append(f".oxms = oxms_{field['id']}")
        rows.append(f".n_oxms = {len(field['codes'])}")
    return f"    [FIELD_{ident}] = {{ " + ", ".join(rows) + " },\n"


def compile_fields(path, ids_path, table_path):
    fields = fields_expand(path)
    with open(ids_path, "w", encoding="utf-8") as f:
        f.write("/* Generated from spec/fields.toml. */\n")
        for field in fields:
            f.write(f"FIELD_{field['id'].upper()},\n")
    with open(table_path, "w", encoding="utf-8") as f:
        f.write("/* Generated from spec/fields.toml. */\n")
        for field in fields:
            if not field["codes"]:
                continue
            f.write(f"static const struct field_oxm oxms_{field['id']}[] = {{")
            for code in field["codes"]:
                f.write(
                    f"\n    {{ {code['exp']}, {code['cls']}, {code['num']}, "
                    f"{code['len']}, {code['of']}, "
                    f"{c_string(code['name'])} }},"
                )
            f.write("\n};\n")
        f.write("\nconst struct field field_table[N_FIELDS] = {\n")
        for field in fields:
            f.write(field_row(field))
        f.write("};\n")


# What can be compiled: KIND -> (function, number of outputs).
KINDS = {
    "fields": (compile_fields, 2),
}


def main(argv):
    if len(argv) < 4 or argv[1] not in KINDS:
        sys.stderr.write(__doc__)
        return 2
    function, n_outputs = KINDS[argv[1]]
    if len(argv) != 3 + n_outputs:
        sys.stderr.write(f"{argv[1]} has {n_outputs} outputs\n")
        return 2
    try:
        function(argv[2], *argv[3:])
    except (SpecError, OSError, tomllib.TOMLDecodeError) as error:
        sys.stderr.write(f"spec_compile: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
