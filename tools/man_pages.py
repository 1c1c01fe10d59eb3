#!/usr/bin/env python3
"""Makes the man pages that are generated, in scdoc's language.

    man_pages.py schema FILE.toml PAGE SECTION OUTPUT
    man_pages.py fields FILE.toml PAGE SECTION OUTPUT
"""

import sys
import tomllib


def escape(text):
    """'text' as scdoc prints it literally."""
    return "".join("\\" + c if c in "\\_*#`[]|<>" else c for c in text)


def base_text(base):
    """A base type in words."""
    if isinstance(base, str):
        return base
    if "refTable" in base:
        weak = "weak reference" if base.get("refType") == "weak" else "reference"
        return f"{weak} to {base['refTable']}"
    words = base["type"]
    if "enum" in base:
        values = base["enum"]
        if isinstance(values, list) and values and values[0] == "set":
            values = values[1]
        values = values if isinstance(values, list) else [values]
        return words + ", one of " + ", ".join(str(value) for value in values)
    for low, high in (("minInteger", "maxInteger"), ("minReal", "maxReal")):
        if low in base and high in base:
            return f"{words}, {base[low]} to {base[high]}"
        if low in base:
            return f"{words}, at least {base[low]}"
        if high in base:
            return f"{words}, at most {base[high]}"
    return words


def type_text(column):
    """A column's type in words."""
    kind = column["type"]
    if isinstance(kind, str):
        return kind
    key, low, high = base_text(kind["key"]), kind.get("min", 1), kind.get("max", 1)
    if "value" in kind:
        return f"map of {key} to {base_text(kind['value'])}"
    if (low, high) == (1, 1):
        return key
    if (low, high) == (0, 1):
        return f"optional {key}"
    limit = "" if high == "unlimited" else f" of up to {high}"
    least = f", at least {low}" if low else ""
    return f"set{limit}{least}: {key}"


def schema_page(spec):
    """A page about a database schema."""
    yield f"The database *{escape(spec['name'])}*, schema version {spec['version']}."
    for name, table in spec["tables"].items():
        yield f"# {name.upper()} TABLE"
        yield escape(table.get("doc", ""))
        notes = []
        if "maxRows" in table:
            notes.append(f"at most {table['maxRows']} row(s)")
        if not table.get("isRoot", False):
            notes.append("rows that nothing references are deleted")
        if notes:
            yield "(" + "; ".join(notes) + ")"
        for column_name, column in table["columns"].items():
            flags = [flag for flag in ("ephemeral",) if column.get(flag)]
            if column.get("mutable") is False:
                flags.append("set once")
            suffix = f" ({', '.join(flags)})" if flags else ""
            yield f"*{escape(column_name)}*: {escape(type_text(column))}{suffix}\n\t{escape(column.get('doc', ''))}"


def fields_page(spec):
    """A page about the fields of matches."""
    yield (
        "Every field that flows can match, with the texts that *ovs-ofctl*(8) takes. "
        "_mask_ fields take VALUE/MASK; _set_ fields can be written by set\\_field and load."
    )
    yield "# FIELDS"
    for field in spec["field"]:
        name = field["name"]
        if "count" in field:
            first = field.get("first", 0)
            name = f"{name.replace('{i}', str(first))} ... {name.replace('{i}', str(first + field['count'] - 1))}"
        words = [f"{field.get('bits', field['bytes'] * 8)} bits"]
        if field.get("mask"):
            words.append("mask")
        if field.get("write"):
            words.append("set")
        if field.get("prereq"):
            words.append(f"needs {field['prereq']}")
        if field.get("alt"):
            words.append(f"also {field['alt']}")
        codes = "".join(f"++\n{escape(code)}" for code in field.get("codes", []))
        yield f"*{escape(name)}* ({escape(', '.join(words))})\n\t{escape(field.get('doc', ''))}{codes.replace(chr(10), chr(10) + chr(9))}"


def main():
    kind, source, page, section, output = sys.argv[1:]
    with open(source, "rb") as file:
        spec = tomllib.load(file)
    title = {
        "schema": f"tables and columns of the {spec.get('name', '')} database",
        "fields": "fields of OpenFlow matches",
    }[kind]
    body = {"schema": schema_page, "fields": fields_page}[kind](spec)
    with open(output, "w", encoding="utf-8") as file:
        file.write(f'{page}({section}) "" "Open vSwitch Manual"\n\n# NAME\n\n{page} - {title}\n\n# DESCRIPTION\n\n')
        file.write("\n\n".join(body) + "\n")


if __name__ == "__main__":
    main()
