"""Talks with a database server, written line by line, as text.

A line of a talk is a request, of one of these forms:

    {"op": ...}, {"op": ...}    transact on Kitchen
    METHOD [PARAMS]             any other method
    ! TEXT                      sent as it is

A number in front of it names the client (1 if missing), "#" begins a comment.
"@x" stands for the UUID of the row that was inserted with "uuid-name": "x",
"@last" for the last transaction that a client was told of.  What all clients
received after each request follows it in the talk's text, with those UUIDs
replaced again and without the orders that the protocol leaves open."""

import json
import re

from lib.ovsdb import UUID, Client

LINE = re.compile(r"(?:(\d) )?(!|[a-z_A-Z]\w*(?= )|)\s*(.*)")


class Peer(Client):
    """A connection that remembers the text of reals."""

    decoder = json.JSONDecoder(parse_float=lambda text: f"real:{text}")

    def receive(self):
        while True:
            text = self.buffer.lstrip()
            try:
                value, size = self.decoder.raw_decode(text)
            except ValueError:
                self.buffer += self.more()
                continue
            self.buffer = text[size:]
            return value

    def more(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            # It did not read all of ours; what it wrote comes after this.
            data = self.sock.recv(65536)
        if not data:
            raise EOFError
        return data.decode()

    def until_echo(self, number):
        """What comes before the reply to an echo request, and whether the
        connection is still there."""
        messages = []
        fence = f"fence {number}"
        try:
            request = {"method": "echo", "params": [], "id": fence}
            self.sock.sendall(json.dumps(request).encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # Something may still be there to read.
        try:
            while True:
                message = self.receive()
                if isinstance(message, dict) and message.get("id") == fence:
                    return messages, True
                messages.append(message)
        except (EOFError, ConnectionResetError):
            return messages, False


def ordered(value):
    """'value' with rows, and sets and maps of UUIDs, in a fixed order."""
    if isinstance(value, dict):
        return {key: ordered(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [ordered(item) for item in value]
    if len(items) == 2 and items[0] in ("set", "map") and isinstance(items[1], list):
        if '["uuid"' in json.dumps(items[1]):
            items[1].sort(key=repr)
    elif items and all(isinstance(item, dict) for item in items):
        if not any({"op", "uuid", "count", "error", "columns"} & set(item) for item in items):
            items.sort(key=lambda row: json.dumps(row, sort_keys=True))
    return items


NO_TRANSACTION = "00000000-0000-0000-0000-000000000000"
# Which of two rows an error calls the first is a matter of hashing.
TWO_ROWS = re.compile(r"First row, with UUID (.*?)\.  Second row, with UUID (.*?)\.\"")


def two_rows(match):
    return "Rows {}; {}.\"".format(*sorted(match.groups()))


class Talk:
    """Talks with the server at a socket; 'lines' is the text so far."""

    def __init__(self, path):
        self.path = path
        self.clients = {}
        self.uuids = {}  # By name.
        self.names = {}  # By UUID.
        self.last = NO_TRANSACTION
        self.n_fences = 0
        self.n_rows = 0
        self.lines = []

    def outward(self, text):
        """'text' with names replaced by UUIDs."""
        for uuid in UUID.findall(text):
            if uuid != NO_TRANSACTION:
                self.names.setdefault(uuid, uuid)
        text = text.replace("@last", self.last)
        return re.sub(r"@\w+", lambda match: self.uuids.get(match.group(), match.group()), text)

    def inward(self, message):
        """A message's text with UUIDs replaced by names, in a fixed order."""

        def named(value):
            if isinstance(value, dict):
                return {named(key): named(item) for key, item in value.items()}
            if isinstance(value, list):
                return [named(item) for item in value]
            if isinstance(value, str):
                return UUID.sub(lambda match: self.names.get(match.group(), "U"), value)
            return value

        text = json.dumps(ordered(named(message)), sort_keys=True, ensure_ascii=False)
        return TWO_ROWS.sub(two_rows, re.sub(r'"real:([^"]*)"', r"\1", text))

    def ask(self, line, label=None):
        """Sends the request of a line; adds it, or the label that stands for
        it, and what comes to the text."""
        who, method, text = LINE.fullmatch(line).groups()
        who = int(who or 1)
        if who not in self.clients:
            self.clients[who] = Peer(self.path)
        self.lines.append(label or line)
        sent = self.outward(text)
        if method != "!":
            params = sent if method else f'["Kitchen", {sent}]'
            sent = f'{{"method": "{method or "transact"}", "params": {params}, "id": "r"}}'
        self.clients[who].sock.sendall(sent.encode("utf-8", "surrogateescape"))
        self.collect(sent, first=who)

    def collect(self, sent, first):
        """Takes what all clients got; twice, as one may wait for another."""
        got = {}
        for _ in range(2):
            for who in [first, *(w for w in sorted(self.clients) if w != first)]:
                if who not in self.clients:
                    continue
                self.n_fences += 1
                messages, alive = self.clients[who].until_echo(self.n_fences)
                got.setdefault(who, []).extend(messages)
                if not alive:
                    self.clients.pop(who).sock.close()
                    got[who].append("closed")
        for who in sorted(got):
            self.note_names(sent, got[who])
        for who in sorted(got):
            self.tell(who, got[who])

    def note_names(self, sent, messages):
        """Names the rows that a transaction inserted."""
        for message in messages:
            if not isinstance(message, dict):
                continue
            result = message.get("result")
            params = message.get("params") or []
            if message.get("method") == "update3":
                self.last = params[1]
            elif isinstance(result, list) and len(result) == 3 and isinstance(result[0], bool):
                self.last = result[1]
            elif isinstance(result, list):
                self.name_rows(sent, result)

    def name_rows(self, sent, results):
        try:
            operations = json.loads(sent)["params"][1:]
        except (ValueError, TypeError, KeyError):
            return
        for operation, result in zip(operations, results):
            if isinstance(result, dict) and "uuid" in result and isinstance(operation, dict):
                self.n_rows += 1
                name = f"@{operation.get('uuid-name', self.n_rows)}"
                uuid = result["uuid"][1]
                self.names.setdefault(uuid, name)
                self.uuids[name] = uuid

    def tell(self, who, messages):
        """Adds what client 'who' received; neighbouring updates have no order."""
        texts, updates = [], []
        for message in [*messages, None]:
            method = message.get("method") if isinstance(message, dict) else None
            if method and method.startswith("update"):
                updates.append(self.inward(message))
                continue
            texts += sorted(updates)
            updates = []
            if message is not None:
                texts.append(message if message == "closed" else self.inward(message))
        self.lines += [f"  {who}< {text}" for text in texts]

    def text(self):
        return "\n".join(self.lines) + "\n"

    def close(self):
        for client in self.clients.values():
            client.sock.close()
