"""Transactions on a replica."""

from __future__ import annotations

import uuid
from typing import Any, Callable, Dict, List, Optional, Set

import ovs.db.data
import ovs.db.types
import ovs.json
import ovs.jsonrpc
import ovs.ovsuuid
import ovs.poller
import ovs.vlog
from ovs.db import error
from ovs.db._idl_row import Row, parse_columns

vlog = ovs.vlog.Vlog("idl")


def _where(row: Row, inserted: Set[uuid.UUID]) -> List[Any]:
    """The condition that 'row' alone satisfies."""
    return [["_uuid", "==", _uuid_to_json(row.uuid, inserted)]]


def _name(uuid_: uuid.UUID) -> str:
    """The name of a row that the server has not given a UUID yet."""
    return "row%s" % str(uuid_).replace("-", "_")


def _uuid_to_json(uuid_: uuid.UUID, inserted: Set[uuid.UUID]) -> List[str]:
    return ["named-uuid", _name(uuid_)] if uuid_ in inserted else ovs.ovsuuid.to_json(uuid_)


def _to_json(datum: ovs.db.data.Datum, inserted: Set[uuid.UUID], scalar: bool = True) -> Any:
    """'datum' in JSON, with names in place of the UUIDs in 'inserted'; a set
    of one element stays one unless 'scalar'."""

    def atom(value: Any) -> Any:
        if value.type is ovs.db.types.UuidType:
            return _uuid_to_json(value.value, inserted)
        return value.to_json()

    if datum.type.is_map():
        return ["map", [[atom(key), atom(datum.values[key])] for key in sorted(datum.values)]]
    atoms = [atom(key) for key in sorted(datum.values)]
    return atoms[0] if scalar and len(atoms) == 1 else ["set", atoms]


class _Request:
    """The operations of a transaction, and who reads their results."""

    def __init__(self, inserted: Set[uuid.UUID]) -> None:
        self.operations: List[Dict[str, Any]] = []
        self.readers: Dict[int, Callable[[Dict[str, Any]], bool]] = {}
        # UUIDs of rows that have a name instead.
        self.inserted = inserted
        # Whether anything changes.
        self.is_effective = False

    def add(
        self,
        op: str,
        table: Any = None,
        reader: Optional[Callable[[Dict[str, Any]], bool]] = None,
        **members: Any,
    ) -> None:
        """Adds an operation; reader(result) returns whether its result is what
        the protocol says."""
        operation = {"op": op, **members}
        if table is not None:
            operation["table"] = table.name
        if reader is not None:
            self.readers[len(self.operations)] = reader
        self.operations.append(operation)

    def where(self, row: Row) -> List[Any]:
        """The condition that 'row' alone satisfies."""
        return _where(row, self.inserted)

    def add_prerequisites(self, row: Row) -> None:
        """A "wait" for the columns of 'row' that must not have changed."""
        if row._prereqs and row._data is not None:
            self.add(
                "wait",
                row._table,
                timeout=0,
                where=self.where(row),
                until="==",
                columns=sorted(row._prereqs),
                rows=[{name: row._data[name].to_json() for name in sorted(row._prereqs)}],
            )

    def add_insertion(self, row: Row, reader: Callable[[Dict[str, Any]], bool]) -> None:
        """The insertion of a new row."""
        identity = {"uuid": str(row.uuid)} if row._persist_uuid else {"uuid-name": _name(row.uuid)}
        columns = {
            name: _to_json(datum, self.inserted)
            for name, datum in row._changes.items()
            if not datum.is_default()
        }
        self.add("insert", row._table, reader, row=columns, **identity)
        self.is_effective = True

    def add_deletion(self, row: Row) -> None:
        """The deletion of 'row'."""
        self.add("delete", row._table, where=self.where(row))
        self.is_effective = True

    def add_modification(self, row: Row) -> None:
        """What is written to 'row', and added to and removed from its columns.

        Columns that get the value that they have already are sent too, since
        another client may be writing them right now, but do not make the
        transaction effective.  What is added and removed always does: only the
        server knows what is in the column by then.
        """
        changes, mutations = row._changes, row._mutations
        if changes:
            columns = {name: _to_json(datum, self.inserted) for name, datum in changes.items()}
            self.add("update", row._table, where=self.where(row), row=columns)
        if mutations:
            steps = [
                [name, mutator, _to_json(operand, self.inserted, scalar=False)]
                for name, mutation in mutations.items()
                for mutator, operand in mutation.operands()
            ]
            self.add("mutate", row._table, where=self.where(row), mutations=steps)
        if mutations or any(row._data.get(name) != changes[name] for name in changes):
            self.is_effective = True


