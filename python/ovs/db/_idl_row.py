"""Rows of a replica: columns are attributes, which a transaction may change."""

from __future__ import annotations

import functools
import uuid
from typing import Any, Dict, List, Optional, Tuple

import ovs.db.data
import ovs.db.schema
import ovs.db.types
import ovs.vlog
from ovs.db import error

vlog = ovs.vlog.Vlog("idl")

Atom = ovs.db.data.Atom
Datum = ovs.db.data.Datum


def _row_to_uuid(value: Any) -> Any:
    """The UUID of a row; any other value as it is."""
    return value.uuid if isinstance(value, Row) else value


class Mutation:
    """Elements to be removed from one column, then elements to be added,
    whatever else is in it.

    A map's element is removed by its key, or, where 'removes' has a value,
    only if that is its value.
    """

    def __init__(self) -> None:
        self.removes: Dict[Atom, Optional[Atom]] = {}
        self.inserts: Dict[Atom, Optional[Atom]] = {}

    def apply(self, datum: Datum) -> Datum:
        """What becomes of 'datum'."""
        values = dict(datum.values)
        for key, value in self.removes.items():
            if key in values and (value is None or values[key] == value):
                del values[key]
        values.update(self.inserts)
        return Datum(datum.type, values)

    def insert(self, key: Atom, value: Optional[Atom]) -> None:
        """Adds an element."""
        if value is None:
            self.removes.pop(key, None)
        else:
            # An insertion leaves a key that the map has already as it is.
            self.removes[key] = None
        self.inserts[key] = value

    def remove(self, key: Atom, value: Optional[Atom]) -> None:
        """Removes an element."""
        if key in self.inserts:
            if value is not None and self.inserts[key] != value:
                return
            del self.inserts[key]
            value = None
        elif key in self.removes and self.removes[key] is None:
            return
        self.removes[key] = value

    def operands(self) -> List[Tuple[str, Datum]]:
        """(mutator, operand) of RFC 7047 section 5.1, in order."""
        base = ovs.db.types.BaseType(ovs.db.types.VoidType)
        set_type = ovs.db.types.Type(base)
        map_type = ovs.db.types.Type(base, base)
        keys: Dict[Atom, Optional[Atom]] = {}
        pairs: Dict[Atom, Optional[Atom]] = {}
        for key, value in self.removes.items():
            (keys if value is None else pairs)[key] = value
        added_type = map_type if any(v is not None for v in self.inserts.values()) else set_type
        steps = (
            ("delete", Datum(set_type, keys)),
            ("delete", Datum(map_type, pairs)),
            ("insert", Datum(added_type, self.inserts)),
        )
        return [(mutator, datum) for mutator, datum in steps if datum.values]


