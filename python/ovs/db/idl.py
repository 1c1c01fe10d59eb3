"""Replicas of databases: what a server has, as rows in memory that follow its
changes, and transactions that change it.

    helper = ovs.db.idl.SchemaHelper("vswitch.ovsschema")
    helper.register_columns("Bridge", ["name", "ports"])
    idl = ovs.db.idl.Idl("unix:/var/run/openvswitch/db.sock", helper)
    while True:
        idl.run()
        for bridge in idl.tables["Bridge"].rows.values():
            ...
        poller = ovs.poller.Poller()
        idl.wait(poller)
        poller.block()

The protocol is that of RFC 7047 and ovsdb-server(7).
"""

from __future__ import annotations

import enum
import re
import uuid
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

import ovs.db.custom_index
import ovs.db.schema
import ovs.json
import ovs.jsonrpc
import ovs.ovsuuid
import ovs.vlog
from ovs.db import error
from ovs.db._idl_row import Row, _row_to_uuid
from ovs.db._idl_server import CLUSTERED, RELAY, SERVER_DB, ServerCheck, choose_columns
from ovs.db._idl_tables import ConditionState, IdlTable, SchemaHelper
from ovs.db._idl_txn import Transaction
from ovs.db._idl_update import (
    OVSDB_UPDATE,
    OVSDB_UPDATE2,
    OVSDB_UPDATE3,
    ROW_CREATE,
    ROW_DELETE,
    ROW_UPDATE,
    Notice,
    Updater,
)

__all__ = [
    "CLUSTERED",
    "ConditionState",
    "Idl",
    "IdlTable",
    "Monitor",
    "Notice",
    "OVSDB_UPDATE",
    "OVSDB_UPDATE2",
    "OVSDB_UPDATE3",
    "RELAY",
    "ROW_CREATE",
    "ROW_DELETE",
    "ROW_UPDATE",
    "Row",
    "SchemaHelper",
    "Transaction",
    "_row_to_uuid",
]

vlog = ovs.vlog.Vlog("idl")

Message = ovs.jsonrpc.Message

# The transaction that nobody has seen.
_NO_TRANSACTION = str(ovs.ovsuuid.zero())

_MAX_MESSAGES_PER_RUN = 50


class Monitor(enum.IntEnum):
    """The methods that start monitoring, the oldest first."""

    monitor = 1
    monitor_cond = 2
    monitor_cond_since = 3


# What a notification of each method holds.
_UPDATE_VERSIONS = {
    "update": OVSDB_UPDATE,
    "update2": OVSDB_UPDATE2,
    "update3": OVSDB_UPDATE3,
}


