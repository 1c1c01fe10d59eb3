"""Schemas: databases, tables, columns (RFC 7047 section 3.2)."""

from __future__ import annotations

import re
import sys
from typing import Any, Dict, List, Optional

import ovs.db.parser
import ovs.db.types
from ovs.db import error

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


def _check_id(name: str, json: Any) -> None:
    if name.startswith("_"):
        raise error.Error('names beginning with "_" are reserved', json)
    if not ovs.db.parser.is_identifier(name):
        raise error.Error("name must be a valid id", json)


class DbSchema:
    """A database."""

    def __init__(
        self,
        name: str,
        version: str,
        tables: Dict[str, "TableSchema"],
        allow_extensions: bool = False,
    ) -> None:
        self.name = name
        self.version = version
        self.tables = tables
        # Columns, by table, that a replica does not hold but may fetch.
        self.readonly: Dict[str, List[str]] = {}
        # Without any root table, all rows would be garbage: schemas that say
        # nothing of roots mean that there is no garbage.
        if self.__root_set_size() == 0:
            for table in self.tables.values():
                table.is_root = True
        for table in self.tables.values():
            for column in table.columns.values():
                self.__follow_ref_table(column, column.type.key, "key")
                self.__follow_ref_table(column, column.type.value, "value")

    def __root_set_size(self) -> int:
        return sum(1 for table in self.tables.values() if table.is_root)

    @staticmethod
    def from_json(json: Any, allow_extensions: bool = False) -> "DbSchema":
        """The schema in 'json'."""
        parser = ovs.db.parser.Parser(json, "database schema")
        name = parser.get("name", ["id"])
        version = parser.get_optional("version", [str], "")
        parser.get_optional("cksum", [str])
        tables_json = parser.get("tables", [dict])
        if allow_extensions:
            parser.used.update(json)
        parser.finish()
        if version and not _VERSION.fullmatch(version):
            raise error.Error('schema version "%s" not in format x.y.z' % version)
        tables = {}
        for table_name, table_json in tables_json.items():
            _check_id(table_name, json)
            tables[table_name] = TableSchema.from_json(table_json, table_name, allow_extensions)
        return DbSchema(name, version, tables)

    def to_json(self) -> dict:
        """The schema in JSON."""
        default_is_root = self.__root_set_size() == len(self.tables)
        json: Dict[str, Any] = {
            "name": self.name,
            "tables": {
                table.name: table.to_json(default_is_root) for table in self.tables.values()
            },
        }
        if self.version:
            json["version"] = self.version
        return json

    def copy(self) -> "DbSchema":
        """A copy."""
        return DbSchema.from_json(self.to_json())

    def __follow_ref_table(
        self, column: "ColumnSchema", base: Optional[ovs.db.types.BaseType], base_name: str
    ) -> None:
        if base is None or base.type is not ovs.db.types.UuidType or not base.ref_table_name:
            return
        base.ref_table = self.tables.get(base.ref_table_name)
        if not base.ref_table:
            raise error.Error(
                "column %s %s refers to undefined table %s"
                % (column.name, base_name, base.ref_table_name),
                tag="syntax error",
            )


class IdlSchema(DbSchema):
    """A schema with what a generator of bindings needs to know."""

    def __init__(
        self,
        name: str,
        version: str,
        tables: Dict[str, "TableSchema"],
        idlPrefix: str,
        idlHeader: str,
        cDecls: str = "",
        hDecls: str = "",
    ) -> None:
        DbSchema.__init__(self, name, version, tables)
        self.idlPrefix = idlPrefix
        self.idlHeader = idlHeader
        self.cDecls = cDecls
        self.hDecls = hDecls

    @staticmethod
    def from_json(json: Any, allow_extensions: bool = True) -> "IdlSchema":
        """The schema in 'json', with "idlPrefix" and "idlHeader"."""
        parser = ovs.db.parser.Parser(json, "IDL schema")
        prefix = parser.get("idlPrefix", [str])
        header = parser.get("idlHeader", [str])
        c_decls = parser.get_optional("cDecls", [str], "")
        h_decls = parser.get_optional("hDecls", [str], "")
        rest = {name: value for name, value in json.items() if name not in parser.used}
        schema = DbSchema.from_json(rest, allow_extensions=allow_extensions)
        return IdlSchema(
            schema.name, schema.version, schema.tables, prefix, header, c_decls, h_decls
        )


