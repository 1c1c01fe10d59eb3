"""Indexes of a client on the rows of its replica.

    index = idl.index_create("Bridge", "by_name")
    index.add_columns("name")
    ...
    for row in idl.index_equal("Bridge", "by_name", "br0"):
"""

from __future__ import annotations

import collections
import uuid
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from sortedcontainers import SortedKeyList  # type: ignore[import]

OVSDB_INDEX_ASC = "ASC"
OVSDB_INDEX_DESC = "DESC"

ColumnIndex = collections.namedtuple("ColumnIndex", ["column", "direction", "key"])


def _plain(value: Any) -> Any:
    """What stands for a value of Python in a key: rows are their UUIDs, and
    every value is a tuple, so that [x] and x are the same."""
    if value is None:
        return None
    if isinstance(value, dict):
        return tuple(sorted((_atom(k), _atom(v)) for k, v in value.items()))
    if isinstance(value, (list, set, tuple, frozenset)):
        return tuple(sorted(_atom(element) for element in value))
    return (_atom(value),)


def _atom(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, uuid.UUID)) else getattr(
        value, "uuid", value
    )


class _Key:
    """The place of a row, or of what is searched for, in an index.

    A search has no UUID and equals all rows with its values.
    """

    __slots__ = ("values", "directions", "uuid")

    def __init__(self, values: List[Any], directions: List[bool], uuid_: Any) -> None:
        self.values = values
        self.directions = directions
        self.uuid = uuid_

    def _compare(self, other: "_Key") -> int:
        for a, b, descending in zip(self.values, other.values, self.directions):
            if a == b:
                continue
            # What has no value comes first.
            less = b is not None and (a is None or a < b)
            return -1 if less != descending else 1
        if self.uuid is None or other.uuid is None or self.uuid == other.uuid:
            return 0
        return -1 if self.uuid < other.uuid else 1

    def __lt__(self, other: "_Key") -> bool:
        return self._compare(other) < 0

    def __le__(self, other: "_Key") -> bool:
        return self._compare(other) <= 0

    def __gt__(self, other: "_Key") -> bool:
        return self._compare(other) > 0

    def __ge__(self, other: "_Key") -> bool:
        return self._compare(other) >= 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._compare(other) == 0

    __hash__ = None  # type: ignore[assignment]


class MultiColumnIndex:
    """Rows in the order of the values of some columns."""

    def __init__(self, name: str, rows: Optional["IndexedRows"] = None) -> None:
        self.name = name
        self.columns: List[ColumnIndex] = []
        self._rows = rows
        self._keys: Dict[Any, _Key] = {}
        self.clear()

    def __repr__(self) -> str:
        return "{}(name={})".format(self.__class__.__name__, self.name)

    def add_column(
        self,
        column: str,
        direction: str = OVSDB_INDEX_ASC,
        key: Optional[Callable[[Any], Any]] = None,
    ) -> None:
        """Adds a column; 'key' computes from a row what to sort by."""
        self.columns.append(ColumnIndex(column, direction, key))
        self.clear()
        if self._rows is not None:
            for row in self._rows.data.values():
                self.add(row)

    def add_columns(self, *columns: str) -> None:
        """Adds several columns."""
        for column in columns:
            self.add_column(column)

    def add(self, row: Any) -> None:
        """Puts 'row' in its place."""
        if not self.columns:
            return
        self._keys[row.uuid] = self._compute_key(row)
        self.values.add(row)

    def remove(self, row: Any) -> None:
        """Takes 'row' away."""
        if row.uuid in self._keys:
            self.values.remove(row)
            del self._keys[row.uuid]

    def clear(self) -> None:
        """Takes all rows away."""
        self._keys.clear()
        self.values = SortedKeyList(key=self._key)

    def irange(self, start: Any, end: Any) -> Iterator[Any]:
        """Rows from 'start' to 'end', both IndexEntry or None and included."""
        return self.values.irange(start, end)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __getitem__(self, key: Any) -> Any:
        """The first row with the values of the IndexEntry 'key'."""
        for row in self.irange(key, key):
            return row
        raise KeyError(key)

    def __bool__(self) -> bool:
        return True

    def _key(self, item: Any) -> _Key:
        """The key of a row as it was when it was added, or of an IndexEntry."""
        if not isinstance(item, tuple) and item.uuid in self._keys:
            return self._keys[item.uuid]
        return self._compute_key(item)

    def _compute_key(self, item: Any) -> _Key:
        values = []
        is_entry = isinstance(item, tuple)
        for column, _, key in self.columns:
            if key is not None:
                values.append(key(item))
            elif is_entry:
                values.append(_plain(getattr(item, column, None)))
            else:
                values.append(item._index_value(column))
        directions = [index.direction == OVSDB_INDEX_DESC for index in self.columns]
        return _Key(values, directions, None if is_entry else item.uuid)


