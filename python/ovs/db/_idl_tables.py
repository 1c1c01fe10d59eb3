"""What a replica holds: chosen tables and columns of a schema, and the
conditions that limit their rows."""

from __future__ import annotations

import functools
from typing import Any, Dict, Iterable, List, Optional, Set

import ovs.db.custom_index
import ovs.db.data
import ovs.db.schema
import ovs.json
from ovs.db import error


class ConditionState:
    """What limits the rows of one table: a list of clauses of RFC 7047 section
    5.1 or of booleans, of which a row must satisfy one.

    A condition is 'new' until it is sent, 'requested' until the server
    answers, and then 'acked'.
    """

    def __init__(self) -> None:
        self.acked: Optional[List[Any]] = None
        self.requested: Optional[List[Any]] = None
        self.new: Optional[List[Any]] = [True]

    @property
    def latest(self) -> List[Any]:
        """The condition that was set last."""
        for condition in (self.new, self.requested, self.acked):
            if condition is not None:
                return condition
        raise AssertionError("a table without a condition")

    @staticmethod
    def is_true(condition: List[Any]) -> bool:
        """Whether all rows satisfy 'condition'."""
        return True in [clause for clause in condition if isinstance(clause, bool)]

    def init(self, condition: List[Any]) -> None:
        """Sets a new condition."""
        self.new = condition

    def request(self) -> List[Any]:
        """The latest condition is being sent; returns it."""
        self.requested = self.latest
        self.new = None
        return self.requested

    def ack(self) -> None:
        """The server has answered what was sent."""
        if self.requested is not None:
            self.acked = self.requested
            self.requested = None

    def reset(self) -> bool:
        """The connection is gone: what had no answer is new again.  Returns
        whether there was any."""
        if self.requested is None:
            return False
        self.new = self.latest
        self.requested = None
        return True


class IdlTable:
    """A table of a replica: what the schema says about it, and 'rows', a
    dictionary from UUIDs to rows, with indexes."""

    def __init__(self, idl: Any, table: ovs.db.schema.TableSchema) -> None:
        self.schema = table
        self.idl = idl
        self.name = table.name
        self.columns = table.columns
        self.mutable = table.mutable
        self.max_rows = table.max_rows
        self.is_root = table.is_root
        self.indexes = table.indexes
        self.extensions = table.extensions
        self.rows = ovs.db.custom_index.IndexedRows(self)
        self.condition = ConditionState()

    @classmethod
    def schema_tables(cls, idl: Any, schema: ovs.db.schema.DbSchema) -> Dict[str, "IdlTable"]:
        """A table without rows for each of 'schema'."""
        return {name: cls(idl, table) for name, table in schema.tables.items()}

    def __repr__(self) -> str:
        return "IdlTable(%s)" % self.name

    def is_readonly(self, column_name: str) -> bool:
        """Whether the column is not replicated, and may only be fetched."""
        return column_name in self.idl.readonly.get(self.name, ())

    @functools.cached_property
    def defaults(self) -> Dict[str, ovs.db.data.Datum]:
        """What replicated columns begin with; rows share it."""
        return {
            name: ovs.db.data.Datum.default(self.columns[name].type)
            for name in self.replicated_columns()
        }

    def replicated_columns(self) -> List[str]:
        """The columns that the server tells us about."""
        return [name for name in self.columns if not self.is_readonly(name)]


class SchemaHelper:
    """Chooses the tables and columns of a schema that are to be replicated."""

    def __init__(self, location: Optional[str] = None, schema_json: Any = None) -> None:
        """The schema is in the file 'location', or it is 'schema_json'."""
        if (location is None) == (schema_json is None):
            raise ValueError("either location or schema_json is needed, and not both")
        if location is not None:
            schema_json = ovs.json.from_file(location)
            if isinstance(schema_json, str):
                raise error.Error(schema_json)
        self.schema_json = schema_json
        self._tables: Dict[str, Optional[Set[str]]] = {}
        self._readonly: Dict[str, List[str]] = {}
        self._all = False

    def register_columns(
        self, table: str, columns: Iterable[str], readonly: Iterable[str] = ()
    ) -> None:
        """Adds 'columns' of 'table'.  Those that are 'readonly' too are not
        replicated: Row.fetch() gets their values."""
        assert isinstance(table, str)
        chosen = self._tables.setdefault(table, set())
        if chosen is not None:
            chosen.update(columns)
        self._readonly[table] = list(readonly)

    def register_table(self, table: str) -> None:
        """Adds all columns of 'table'."""
        assert isinstance(table, str)
        self._tables[table] = None

    def register_all(self) -> None:
        """Adds all columns of all tables."""
        self._all = True

    def get_idl_schema(self) -> ovs.db.schema.DbSchema:
        """The schema with what was chosen, and nothing else."""
        schema = ovs.db.schema.DbSchema.from_json(self.schema_json)
        schema.readonly = self._readonly
        if self._all:
            return schema
        for name, chosen in self._tables.items():
            if name not in schema.tables:
                raise error.Error('schema has no table "%s"' % name)
            table = schema.tables[name]
            unknown = set() if chosen is None else chosen - set(table.columns)
            if unknown:
                raise error.Error('table "%s" has no column "%s"' % (name, min(unknown)))
            if chosen is not None:
                table.columns = {
                    column: value for column, value in table.columns.items() if column in chosen
                }
        schema.tables = {
            name: table for name, table in schema.tables.items() if name in self._tables
        }
        return schema