class Idl:
    """A replica of a database.

    tables        Tables by name; each has 'rows', by UUID.
    change_seqno  A number that grows when a row changes or the lock is got.
    cond_seqno    A number that grows when conditions have taken effect; see
                  cond_change().
    cond_changed  Whether there are conditions that were not sent yet.
    lock_name     The lock that transactions need, or None; see set_lock().
    has_lock      Whether we have it.
    is_lock_contended  Whether somebody else has it.
    txn           The transaction that is not committed yet, or None.
    uuid          What the server calls our monitor.

    Several remotes, with commas between them, are tried in random order.  With
    'leader_only' only the leader of a cluster will do, or a server of its own,
    but no relay.
    """

    # What we have asked the server for.
    IDL_S_INITIAL = 0
    IDL_S_SERVER_SCHEMA_REQUESTED = 1
    IDL_S_SERVER_MONITOR_REQUESTED = 2
    IDL_S_DATA_MONITOR_REQUESTED = 3
    IDL_S_MONITORING = 4

    def __init__(
        self,
        remote: str,
        schema_helper: SchemaHelper,
        probe_interval: Optional[int] = None,
        leader_only: bool = True,
    ) -> None:
        assert isinstance(schema_helper, SchemaHelper)
        schema = schema_helper.get_idl_schema()
        self._db = schema
        self.readonly = schema.readonly
        self.tables = IdlTable.schema_tables(self, schema)
        self.uuid = uuid.uuid4()
        self.txn: Optional[Transaction] = None
        self.change_seqno = 0
        self.cond_changed = False
        self.cond_seqno = 0
        self._last_cond_seqno = 0
        self.lock_name: Optional[str] = None
        self.has_lock = False
        self.is_lock_contended = False
        self.last_id = _NO_TRANSACTION
        self.state = self.IDL_S_INITIAL
        self.server_tables: Dict[str, IdlTable] = {}
        self._server_check = ServerCheck(leader_only)
        self._server_monitor = uuid.uuid4()
        self._method = Monitor.monitor_cond_since
        self._is_changing_conditions = False
        self._outstanding_txns: Dict[Any, Transaction] = {}
        # Who handles the reply to which request.
        self._replies: Dict[Any, Callable[[Message], None]] = {}
        self._last_seqno: Optional[int] = None
        # Servers of no use since we had content.
        self._n_refusals = 0
        # Whether the connection is to be dropped.
        self._is_leaving = False
        self._session = ovs.jsonrpc.Session.open_multiple(
            self._parse_remotes(remote), probe_interval=probe_interval
        )

    @staticmethod
    def _parse_remotes(remote: str) -> List[str]:
        """The remotes in 'remote': a comma separates them only before the name
        of a method."""
        return [name.strip() for name in re.split(r",(?=\s*[a-z]+:)", remote)]

    @property
    def leader_only(self) -> bool:
        """Whether only the leader of a cluster will do."""
        return self._server_check.leader_only

    @leader_only.setter
    def leader_only(self, leader_only: bool) -> None:
        self._server_check.leader_only = leader_only

    # Hooks.

    def notify(self, event: str, row: Row, updates: Optional[Row] = None) -> None:
        """For subclasses: called after a message was taken, for each row in it.

        'event' is ROW_CREATE, ROW_UPDATE or ROW_DELETE; 'updates', for
        ROW_UPDATE, has the old values of what has changed, and no other
        attributes."""

    def cooperative_yield(self) -> None:
        """For subclasses: called after each row of a message, which may have
        many."""

    # The session.

    def close(self) -> None:
        """Ends the connection.  The rows stay."""
        self._session.close()

    def force_reconnect(self) -> None:
        """Drops the connection and connects again."""
        self._session.force_reconnect()

    def get_session_name(self) -> str:
        """The remote in use."""
        return self._session.get_name()

    def set_probe_interval(self, probe_interval: int) -> None:
        """Probes the server after so many ms without news; 0 is never."""
        self._session.reconnect.set_probe_interval(probe_interval)

    def set_cluster_id(self, cluster_id: Union[uuid.UUID, str, None]) -> None:
        """Uses only servers of this cluster; None is any."""
        if isinstance(cluster_id, str):
            cluster_id = ovs.ovsuuid.from_string(cluster_id)
        self._server_check.cluster_id = cluster_id

    def has_ever_connected(self) -> bool:
        """Whether the replica has ever had the content of the database."""
        return self.change_seqno != 0

    def run(self) -> bool:
        """Takes messages from the server.  Returns whether 'change_seqno' has
        changed."""
        assert self.txn is None, "a transaction is open"
        before = self.change_seqno
        self._session.run()
        self._follow_session()
        for _ in range(_MAX_MESSAGES_PER_RUN):
            message = None if self._is_leaving else self._session.recv()
            if message is None:
                break
            try:
                self._handle(message)
            except error.Error as e:
                self._distrust(str(e))
        self._follow_session()
        self._send_conditions()
        return self.change_seqno != before

    def _follow_session(self) -> None:
        """Begins anew if the connection has broken or another one is there."""
        if self._session.get_seqno() != self._last_seqno:
            self._last_seqno = self._session.get_seqno()
            self._restart()

    def wait(self, poller: Any) -> None:
        """Wakes 'poller' up when run() has something to do."""
        if self._may_send_conditions():
            poller.immediate_wake()
        self._session.wait(poller)
        self._session.recv_wait(poller)

    def _restart(self) -> None:
        """Forgets the old connection; begins to talk over the new one."""
        for txn in list(self._outstanding_txns.values()):
            txn._cancel()
        self._outstanding_txns.clear()
        self._replies.clear()
        self._is_leaving = False
        self.has_lock = False
        self.is_lock_contended = False
        self.state = self.IDL_S_INITIAL
        self._reset_conditions()
        if self._session.is_connected():
            self._request(self._handle_server_schema, "get_schema", [SERVER_DB])
            self.state = self.IDL_S_SERVER_SCHEMA_REQUESTED

    def _distrust(self, why: str) -> None:
        """The replica may be wrong: gets it anew."""
        vlog.warn("%s: %s; reconnecting" % (self._session.get_name(), why))
        self.last_id = _NO_TRANSACTION
        self._leave()

    def _leave(self) -> None:
        """Takes nothing more from this server."""
        self._is_leaving = True
        self._session.force_reconnect()

    def _request(
        self, handler: Callable[[Message], None], method: str, params: List[Any]
    ) -> None:
        """Sends a request; handler(message) takes the reply."""
        message = Message.create_request(method, params)
        if self._session.send(message) == 0:
            self._replies[message.id] = handler

    def _handle(self, message: Message) -> None:
        if message.type == Message.T_NOTIFY:
            self._handle_notification(message)
            return
        is_reply = message.type in (Message.T_REPLY, Message.T_ERROR)
        if is_reply and isinstance(message.id, (int, str)):
            handler = self._replies.pop(message.id, None)
            if handler is not None:
                handler(message)
                return
            txn = self._outstanding_txns.pop(message.id, None)
            if txn is not None:
                txn._process_reply(message)
                return
        vlog.dbg("%s: unexpected message: %s" % (self._session.get_name(), message))

    def _handle_notification(self, message: Message) -> None:
        params = message.params
        if message.method in _UPDATE_VERSIONS:
            version = _UPDATE_VERSIONS[message.method]
            if len(params) != (3 if version == OVSDB_UPDATE3 else 2):
                raise error.Error("malformed update", params)
            if params[0] == str(self._server_monitor):
                self._update_server(params[-1], version)
            elif params[0] == str(self.uuid):
                self._update_data(params[-1], version, params[1] if len(params) == 3 else None)
        elif message.method == "monitor_canceled":
            if params[:1] == [str(self.uuid)]:
                self._distrust("the server has canceled our monitor")
        elif message.method in ("locked", "stolen"):
            if self.lock_name is not None and params[:1] == [self.lock_name]:
                self._set_has_lock(message.method == "locked")
                self.is_lock_contended = message.method == "stolen"

    # The server.

    def _handle_server_schema(self, message: Message) -> None:
        schema_json = choose_columns(message.result)
        if schema_json is None:
            # Older servers have no such database.
            self._begin_data()
            return
        schema = ovs.db.schema.DbSchema.from_json(schema_json)
        self.server_tables = IdlTable.schema_tables(self, schema)
        requests = {
            name: [{"columns": table.replicated_columns()}]
            for name, table in self.server_tables.items()
        }
        params = [SERVER_DB, str(self._server_monitor), requests]
        self._request(self._handle_server_monitor, "monitor_cond", params)
        self.state = self.IDL_S_SERVER_MONITOR_REQUESTED

    def _handle_server_monitor(self, message: Message) -> None:
        if message.type == Message.T_ERROR:
            self._begin_data()
            return
        # Otherwise the server disconnects us when it gets or loses a database.
        self._request(self._ignore, "set_db_change_aware", [True])
        self._update_server(message.result, OVSDB_UPDATE2)

    def _ignore(self, message: Message) -> None:
        """A reply that makes no difference."""

    def _update_server(self, updates: Any, version: int) -> None:
        Updater(self, self.server_tables, self.cooperative_yield).apply(updates, version)
        rows = self.server_tables["Database"].rows
        complaint = self._server_check.complaint(rows, self._db.name)
        if complaint:
            self._refuse(complaint)
        elif self.state == self.IDL_S_SERVER_MONITOR_REQUESTED:
            self._begin_data()

    def _refuse(self, complaint: str) -> None:
        """The server is of no use.  Each of the others is tried at once, all of
        them again after a pause."""
        n = self._session.get_num_of_remotes()
        trying = "; trying another server" if n > 1 else ""
        vlog.info("%s: %s%s" % (self._session.get_name(), complaint, trying))
        self._n_refusals += 1
        if self._n_refusals % n:
            # The disconnection takes one.
            self._session.reconnect.set_backoff_free_tries(2)
        self._leave()

    # The data.

    def _begin_data(self) -> None:
        """The server will do: asks for the data and for the lock."""
        self._method = Monitor.monitor_cond_since
        self._send_lock_request()
        self._send_monitor()

    def _send_monitor(self) -> None:
        if any(table.condition.acked is None for table in self.tables.values()):
            self.last_id = _NO_TRANSACTION
        if self.last_id == _NO_TRANSACTION:
            self.cond_changed = False
        method = self._method
        params: List[Any] = [self._db.name, str(self.uuid), self._monitor_requests()]
        if method == Monitor.monitor_cond_since:
            params.append(self.last_id)
        self._request(self._handle_monitor, method.name, params)
        self.state = self.IDL_S_DATA_MONITOR_REQUESTED

    def _monitor_requests(self) -> Dict[str, Any]:
        """What to monitor in each table.

        A server that is to tell us only what we missed must have the same
        conditions as before."""
        requests = {}
        for table in self.tables.values():
            if self.last_id == _NO_TRANSACTION or table.condition.acked is None:
                condition = table.condition.request()
            else:
                condition = table.condition.acked
            request: Dict[str, Any] = {"columns": table.replicated_columns()}
            if self._method == Monitor.monitor:
                if condition == [False]:
                    continue
            elif not ConditionState.is_true(condition):
                request["where"] = condition
            requests[table.name] = [request]
        return requests

    def _handle_monitor(self, message: Message) -> None:
        if message.type == Message.T_ERROR:
            self._handle_monitor_error(message)
            return
        found, last_id, updates = False, None, message.result
        version = OVSDB_UPDATE if self._method == Monitor.monitor else OVSDB_UPDATE2
        if self._method == Monitor.monitor_cond_since:
            if not isinstance(updates, list) or len(updates) != 3:
                raise error.Error("malformed reply to monitor_cond_since", updates)
            found, last_id, updates = updates
        self.state = self.IDL_S_MONITORING
        self._ack_conditions()
        self._n_refusals = 0
        self._session.reset_backoff()
        if not found:
            for table in self.tables.values():
                table.rows.clear()
        self._update_data(updates, version, last_id, is_initial=True)

    def _handle_monitor_error(self, message: Message) -> None:
        text = ovs.json.to_string(message.error)
        if "unknown method" in text and self._method != Monitor.monitor:
            self._method = Monitor(self._method - 1)
            self.last_id = _NO_TRANSACTION
            self._send_monitor()
            return
        vlog.err("%s: cannot monitor %s: %s" % (self._session.get_name(), self._db.name, text))

    def _update_data(
        self, updates: Any, version: int, last_id: Any, is_initial: bool = False
    ) -> None:
        updater = Updater(self, self.tables, self.cooperative_yield)
        updater.apply(updates, version)
        if isinstance(last_id, str):
            self.last_id = last_id
        # Even an empty database is one that we know now.
        if updater.has_changed or is_initial:
            self.change_seqno += 1
        for notice in updater.notices:
            self.notify(*notice)

    # Conditions.

    def cond_change(self, table_name: str, cond: List[Any]) -> int:
        """Replicates only the rows of a table that satisfy one of the clauses
        of 'cond': [COLUMN, FUNCTION, VALUE] of RFC 7047 section 5.1, or True or
        False.  Returns the 'cond_seqno' from which on that is so."""
        table = self.tables.get(table_name)
        if table is None:
            raise error.Error('Unknown table "%s"' % table_name)
        if not cond:
            cond = [False]
        if table.condition.latest != cond:
            table.condition.init(list(cond))
            self.cond_changed = True
            self._last_cond_seqno = self.cond_seqno + (2 if self._is_changing_conditions else 1)
        return self._last_cond_seqno

    def _may_send_conditions(self) -> bool:
        return (
            self.cond_changed
            and not self._is_changing_conditions
            and self.state == self.IDL_S_MONITORING
            and self._session.is_connected()
        )

    def _send_conditions(self) -> None:
        if not self._may_send_conditions():
            return
        requests = {
            table.name: [{"where": table.condition.request()}]
            for table in self.tables.values()
            if table.condition.new is not None
        }
        self.cond_changed = False
        if self._method == Monitor.monitor:
            # The server has no conditions; we must do with all rows.
            self._is_changing_conditions = True
            self._handle_conditions(Message.create_reply({}, None))
        elif not requests:
            # The tables whose conditions changed are gone.
            self._ack_conditions()
        else:
            self._is_changing_conditions = True
            params = [str(self.uuid), str(self.uuid), requests]
            self._request(self._handle_conditions, "monitor_cond_change", params)

    def _handle_conditions(self, message: Message) -> None:
        if message.type == Message.T_ERROR:
            text = ovs.json.to_string(message.error)
            vlog.err("%s: cannot change conditions: %s" % (self._session.get_name(), text))
        self._ack_conditions()

    def _ack_conditions(self) -> None:
        """What was requested is in effect."""
        was_changing = self._is_changing_conditions
        for table in self.tables.values():
            table.condition.ack()
        self._is_changing_conditions = False
        if not self.cond_changed:
            self.cond_seqno = self._last_cond_seqno
        elif was_changing:
            self.cond_seqno += 1

    def _reset_conditions(self) -> None:
        """The connection is gone.  If the server was about to change conditions
        the replica may have rows by either of them: it is begun anew, with the
        latest."""
        if self._is_changing_conditions:
            self.last_id = _NO_TRANSACTION
            self._is_changing_conditions = False
        for table in self.tables.values():
            if table.condition.reset():
                self.cond_changed = True

    # The lock.

    def set_lock(self, lock_name: Optional[str]) -> None:
        """Lets transactions succeed only while we have the lock, which is asked
        for from now on; None is no lock."""
        assert self.txn is None and not self._outstanding_txns
        if lock_name == self.lock_name:
            return
        if self.lock_name is not None and self._is_data_requested():
            self._request(self._ignore, "unlock", [self.lock_name])
        self.lock_name = lock_name
        self._set_has_lock(False)
        self.is_lock_contended = False
        if self._is_data_requested():
            self._send_lock_request()

    def _is_data_requested(self) -> bool:
        """Whether we have settled on this server."""
        return self._session.is_connected() and self.state in (
            self.IDL_S_DATA_MONITOR_REQUESTED,
            self.IDL_S_MONITORING,
        )

    def _send_lock_request(self) -> None:
        name = self.lock_name
        if name is None:
            return

        def handle(message: Message) -> None:
            if name != self.lock_name:
                return
            is_ours = isinstance(message.result, dict) and message.result.get("locked") is True
            self._set_has_lock(is_ours)
            self.is_lock_contended = not is_ours

        self._request(handle, "lock", [name])

    def _set_has_lock(self, has_lock: bool) -> None:
        # Until the rows are there, there is nothing to do with the lock; their
        # arrival is a change.
        if has_lock and not self.has_lock and self.state == self.IDL_S_MONITORING:
            self.change_seqno += 1
        self.has_lock = has_lock

    # Transactions.

    def _send_transaction(self, txn: Transaction, message: Message) -> bool:
        """Sends the request of 'txn'; returns whether a reply may come."""
        is_ready = self.state == self.IDL_S_MONITORING
        # A connection that has broken is looked after by run().
        is_ready = is_ready and self._session.get_seqno() == self._last_seqno
        if not is_ready or self._session.send(message) != 0:
            return False
        self._outstanding_txns[message.id] = txn
        return True

    def _forget_transaction(self, txn: Transaction) -> None:
        self._outstanding_txns.pop(txn._request_id, None)

    # Indexes.

    def index_create(self, table: str, name: str) -> ovs.db.custom_index.MultiColumnIndex:
        """A new index of the rows of 'table'; its columns are to be added."""
        return self.tables[table].rows.index_create(name)

    def index_irange(self, table: str, name: str, start: Any, end: Any) -> Iterator[Row]:
        """Rows in the order of the index 'name', from 'start' to 'end'."""
        return ovs.db.custom_index.find_range(self.tables[table].rows, name, start, end)

    def index_equal(self, table: str, name: str, value: Any) -> Iterator[Row]:
        """Rows that have 'value' in the index 'name'."""
        return self.index_irange(table, name, value, value)
