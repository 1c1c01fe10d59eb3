"""Replicas for tests, and a server that does as the test says."""

import errno
import time

import ovs.jsonrpc
import ovs.poller
from lib.ovsdb import KITCHEN
from ovs.db import idl
from ovs.jsonrpc import Message
from ovs.stream import PassiveStream


def wait_until(condition, steps, what="condition", seconds=10):
    """Calls run() of each of 'steps' until 'condition()' is true."""
    deadline = time.monotonic() + seconds
    while True:
        for step in steps:
            step.run()
        if condition():
            return
        assert time.monotonic() < deadline, f"timed out: {what}"
        poller = ovs.poller.Poller()
        for step in steps:
            step.wait(poller)
        poller.timer_wait(1000)
        poller.block()


class Replica(idl.Idl):
    """A replica of Kitchen that writes down what it is told."""

    def __init__(self, remote, tables=None, readonly=None, schema=KITCHEN, **kwargs):
        helper = idl.SchemaHelper(str(schema))
        if tables is None:
            helper.register_all()
        for name, columns in (tables or {}).items():
            helper.register_columns(name, columns, (readonly or {}).get(name, []))
        super().__init__(remote, helper, **kwargs)
        self.notes = []
        self.yields = 0

    def notify(self, event, row, updates=None):
        columns = sorted(name for name in row._table.columns if hasattr(updates, name))
        old = {name: getattr(updates, name) for name in columns}
        self.notes.append((event, row._table.name, old))

    def cooperative_yield(self):
        self.yields += 1

    def until(self, condition, *others, what="condition"):
        wait_until(condition, [self, *others], what)

    def connect(self, *others):
        self.until(lambda: self.state == self.IDL_S_MONITORING, *others, what="content")
        return self

    def rows(self, table):
        return list(self.tables[table].rows.values())

    def row(self, table, **columns):
        """The only row of 'table' with these values."""
        found = [
            row
            for row in self.rows(table)
            if all(getattr(row, name) == value for name, value in columns.items())
        ]
        assert len(found) == 1, found
        return found[0]

    def commit(self, txn, *others):
        """Commits; returns the status."""
        if txn.commit() == txn.INCOMPLETE:
            self.until(lambda: txn.commit() != txn.INCOMPLETE, *others, what="commit")
        return txn.commit()

    def transact(self, change, *others):
        """Commits what change(txn) does, which must succeed; returns the
        transaction."""
        txn = idl.Transaction(self)
        change(txn)
        assert self.commit(txn, *others) == txn.SUCCESS, txn.get_error()
        return txn

    def insert(self, table, **columns):
        """Commits a new row; returns it."""
        made = []

        def change(txn):
            made.append(txn.insert(self.tables[table]))
            for name, value in columns.items():
                setattr(made[0], name, value)

        txn = self.transact(change)
        return self.tables[table].rows[txn.get_insert_uuid(made[0].uuid)]


class FakeServer:
    """Speaks with one client at a time.

    'answers' has, by method, the result of the requests, an Exception for an
    error, a function of the parameters, or None for no reply at all.
    'requests' collects them."""

    def __init__(self, path, **answers):
        self.remote = f"unix:{path}"
        error, self.listener = PassiveStream.open(f"punix:{path}")
        assert error == 0
        self.answers = {"get_schema": Exception("unknown database"), "monitor_cond_since":
                        [False, "1" * 8, {}], **answers}
        self.requests = []
        self.connection = None
        self.n_connections = 0

    def run(self):
        error, stream = self.listener.accept()
        if not error:
            self.hang_up()
            self.connection = ovs.jsonrpc.Connection(stream)
            self.n_connections += 1
        if self.connection is None:
            return
        self.connection.run()
        while True:
            error, message = self.connection.recv()
            if error:
                break
            self.answer(message)
        if error != errno.EAGAIN:
            self.hang_up()

    def answer(self, message):
        if message.type != Message.T_REQUEST:
            return
        self.requests.append((message.method, message.params))
        answer = self.answers.get(message.method, Exception("unknown method"))
        if callable(answer):
            answer = answer(message.params)
        if isinstance(answer, Exception):
            error = {"error": str(answer)}
            self.connection.send(Message.create_error(error, message.id))
        elif answer is not None:
            self.connection.send(Message.create_reply(answer, message.id))

    def notify(self, method, *params):
        self.connection.send(Message.create_notify(method, list(params)))

    def wait(self, poller):
        self.listener.wait(poller)
        if self.connection is not None:
            self.connection.wait(poller)
            self.connection.recv_wait(poller)

    def hang_up(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self):
        self.hang_up()
        self.listener.close()

    def methods(self):
        return [method for method, _ in self.requests]