def column_set_from_json(json: Any, columns: Dict[str, "ColumnSchema"]) -> List["ColumnSchema"]:
    """The columns in an array of distinct names; None is all of them."""
    if json is None:
        return list(columns.values())
    if not isinstance(json, list) or not all(isinstance(name, str) for name in json):
        raise error.Error("array of distinct column names expected", json)
    for name in json:
        if name not in columns:
            raise error.Error("%s is not a valid column name" % name, json)
    if len(set(json)) != len(json):
        raise error.Error("array of distinct column names expected", json)
    return [columns[name] for name in json]


class TableSchema:
    """A table."""

    def __init__(
        self,
        name: str,
        columns: Dict[str, "ColumnSchema"],
        mutable: bool = True,
        max_rows: int = sys.maxsize,
        is_root: bool = True,
        indexes: Optional[List[List["ColumnSchema"]]] = None,
        extensions: Optional[dict] = None,
    ) -> None:
        self.name = name
        self.columns = columns
        self.mutable = mutable
        self.max_rows = max_rows
        self.is_root = is_root
        self.indexes = indexes if indexes is not None else []
        self.extensions = extensions if extensions is not None else {}

    @staticmethod
    def from_json(json: Any, name: str, allow_extensions: bool = False) -> "TableSchema":
        """The table 'name' in 'json'."""
        parser = ovs.db.parser.Parser(json, "table schema for table %s" % name)
        columns_json = parser.get("columns", [dict])
        mutable = parser.get_optional("mutable", [bool], True)
        max_rows = parser.get_optional("maxRows", [int])
        is_root = parser.get_optional("isRoot", [bool], False)
        indexes_json = parser.get_optional("indexes", [list], [])
        extensions = {}
        if allow_extensions:
            extensions = parser.get_optional("extensions", [dict], {})
        parser.finish()
        if max_rows is None:
            max_rows = sys.maxsize
        elif max_rows <= 0:
            raise error.Error("maxRows must be at least 1", json)
        if not columns_json:
            raise error.Error("table must have at least one column", json)
        columns = {}
        for column_name, column_json in columns_json.items():
            _check_id(column_name, json)
            columns[column_name] = ColumnSchema.from_json(
                column_json, column_name, allow_extensions
            )
        indexes = []
        for index_json in indexes_json:
            index = column_set_from_json(index_json, columns)
            if not index:
                raise error.Error("index must have at least one column", json)
            if len(index) == 1:
                index[0].unique = True
            for column in index:
                if not column.persistent:
                    raise error.Error(
                        "ephemeral columns (such as %s) may not be indexed" % column.name, json
                    )
            indexes.append(index)
        return TableSchema(name, columns, mutable, max_rows, is_root, indexes, extensions)

    def to_json(self, default_is_root: bool = False) -> dict:
        """The table in JSON; 'default_is_root' is whether every table is part
        of the root set, so that it need not say so."""
        json: Dict[str, Any] = {}
        if not self.mutable:
            json["mutable"] = False
        if default_is_root != self.is_root:
            json["isRoot"] = self.is_root
        json["columns"] = {
            column.name: column.to_json()
            for column in self.columns.values()
            if not column.name.startswith("_")
        }
        if self.max_rows != sys.maxsize:
            json["maxRows"] = self.max_rows
        if self.indexes:
            json["indexes"] = [[column.name for column in index] for index in self.indexes]
        return json


class ColumnSchema:
    """A column."""

    def __init__(
        self,
        name: str,
        mutable: bool,
        persistent: bool,
        type_: ovs.db.types.Type,
        extensions: Optional[dict] = None,
    ) -> None:
        self.name = name
        self.mutable = mutable
        self.persistent = persistent
        self.type = type_
        self.unique = False
        self.alert = True
        self.extensions = extensions if extensions is not None else {}

    @staticmethod
    def from_json(json: Any, name: str, allow_extensions: bool = False) -> "ColumnSchema":
        """The column 'name' in 'json'."""
        parser = ovs.db.parser.Parser(json, "schema for column %s" % name)
        mutable = parser.get_optional("mutable", [bool], True)
        ephemeral = parser.get_optional("ephemeral", [bool], False)
        type_ = ovs.db.types.Type.from_json(parser.get("type", [dict, str]))
        extensions = {}
        if allow_extensions:
            extensions = parser.get_optional("extensions", [dict], {})
        parser.finish()
        if not mutable and (
            type_.key.is_weak_ref() or (type_.value is not None and type_.value.is_weak_ref())
        ):
            # The server removes weak references whose rows are gone.
            mutable = True
        return ColumnSchema(name, mutable, not ephemeral, type_, extensions)

    def to_json(self) -> dict:
        """The column in JSON."""
        json: Dict[str, Any] = {"type": self.type.to_json()}
        if not self.mutable:
            json["mutable"] = False
        if not self.persistent:
            json["ephemeral"] = True
        return json
