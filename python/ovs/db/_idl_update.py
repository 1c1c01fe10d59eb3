"""What a server says about monitored tables, brought into a replica."""

from __future__ import annotations

import collections
import uuid
from typing import Any, Callable, Dict, List, Optional

import ovs.db.data
import ovs.db.types
import ovs.ovsuuid
import ovs.vlog
from ovs.db import error
from ovs.db._idl_row import Row, parse_columns

vlog = ovs.vlog.Vlog("idl")

Datum = ovs.db.data.Datum

ROW_CREATE = "create"
ROW_UPDATE = "update"
ROW_DELETE = "delete"

# The form of updates: <table-updates> of RFC 7047 section 4.1.6, or the
# <table-updates2> of ovsdb-server(7), which have differences.
OVSDB_UPDATE = 0
OVSDB_UPDATE2 = 1
OVSDB_UPDATE3 = 2

# What to tell about a row; 'updates' is a row with the old values of what
# changed.
Notice = collections.namedtuple("Notice", ("event", "row", "updates"))
Notice.__new__.__defaults__ = (None,)  # type: ignore[attr-defined]


class Updater:
    """Applies one message to 'tables'; collects what to tell in 'notices'."""

    def __init__(self, idl: Any, tables: Dict[str, Any], yield_: Callable[[], None]) -> None:
        self.idl = idl
        self.tables = tables
        self.yield_ = yield_
        self.notices: List[Notice] = []
        self.has_changed = False

    def apply(self, updates: Any, version: int) -> None:
        """Brings 'updates' in; raises Error if they are malformed."""
        if not isinstance(updates, dict):
            raise error.Error("<table-updates> is not an object", updates)
        for table_name, table_update in updates.items():
            table = self.tables.get(table_name)
            if table is None:
                vlog.warn("update of table %s, which is not replicated" % table_name)
                continue
            if not isinstance(table_update, dict):
                raise error.Error("<table-update> is not an object", table_update)
            for uuid_text, row_update in table_update.items():
                if not ovs.ovsuuid.is_valid_string(uuid_text):
                    raise error.Error('"%s" is not a valid UUID' % uuid_text, table_update)
                if not isinstance(row_update, dict):
                    raise error.Error("<row-update> is not an object", row_update)
                if version == OVSDB_UPDATE:
                    self._apply_values(table, uuid.UUID(uuid_text), row_update)
                else:
                    self._apply_difference(table, uuid.UUID(uuid_text), row_update)
                self.yield_()

    def _apply_values(self, table: Any, uuid_: uuid.UUID, update: Dict[str, Any]) -> None:
        """{"old": <row>, "new": <row>}."""
        old, new = update.get("old"), update.get("new")
        for row_json in (old, new):
            if row_json is not None and not isinstance(row_json, dict):
                raise error.Error("<row> is not an object", row_json)
        if new is None and old is None:
            raise error.Error("<row-update> has neither old nor new", update)
        row = table.rows.get(uuid_)
        if new is None:
            self._delete(table, uuid_, row)
        elif row is None:
            if old is not None:
                vlog.warn("cannot modify missing row %s in table %s" % (uuid_, table.name))
            self._insert(table, uuid_, new)
        else:
            if old is None:
                vlog.warn("cannot add existing row %s to table %s" % (uuid_, table.name))
            self._modify(table, row, parse_columns(table, new))

    def _apply_difference(self, table: Any, uuid_: uuid.UUID, update: Dict[str, Any]) -> None:
        """{KIND: <row>}: "initial" and "insert" lack default values, "modify"
        has differences."""
        row = table.rows.get(uuid_)
        if "delete" in update:
            self._delete(table, uuid_, row)
            return
        kind = next((k for k in ("initial", "insert", "modify") if k in update), None)
        row_json = update[kind] if kind else None
        if not isinstance(row_json, dict):
            raise error.Error("<row-update2> has no row", update)
        if kind != "modify":
            if row is not None:
                vlog.warn("cannot add existing row %s to table %s" % (uuid_, table.name))
                del table.rows[uuid_]
            self._insert(table, uuid_, row_json)
        elif row is None:
            vlog.warn("cannot modify missing row %s in table %s" % (uuid_, table.name))
            raise error.Error("the replica lacks a row", update)
        else:
            self._modify(table, row, self._merge(table, row, row_json))

    @staticmethod
    def _merge(table: Any, row: Row, row_json: Dict[str, Any]) -> Dict[str, Datum]:
        """The new values, from differences."""
        data = {}
        for name, json in row_json.items():
            column = table.columns.get(name)
            if column is None:
                vlog.warn("unknown column %s in table %s" % (name, table.name))
                continue
            data[name] = row._data[name].diff(diff_from_json(column.type, json))
        return data

    def _insert(self, table: Any, uuid_: uuid.UUID, row_json: Dict[str, Any]) -> None:
        data = dict(table.defaults)
        data.update(parse_columns(table, row_json))
        row = Row(self.idl, table, uuid_, data)
        table.rows[uuid_] = row
        self._note(ROW_CREATE, row)

    def _delete(self, table: Any, uuid_: uuid.UUID, row: Optional[Row]) -> None:
        if row is None:
            vlog.warn("cannot delete missing row %s from table %s" % (uuid_, table.name))
            return
        del table.rows[uuid_]
        self._note(ROW_DELETE, row)

    def _modify(self, table: Any, row: Row, data: Dict[str, Datum]) -> None:
        """Gives columns new values."""
        old = {name: row._data.get(name) for name in data}
        changed = {name for name, datum in data.items() if old[name] != datum}
        if not changed:
            return
        with table.rows.changing(row):
            row._data.update(data)
        if any(table.columns[name].alert for name in changed):
            known = {name: old[name] for name in changed if old[name] is not None}
            self._note(ROW_UPDATE, row, Row(self.idl, table, row.uuid, known))

    def _note(self, event: str, row: Row, updates: Optional[Row] = None) -> None:
        self.has_changed = True
        self.notices.append(Notice(event, row, updates))


def diff_from_json(type_: ovs.db.types.Type, json: Any) -> Datum:
    """A difference: it may have more or fewer elements than a value."""
    if type_.is_scalar():
        return Datum.from_json(type_, json)
    # Twice as many: all that were there go, as many others come.
    n_max = type_.n_max * 2 if type_.n_max > 1 else 1
    return Datum.from_json(ovs.db.types.Type(type_.key, type_.value, 0, n_max), json)