class Transaction:
    """Changes of a replica that take effect in the database all at once.

    A replica has at most one transaction at a time that is not committed; it
    cannot run() meanwhile.
    """

    # The caller may make changes.
    UNCOMMITTED = "uncommitted"
    # There was nothing to commit.
    UNCHANGED = "unchanged"
    # The server has not answered yet.
    INCOMPLETE = "incomplete"
    # The caller gave up.
    ABORTED = "aborted"
    # The changes have taken effect.
    SUCCESS = "success"
    # A verified column has changed, or the connection broke (and the changes
    # may have taken effect).  It makes sense to try again with fresh data.
    TRY_AGAIN = "try again"
    # Somebody else holds the lock.
    NOT_LOCKED = "not locked"
    # The server refused; get_error() says why.
    ERROR = "error"

    @staticmethod
    def status_to_string(status: str) -> str:
        """A status for people."""
        return status

    def __init__(self, idl: Any) -> None:
        assert idl.txn is None, "a transaction is open already"
        idl.txn = self
        self.idl = idl
        self.dry_run = False
        self._status = Transaction.UNCOMMITTED
        self._error: Optional[str] = None
        self._comments: List[str] = []
        self._txn_rows: Dict[uuid.UUID, Row] = {}
        # The UUIDs that the server gave to new rows.
        self._inserted_rows: Dict[uuid.UUID, uuid.UUID] = {}
        self._fetch_requests: List[Any] = []
        self._inc_row: Optional[Row] = None
        self._inc_column: Optional[str] = None
        self._inc_new_value: Optional[int] = None
        self._request_id: Any = None
        self._request: Optional[_Request] = None

    # Contents.

    def add_comment(self, comment: str) -> None:
        """Adds a line to what the log of the database says of it."""
        self._comments.append(comment)

    def insert(
        self, table: Any, new_uuid: Optional[uuid.UUID] = None, persist_uuid: bool = False
    ) -> Row:
        """A new row of 'table' (an IdlTable) with default values.  The server
        gives it a UUID of its own, get_insert_uuid(), unless 'persist_uuid'."""
        assert self._status == Transaction.UNCOMMITTED
        row = Row(self.idl, table, new_uuid or uuid.uuid4(), None, persist_uuid=persist_uuid)
        table.rows[row.uuid] = row
        self._txn_rows[row.uuid] = row
        return row

    def _increment(self, row: Row, column: str) -> None:
        assert self._inc_row is None, "one increment is possible"
        assert row._table.columns[column].type.is_scalar()
        assert row._table.columns[column].type.key.type is ovs.db.types.IntegerType
        self._inc_row = row
        self._inc_column = column

    def _fetch(self, row: Row, column_name: str) -> None:
        self._fetch_requests.append((row, column_name))

    # Completion.

    def wait(self, poller: Any) -> None:
        """Wakes 'poller' up if the transaction is complete.  The replica's own
        wait() must be called too."""
        if self._status not in (Transaction.UNCOMMITTED, Transaction.INCOMPLETE):
            poller.immediate_wake()

    def commit(self) -> str:
        """Begins to commit, or looks how far that is; returns a status.  No
        changes are possible any more; what was changed shows its old values
        until the server tells the new ones, before SUCCESS."""
        if self._status != Transaction.UNCOMMITTED:
            return self._status
        if self.idl.lock_name and not self.idl.has_lock:
            self._finish(Transaction.NOT_LOCKED)
            return self._status
        request = self._build()
        if not request.is_effective and not self._fetch_requests:
            self._finish(Transaction.UNCHANGED)
            return self._status
        self._disassemble()
        message = ovs.jsonrpc.Message.create_request(
            "transact", [self.idl._db.name] + request.operations
        )
        if self.idl._send_transaction(self, message):
            self._request_id = message.id
            self._request = request
            self._status = Transaction.INCOMPLETE
        else:
            self._status = Transaction.TRY_AGAIN
        return self._status

    def commit_block(self) -> str:
        """Commits, and waits until that is complete; returns a status."""
        while True:
            status = self.commit()
            if status != Transaction.INCOMPLETE:
                return status
            self.idl.run()
            poller = ovs.poller.Poller()
            self.idl.wait(poller)
            self.wait(poller)
            poller.block()

    def abort(self) -> None:
        """Gives up; but if commit() has begun the changes may take effect."""
        if self._status == Transaction.UNCOMMITTED:
            self._finish(Transaction.ABORTED)
        elif self._status == Transaction.INCOMPLETE:
            self.idl._forget_transaction(self)
            self._status = Transaction.ABORTED

    def get_error(self) -> str:
        """What went wrong."""
        if self._status != Transaction.ERROR:
            return Transaction.status_to_string(self._status)
        return self._error or "no error details available"

    def get_increment_new_value(self) -> int:
        """The value of the column that was incremented, after SUCCESS."""
        assert self._status == Transaction.SUCCESS and self._inc_new_value is not None
        return self._inc_new_value

    def get_insert_uuid(self, uuid_: uuid.UUID) -> Optional[uuid.UUID]:
        """The UUID that the server gave to the row that was inserted with
        'uuid_', after SUCCESS; None if there is no such row."""
        assert self._status in (Transaction.SUCCESS, Transaction.UNCHANGED)
        return self._inserted_rows.get(uuid_)

    def _finish(self, status: str) -> None:
        self._disassemble()
        self._status = status

    def _disassemble(self) -> None:
        """The replica is as the server says again."""
        self.idl.txn = None
        rows = list(self._txn_rows.values())
        self._txn_rows = {}
        for row in rows:
            row._settle()

    # The request.

    def _build(self) -> _Request:
        request = _Request(
            {
                row.uuid
                for row in self._txn_rows.values()
                if row._data is None and not row._persist_uuid
            }
        )
        if self.idl.lock_name:
            request.add("assert", lock=self.idl.lock_name)
        for row in self._txn_rows.values():
            request.add_prerequisites(row)
        for row in self._txn_rows.values():
            if row._changes is None:
                request.add_deletion(row)
            elif row._data is None:
                request.add_insertion(row, self._insertion_reader(row.uuid))
            elif row._changes or row._mutations:
                request.add_modification(row)
        for row, column_name in self._fetch_requests:
            request.add(
                "select",
                row._table,
                self._fetch_reader(row, column_name),
                where=request.where(row),
                columns=[column_name],
            )
        if self._inc_row is not None and request.is_effective:
            self._add_increment(request, self._inc_row)
        if self._comments:
            request.add("comment", comment="\n".join(self._comments))
        if self.dry_run:
            request.add("abort")
        return request

    def _add_increment(self, request: _Request, row: Row) -> None:
        column = self._inc_column

        def read(result: Dict[str, Any]) -> bool:
            rows = result.get("rows")
            if not (isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict)):
                return False
            value = rows[0].get(column)
            if not isinstance(value, int):
                return False
            self._inc_new_value = value
            return True

        where = request.where(row)
        request.add("mutate", row._table, where=where, mutations=[[column, "+=", 1]])
        request.add("select", row._table, read, where=where, columns=[column])

    def _insertion_reader(self, provisional: uuid.UUID) -> Callable[[Dict[str, Any]], bool]:
        def read(result: Dict[str, Any]) -> bool:
            try:
                self._inserted_rows[provisional] = ovs.ovsuuid.from_json(result.get("uuid"))
            except error.Error:
                return False
            return True

        return read

    def _fetch_reader(self, row: Row, column_name: str) -> Callable[[Dict[str, Any]], bool]:
        def read(result: Dict[str, Any]) -> bool:
            rows = result.get("rows")
            if not isinstance(rows, list) or len(rows) > 1:
                return False
            if rows and row._data is not None:
                with row._table.rows.changing(row):
                    row._data.update(parse_columns(row._table, rows[0]))
                self.idl.change_seqno += 1
            return True

        return read

    # The reply.

    def _cancel(self) -> None:
        """The connection broke before the reply came."""
        self._status = Transaction.TRY_AGAIN

    def _process_reply(self, message: Any) -> None:
        """Takes the server's answer."""
        assert self._request is not None
        results = message.result
        if message.type == ovs.jsonrpc.Message.T_ERROR:
            self._fail(message.error)
        elif not isinstance(results, list):
            self._fail(results, "malformed reply to a transaction")
        else:
            self._status = self._classify(results)
            if self._status == Transaction.SUCCESS and not self.dry_run:
                self._read(results)

    def _classify(self, results: List[Any]) -> str:
        """The status, from one result per operation, and perhaps one more for
        an error of the whole."""
        statuses = set()
        for result in results:
            # Operations after one that fails have null.
            if not isinstance(result, dict) or "error" not in result:
                continue
            kind = result["error"]
            if kind == "timed out":
                statuses.add(Transaction.TRY_AGAIN)
            elif kind == "not owner":
                statuses.add(Transaction.NOT_LOCKED)
            elif not (kind == "aborted" and self.dry_run):
                statuses.add(Transaction.ERROR)
                self._error = ovs.json.to_string(result)
        for status in (Transaction.ERROR, Transaction.NOT_LOCKED, Transaction.TRY_AGAIN):
            if status in statuses:
                return status
        return Transaction.SUCCESS

    def _read(self, results: List[Any]) -> None:
        assert self._request is not None
        for index, reader in self._request.readers.items():
            result = results[index] if index < len(results) else None
            if not isinstance(result, dict) or not reader(result):
                self._fail(result, "malformed result of an operation")
                return

    def _fail(self, json: Any, what: str = "") -> None:
        self._status = Transaction.ERROR
        self._error = ovs.json.to_string(json)
        if what:
            vlog.warn("%s: %s" % (what, self._error))
