"""ovs-vswitchd and tools on a database server that misbehaves: they say so, do
not spin, and recover when a good one takes its place."""

import json
import os
import socket
import threading
import time

import pytest

def reply(request, result, error=None):
    """An answer to a request, in bytes."""
    return json.dumps({"id": request["id"], "result": result, "error": error}).encode()


def garbage(_request):
    return b"\x00\xff{]this is no JSON"


def nothing_but_text(_request):
    return b'"text" 5 true null'


def half_an_answer(request):
    return reply(request, ["x" * 1000])[:500]


def wrong_answers(request):
    return reply(request, {"not": ["what", "was", 1, "asked"]})


def errors(request):
    return reply(request, None, "no")


def wrong_ids(request):
    return reply({"id": [request["id"], 5]}, [])


def unknown_methods(request):
    return json.dumps({"method": "explode", "params": [], "id": 3}).encode()


def deep(_request):
    return b"[" * 100_000


def endless(_request):
    return b'{"id":0,"result":"' + b"x" * 500_000


def silence(_request):
    return b""


def schema_without_tables(request):
    return reply(request, {"name": "Open_vSwitch", "version": "8.3.0", "tables": {}})


MISBEHAVIOURS = [garbage, nothing_but_text, half_an_answer, wrong_answers, errors, wrong_ids,
                 unknown_methods, deep, endless, silence, schema_without_tables]


class BadServer:
    """Answers every request by 'answer'; closes after it if 'closes'."""

    def __init__(self, path, answer, closes):
        self.path = str(path)
        self.answer = answer
        self.closes = closes
        self.n_connections = 0
        self.socks = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(50)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Serves connections until the end."""
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.n_connections += 1
            self.socks.append(sock)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        """One connection."""
        decoder, text = json.JSONDecoder(), ""
        try:
            while True:
                data = sock.recv(65536)
                if not data:
                    return
                text += data.decode()
                while text:
                    try:
                        request, end = decoder.raw_decode(text)
                    except ValueError:
                        break
                    text = text[end:].lstrip()
                    sock.sendall(self.answer(request))
                    if self.closes:
                        return
        except OSError:
            pass
        finally:
            sock.close()

    def stop(self):
        """Ends all connections; the path is free."""
        self.listener.shutdown(socket.SHUT_RDWR)
        for sock in self.socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
        os.unlink(self.path)


def cpu_seconds(pid):
    """Processor time of a process so far."""
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("closes", [False, True], ids=["stays", "closes"])
@pytest.mark.parametrize("answer", MISBEHAVIOURS, ids=lambda answer: answer.__name__)
def test_switch_survives(ours, answer, closes):
    server = BadServer(ours.run_dir / "db.sock", answer, closes)
    process = ours.start("ovs-vswitchd", f"unix:{ours.run_dir}/db.sock", "--pidfile", "--log-file",
                         "-vconsole:off", "--enable-dummy=override", "--disable-system")
    ours.wait_for(lambda: server.n_connections, "a connection")
    start = cpu_seconds(process.pid)
    time.sleep(0.6)
    assert cpu_seconds(process.pid) - start < 0.3
    assert process.poll() is None
    assert "Open vSwitch" in ours.appctl("version")
    server.stop()

    ours.start_ovsdb_server()
    ours.vsctl("--no-wait", "init")
    ours.vsctl("--timeout=15", "add-br", "br0")
    assert ours.vsctl("get", "interface", "br0", "ofport").strip() == "65534"


@pytest.mark.parametrize("answer", MISBEHAVIOURS, ids=lambda answer: answer.__name__)
@pytest.mark.parametrize(
    "command",
    [["ovs-vsctl", "show"], ["ovsdb-client", "list-dbs"], ["ovsdb-client", "dump"],
     ["ovsdb-client", "transact", '["Open_vSwitch",{"op":"comment","comment":"x"}]']],
    ids=lambda command: "-".join(command[:2]),
)
def test_tools_end(ours, answer, command):
    server = BadServer(ours.run_dir / "db.sock", answer, True)
    start = time.monotonic()
    result = ours.run(command[0], "--timeout=3", *command[1:])
    assert time.monotonic() - start < 8
    if command[1] == "transact" and answer in (wrong_answers, schema_without_tables):
        # What a server answers is printed as it is.
        assert json.loads(result.out) == json.loads(answer({"id": 0}))["result"]
        assert result.code == 0
    else:
        assert result.code == 1 or result.code == -14, result  # SIGALRM
        assert result.err
    server.stop()
