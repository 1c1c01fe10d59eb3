#!/usr/bin/env python3
"""Compiles a database schema with its documentation (spec/schemas/*.toml).

    schema_compile.py schema SOURCE OUTPUT        the .ovsschema file
    schema_compile.py header SOURCE PREFIX OUTPUT structs of typed rows
    schema_compile.py rows SOURCE PREFIX HEADER OUTPUT  tables about them
    schema_compile.py text SOURCE PREFIX OUTPUT   the schema as a string in C, for tests
"""

import json
import sys
import tomllib

DATABASE_KEYS = {"name", "version", "cksum", "tables"}
TABLE_KEYS = {"doc", "isRoot", "maxRows", "indexes", "columns"}
COLUMN_KEYS = {"doc", "type", "mutable", "ephemeral"}
BASE_KEYS = {"type", "enum", "minInteger", "maxInteger", "minReal", "maxReal",
             "minLength", "maxLength", "refTable", "refType"}
TYPE_KEYS = {"key", "value", "min", "max"}

C_TYPES = {"integer": "int64_t ", "real": "double ", "boolean": "bool ",
           "string": "const char *", "uuid": "struct uuid "}
KINDS = {"integer": "INTEGER", "real": "REAL", "boolean": "BOOLEAN",
         "string": "STRING", "uuid": "UUID"}


def check_keys(where, found, allowed, required=()):
    for key in found:
        if key not in allowed:
            sys.exit(f"{where}: unknown key '{key}'")
    for key in required:
        if key not in found:
            sys.exit(f"{where}: key '{key}' is missing")


def check_base(where, base, tables):
    if isinstance(base, dict):
        check_keys(where, base, BASE_KEYS, ("type",))
        if "refTable" in base and base["refTable"] not in tables:
            sys.exit(f"{where}: no table '{base['refTable']}'")
        base = base["type"]
    if base not in C_TYPES:
        sys.exit(f"{where}: bad type '{base}'")


def load(name):
    with open(name, "rb") as file:
        schema = tomllib.load(file)
    check_keys(name, schema, DATABASE_KEYS, DATABASE_KEYS)
    for table_name, table in schema["tables"].items():
        where = f"{name}: table {table_name}"
        check_keys(where, table, TABLE_KEYS, ("doc", "columns"))
        for column_name, column in table["columns"].items():
            where = f"{name}: column {table_name}.{column_name}"
            check_keys(where, column, COLUMN_KEYS, ("doc", "type"))
            if isinstance(column["type"], dict):
                check_keys(where, column["type"], TYPE_KEYS, ("key",))
                for part in ("key", "value"):
                    if part in column["type"]:
                        check_base(where, column["type"][part],
                                   schema["tables"])
            else:
                check_base(where, column["type"], schema["tables"])
    return schema


def without_docs(node):
    """The schema as RFC 7047 has it."""
    return {
        "name": node["name"],
        "version": node["version"],
        "cksum": node["cksum"],
        "tables": {
            table_name: {
                **{k: v for k, v in table.items()
                   if k not in ("doc", "columns")},
                "columns": {
                    name: {k: v for k, v in column.items() if k != "doc"}
                    for name, column in table["columns"].items()},
            }
            for table_name, table in node["tables"].items()},
    }


def atom_type(base):
    return base["type"] if isinstance(base, dict) else base


def ref_table(base):
    return base.get("refTable") if isinstance(base, dict) else None


class Field:
    """How a column is seen as members of a C struct."""

    def __init__(self, prefix, name, column):
        type_ = column["type"]
        if not isinstance(type_, dict):
            type_ = {"key": type_}
        key, value = type_["key"], type_.get("value")
        low, high = type_.get("min", 1), type_.get("max", 1)
        self.name = name
        c_name = name if name not in ("default", "register") else name + "_"
        self.member, self.extra = c_name, None
        ref = ref_table(value if value else key)
        row = f"struct {prefix}_{ref.lower()} *" if ref else None
        if value:
            self.lines = [f"struct datum {c_name};"]
            self.kind = "DATUM"
            if ref:
                self.extra = f"{c_name}_rows"
                self.lines += [f"{row}*{self.extra};"]
                self.kind = "MAP_ROWS"
        elif high == 1 and ref:
            self.lines = [f"{row}{c_name};"]
            self.kind = "ROW"
        elif high == 1 and (low == 1 or atom_type(key) == "string"):
            self.lines = [f"{C_TYPES[atom_type(key)]}{c_name};"]
            self.kind = KINDS[atom_type(key)]
        elif high == 1:
            self.lines = [f"const {C_TYPES[atom_type(key)]}*{c_name};"]
            self.kind = "OPTIONAL"
        elif ref:
            self.extra = f"n_{c_name}"
            self.lines = [f"{row}*{c_name};", f"size_t {self.extra};"]
            self.kind = "ROWS"
        else:
            self.lines = [f"struct datum {c_name};"]
            self.kind = "DATUM"


def fields(prefix, table):
    return [Field(prefix, name, column)
            for name, column in sorted(table["columns"].items())]


def comment(text, indent):
    """A C comment that fits 79 columns."""
    lines, line = [], indent + "/*"
    for word in text.split():
        if len(line) + 1 + len(word) > 76:
            lines.append(line)
            line = indent + " *"
        line += " " + word
    return lines + [line + " */"]


