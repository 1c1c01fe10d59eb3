"""A client of the database protocol, and a server with the schema Kitchen,
which has columns of every type and references of every kind."""

import contextlib
import json
import pathlib
import re
import socket

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
KITCHEN = pathlib.Path(__file__).resolve().parents[1] / "ovsdb/kitchen.ovsschema"


class Client:
    """A connection; 'notes' collects what is no reply."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(path))
        self.buffer = ""
        self.id = 0
        self.notes = []

    def receive(self):
        while True:
            with contextlib.suppress(ValueError):
                text = self.buffer.lstrip()
                value, size = json.JSONDecoder().raw_decode(text)
                self.buffer = text[size:]
                return value
            # Parsing again and again what is long would take its square.
            more = bytearray()
            while not more.endswith(b"}"):
                data = self.sock.recv(1 << 20)
                if not data:
                    raise EOFError
                more += data
            self.buffer += more.decode()

    def call(self, method, *params):
        self.id += 1
        request = {"method": method, "params": params, "id": self.id}
        self.sock.sendall(json.dumps(request).encode())
        while True:
            message = self.receive()
            if message.get("id") == self.id:
                return message
            self.notes.append(message)

    def transact(self, *ops):
        return self.call("transact", "Kitchen", *ops)["result"]


class Labelled:
    """A client whose rows have labels of the test's in place of UUIDs, so that
    the talk with two servers can be compared."""

    def __init__(self, path):
        self.client = Client(path)
        self.uuids = {}  # By label.
        self.labels = {}  # By UUID.

    def name(self, label, uuid):
        self.uuids[label] = uuid
        self.labels[uuid] = label

    def outward(self, value):
        """'value' with labels "@1" replaced by UUIDs."""
        text = json.dumps(value)
        for label, uuid in self.uuids.items():
            text = text.replace(f'"{label}"', f'"{uuid}"')
        return json.loads(text)

    def inward(self, value):
        """'value' with UUIDs replaced by labels, and in a fixed order."""
        if isinstance(value, dict):
            return {self.inward(k): self.inward(v) for k, v in value.items() if k != "_version"}
        if isinstance(value, list):
            items = [self.inward(item) for item in value]
            if len(items) == 2 and items[0] in ("set", "map"):
                return [items[0], sorted(items[1], key=repr)]
            if items and isinstance(items[0], dict) and "_uuid" in items[0]:
                # Rows have no order.
                items.sort(key=lambda row: json.dumps(row, sort_keys=True))
            return items
        if isinstance(value, str):
            return UUID.sub(lambda match: self.labels.get(match.group(), "U"), value)
        return value