def IndexEntryClass(table: Any) -> type:
    """A named tuple with the UUID and columns of a row of 'table', each None
    unless given: what to search for, or a copy of a row that stays as it is."""
    names = ["uuid"] + [name for name in table.columns if name != "uuid"]
    defaults = [None] * len(names)
    name = table.name + "IndexEntry"
    base: Any = collections.namedtuple(name, names, rename=True, defaults=defaults)  # type: ignore
    return type("IndexEntry", (base,), {"_table": table, "__slots__": ()})


class _Change:
    """Takes a row out of the indexes while it changes."""

    def __init__(self, rows: "IndexedRows", row: Any) -> None:
        self.indexes = list(rows.indexes.values()) if rows.data.get(row.uuid) is row else []
        self.row = row

    def __enter__(self) -> None:
        for index in self.indexes:
            index.remove(self.row)

    def __exit__(self, *args: Any) -> None:
        for index in self.indexes:
            index.add(self.row)


class IndexedRows(collections.UserDict):
    """The rows of a table by UUID, with indexes."""

    def __init__(self, table: Any, *args: Any, **kwargs: Any) -> None:
        self.table = table
        self.indexes: Dict[str, MultiColumnIndex] = {}
        self.IndexEntry = IndexEntryClass(table)
        super().__init__(*args, **kwargs)

    def index_create(self, name: str) -> MultiColumnIndex:
        """A new index without columns; raises ValueError if there is one of
        this name."""
        if name in self.indexes:
            raise ValueError("An index named {} already exists".format(name))
        index = self.indexes[name] = MultiColumnIndex(name, self)
        return index

    def changing(self, row: Any) -> _Change:
        """with rows.changing(row): changes columns of 'row'."""
        return _Change(self, row)

    def __setitem__(self, key: Any, item: Any) -> None:
        old = self.data.get(key)
        for index in self.indexes.values():
            if old is not None:
                index.remove(old)
        self.data[key] = item
        for index in self.indexes.values():
            index.add(item)

    def __delitem__(self, key: Any) -> None:
        row = self.data[key]
        for index in self.indexes.values():
            index.remove(row)
        del self.data[key]

    def clear(self) -> None:
        """Takes all rows away; the indexes stay."""
        self.data.clear()
        for index in self.indexes.values():
            index.clear()

    def __repr__(self) -> str:
        return "IndexedRows(%s, %d rows)" % (self.table.name, len(self.data))


def _entry(rows: IndexedRows, index: MultiColumnIndex, value: Any) -> Any:
    """The IndexEntry for 'value': one already, or the value of the first
    column, or a tuple of those of all columns."""
    if value is None or isinstance(value, rows.IndexEntry):
        return value
    names = [column.column for column in index.columns]
    values: Tuple[Any, ...] = value if isinstance(value, tuple) and len(names) > 1 else (value,)
    return rows.IndexEntry(**dict(zip(names, values)))


def find_range(rows: IndexedRows, name: str, start: Any, end: Any) -> Iterator[Any]:
    """Rows of the index 'name' from 'start' to 'end'."""
    index = rows.indexes[name]
    return index.irange(_entry(rows, index, start), _entry(rows, index, end))