def write_header(schema, prefix, output):
    out = [f"/* Rows of the database {schema['name']}: made from its schema. */",
           "", "#pragma once", "", "#include <stdbool.h>",
           "#include <stddef.h>", "#include <stdint.h>", "",
           '#include "db/idl/rows.h"', ""]
    tables = sorted(schema["tables"].items())
    for name, _ in tables:
        out.append(f"struct {prefix}_{name.lower()};")
    for name, table in tables:
        lower = name.lower()
        out += ["", f"enum {prefix}_{lower}_column {{"]
        for field in fields(prefix, table):
            out.append(f"    {prefix.upper()}_{lower.upper()}"
                       f"_{field.name.upper()},")
        out += ["};", ""] + comment(table["doc"], "")
        out += [f"struct {prefix}_{lower} {{", "    struct idl_row row;"]
        for field in fields(prefix, table):
            out += comment(table["columns"][field.name]["doc"], "    ")
            out += ["    " + line for line in field.lines]
        out.append("};")
    out += ["", f"enum {prefix}_table {{"]
    for name, _ in tables:
        out.append(f"    {prefix.upper()}_TABLE_{name.upper()},")
    out += ["};", "", f"extern const struct row_database {prefix}_database;",
            ""]
    for name, _ in tables:
        lower = name.lower()
        out += [
            "/* 'row' may be NULL. */",
            f"static inline struct {prefix}_{lower} *",
            f"{prefix}_{lower}_from_row(const struct idl_row *row)", "{",
            f"    return (struct {prefix}_{lower} *) (void *) row;", "}", ""]
    write(output, out)


def has_constraints(base):
    return isinstance(base, dict) and base.keys() - {"type", "refTable", "refType"}


def c_string(text):
    return json.dumps(text) if text is not None else "NULL"


def base_desc(base):
    if base is None:
        return "{ ATOM_VOID, NULL, false }"
    weak = isinstance(base, dict) and base.get("refType") == "weak"
    return (f"{{ ATOM_{atom_type(base).upper()}, {c_string(ref_table(base))}, "
            f"{str(weak).lower()} }}")


def column_desc(name, column):
    """The initializer of a struct column_desc."""
    type_ = column["type"]
    if not isinstance(type_, dict):
        type_ = {"key": type_}
    key, value = type_["key"], type_.get("value")
    text = None
    if has_constraints(key) or has_constraints(value):
        text = json.dumps(type_, separators=(",", ":"))
    high = type_.get("max", 1)
    return (f'    {{ "{name}", {base_desc(key)}, {base_desc(value)}, {type_.get("min", 1)}, '
            f'{"TYPE_UNLIMITED" if high == "unlimited" else high}, {c_string(text)}, '
            f'{str(not column.get("mutable", True)).lower()}, '
            f'{str(column.get("ephemeral", False)).lower()} }},')


def schema_desc(schema):
    """The lines of a struct schema_desc."""
    out = []
    tables = sorted(schema["tables"].items())
    for name, table in tables:
        out.append(f"static const struct column_desc {name.lower()}_desc[] = {{")
        out += [column_desc(*item) for item in sorted(table["columns"].items())]
        out += ["};", ""]
    any_root = any(table.get("isRoot") for _, table in tables)
    out.append("static const struct table_desc table_descs[] = {")
    for name, table in tables:
        is_root = table.get("isRoot", False) or not any_root
        indexes = table.get("indexes")
        out.append(f'    {{ "{name}", {str(is_root).lower()}, {table.get("maxRows", 0)}, '
                   f'{c_string(indexes and json.dumps(indexes))}, {name.lower()}_desc, '
                   f'{len(table["columns"])} }},')
    out += ["};", "", "static const struct schema_desc schema = {",
            f'    "{schema["name"]}", "{schema["version"]}", "{schema["cksum"]}", '
            f"table_descs, {len(tables)},", "};", ""]
    return out


def write_rows(schema, prefix, header, output):
    out = [f"/* Tables about the rows of the database {schema['name']}. */",
           "", f'#include "{header}"', ""]
    tables = sorted(schema["tables"].items())
    for name, table in tables:
        lower = name.lower()
        struct = f"struct {prefix}_{lower}"
        out.append(f"static const struct row_column {lower}_columns[] = {{")
        for field in fields(prefix, table):
            extra = (f"offsetof({struct}, {field.extra})"
                     if field.extra else "0")
            out.append(f'    {{ "{field.name}", ROW_{field.kind}, '
                       f"offsetof({struct}, {field.member}), {extra} }},")
        out += ["};", ""]
    out.append(f"static const struct row_table tables[] = {{")
    for name, table in tables:
        lower = name.lower()
        out.append(f'    {{ "{name}", {lower}_columns, '
                   f"{len(table['columns'])}, "
                   f"sizeof(struct {prefix}_{lower}) }},")
    out += ["};", ""]
    out += schema_desc(schema)
    out += [f"const struct row_database {prefix}_database = {{",
            f'    "{schema["name"]}", &schema, tables, {len(tables)},', "};"]
    write(output, out)


def write_text(schema, prefix, output):
    text = json.dumps(without_docs(schema), separators=(",", ":"))
    write(output, ["#pragma once", "", f"static const char {prefix}_schema_text[] =",
                   *(f"    {json.dumps(text[i:i + 60])}" for i in range(0, len(text), 60)), "    ;"])


def write(name, lines):
    with open(name, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main(argv):
    if len(argv) == 4 and argv[1] == "schema":
        text = json.dumps(without_docs(load(argv[2])), indent=2)
        write(argv[3], [text])
    elif len(argv) == 5 and argv[1] == "header":
        write_header(load(argv[2]), argv[3], argv[4])
    elif len(argv) == 5 and argv[1] == "text":
        write_text(load(argv[2]), argv[3], argv[4])
    elif len(argv) == 6 and argv[1] == "rows":
        write_rows(load(argv[2]), argv[3], argv[4], argv[5])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