@functools.total_ordering
class Row:
    """A row of a table of a replica.

    Each column is an attribute: a scalar, a list or a dictionary, with rows in
    place of references to tables of the replica.  References to rows that are
    not in the replica are left out.  Setting an attribute needs a transaction,
    and shows at once; the server and other clients see it after the commit.
    Rows are equal if their UUIDs are.

    _data      What the server says: a Datum per column; None in a new row.
    _changes   What a transaction writes: a Datum per column; None if it
               deletes the row.
    _mutations What a transaction adds to and removes from columns.
    _prereqs   The columns that must not have changed when it is committed.
    """

    def __init__(
        self,
        idl: Any,
        table: Any,
        uuid: uuid.UUID,
        data: Optional[Dict[str, Datum]],
        persist_uuid: bool = False,
    ) -> None:
        # Attributes that are no columns; see __setattr__().
        self.__dict__.update(
            _idl=idl,
            _table=table,
            uuid=uuid,
            _data=data,
            _persist_uuid=persist_uuid,
            _changes={},
            _mutations={},
            _prereqs={},
        )

    @classmethod
    def from_json(
        cls, idl: Any, table: Any, uuid: uuid.UUID, row_json: Dict[str, Any]
    ) -> "Row":
        """A row with those columns of <row> that 'table' has."""
        return cls(idl, table, uuid, parse_columns(table, row_json))

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return self.uuid < other.uuid

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return self.uuid == other.uuid

    def __hash__(self) -> int:
        return hash(self.uuid)

    def __str__(self) -> str:
        if self._changes is None:
            return "%s(%s, deleted)" % (self._table.name, self.uuid)
        found = ((name, self._datum(name)) for name in self._table.columns)
        columns = ["%s=%s" % (name, datum) for name, datum in found if datum is not None]
        return "%s(%s)" % (self._table.name, ", ".join(["uuid=%s" % self.uuid] + columns))

    def __repr__(self) -> str:
        return "<Row %s of %s>" % (self.uuid, self._table.name)

    # Reading.

    def __getattr__(self, column_name: str) -> Any:
        # Of a row that is being copied not even __dict__ is filled.
        if not column_name.startswith("_") and column_name in self._table.columns:
            assert self._changes is not None, "the row has been deleted"
            datum = self._datum(column_name)
            if datum is not None:
                return datum.to_python(self._uuid_to_row)
        raise AttributeError(
            "%s instance has no attribute '%s'" % (self.__class__.__name__, column_name)
        )

    def _datum(self, column_name: str) -> Optional[Datum]:
        """The value as the transaction sees it; None if we do not know."""
        if column_name in (self._changes or {}):
            return self._changes[column_name]
        if self._data is None:
            return Datum.default(self._table.columns[column_name].type)
        datum = self._data.get(column_name)
        mutation = self._mutations.get(column_name)
        return mutation.apply(datum) if mutation and datum is not None else datum

    def _uuid_to_row(self, value: Any, base: ovs.db.types.BaseType) -> Any:
        """What stands for an atom: the row that it refers to, None if the
        replica has none."""
        table = self._idl.tables.get(base.ref_table_name)
        return value if table is None else table.rows.get(value)

    def _index_value(self, column_name: str) -> Any:
        """What indexes sort by."""
        datum = self._datum(column_name)
        if datum is None:
            return None
        return tuple(sorted(datum.as_list()))

    # Writing.

    def _join(self) -> Any:
        """Makes the row part of the transaction; returns that."""
        assert self._changes is not None, "the row has been deleted"
        txn = self._idl.txn
        assert txn is not None, "changes need a transaction"
        txn._txn_rows[self.uuid] = self
        return txn

    def _column_to_write(self, column_name: str) -> Optional[ovs.db.schema.ColumnSchema]:
        column = self._table.columns[column_name]
        if self._table.is_readonly(column_name):
            vlog.warn("attempting to write to readonly column %s" % column_name)
            return None
        return column

    def __setattr__(self, column_name: str, value: Any) -> None:
        assert self._changes is not None, "the row has been deleted"
        assert self._idl.txn is not None, "changes need a transaction"
        column = self._column_to_write(column_name)
        if column is None:
            return
        try:
            datum = Datum.from_python(column.type, value, _row_to_uuid)
        except error.Error as e:
            vlog.err("attempting to write bad value to column %s (%s)" % (column_name, e))
            return
        self._write(column_name, datum)

    def _write(self, column_name: str, datum: Datum) -> None:
        self._join()
        with self._table.rows.changing(self):
            self._changes[column_name] = datum
            self._mutations.pop(column_name, None)

    def _mutate(self, mutator: str, column_name: str, key: Any, value: Any) -> None:
        """Adds or removes an element."""
        self._join()
        column = self._column_to_write(column_name)
        if column is None:
            return
        try:
            if column.type.is_scalar():
                raise error.Error("expected set or map")
            key = Atom.from_python(column.type.key, _row_to_uuid(key))
            if value is not None:
                if column.type.value is None:
                    raise error.Error("expected map")
                value = Atom.from_python(column.type.value, _row_to_uuid(value))
            elif column.type.value is not None and mutator == "insert":
                raise error.Error("expected key and value")
        except error.Error as e:
            vlog.err("attempting to write bad value to column %s (%s)" % (column_name, e))
            return
        if column_name in self._changes or self._data is None:
            # What is going to be written is known, so the change is in it.
            datum = self._datum(column_name)
            assert datum is not None
            mutation = Mutation()
            getattr(mutation, mutator)(key, value)
            self._write(column_name, mutation.apply(datum))
            return
        with self._table.rows.changing(self):
            mutation = self._mutations.setdefault(column_name, Mutation())
            getattr(mutation, mutator)(key, value)

    def addvalue(self, column_name: str, key: Any) -> None:
        """Adds 'key' to a set, whatever else other clients do to it."""
        self._mutate("insert", column_name, key, None)

    def delvalue(self, column_name: str, key: Any) -> None:
        """Removes 'key' from a set, whatever else other clients do to it."""
        self._mutate("remove", column_name, key, None)

    def setkey(self, column_name: str, key: Any, value: Any) -> None:
        """Makes 'value' that of 'key' in a map, whatever else other clients do
        to it."""
        self._mutate("insert", column_name, key, value)

    def delkey(self, column_name: str, key: Any, value: Any = None) -> None:
        """Removes 'key' from a map, if 'value' is not None only if that is its
        value."""
        self._mutate("remove", column_name, key, value)

    def delete(self) -> None:
        """Deletes the row.  Nothing can be done with it afterwards, unless the
        transaction fails.  Only rows of tables that are part of the root set
        need this: the others go away with the last reference."""
        txn = self._join()
        if self._data is None:
            del txn._txn_rows[self.uuid]
        del self._table.rows[self.uuid]
        self.__dict__["_changes"] = None

    # Promises and questions.

    def verify(self, column_name: str) -> None:
        """Makes the commit fail, with TRY_AGAIN, if the column has another
        value in the database by then than it has in the replica."""
        self._join()
        if self._data is not None and column_name in self._data:
            self._prereqs[column_name] = None

    def fetch(self, column_name: str) -> None:
        """Reads the column, which may be one that is not replicated, from the
        database when the transaction is committed."""
        self._idl.txn._fetch(self, column_name)

    def increment(self, column_name: str) -> None:
        """Adds 1 to the integer column when the transaction is committed, if
        that changes anything else; Transaction.get_increment_new_value() then
        tells the result."""
        self._idl.txn._increment(self, column_name)

    def _settle(self) -> None:
        """The transaction is over: what it wrote, if it took effect, comes
        from the server."""
        rows = self._table.rows
        if self._changes is None:
            self.__dict__.update(_changes={}, _mutations={}, _prereqs={})
            rows[self.uuid] = self
        elif self._data is None:
            del rows[self.uuid]
        else:
            with rows.changing(self):
                self.__dict__.update(_changes={}, _mutations={}, _prereqs={})


def parse_columns(table: Any, row_json: Dict[str, Any]) -> Dict[str, Datum]:
    """A Datum per column of <row>; complains about those that 'table' has
    not or that are wrong."""
    data = {}
    for name, value in row_json.items():
        column = table.columns.get(name)
        if column is None:
            vlog.warn("unknown column %s in table %s" % (name, table.name))
            continue
        try:
            data[name] = Datum.from_json(column.type, value)
        except error.Error as e:
            vlog.warn("error parsing column %s in table %s: %s" % (name, table.name, e))
    return data
