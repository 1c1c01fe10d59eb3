"""One implementation's programs with a run directory of their own."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("OVS_BUILD", ROOT / "build")).resolve()
# Sanitizers keep what was freed: how much memory a program takes says nothing.
SANITIZED = "asan" in BUILD.name


ALL_VERSIONS = "protocols=[" + ",".join(f"OpenFlow1{minor}" for minor in range(6)) + "]"


class Result:
    """What a finished program left."""

    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


def listens(path):
    """Whether somebody accepts connections at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class Suite:
    """Runs programs of "ours" or of the "peer" in the directory 'dir'.

    Sockets live in a short directory of their own, since the names of UNIX
    sockets are limited to 107 bytes.
    """

    def __init__(self, kind, directory):
        self.kind = kind
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self._short = tempfile.TemporaryDirectory(prefix="ovs-")
        self.run_dir = pathlib.Path(self._short.name)
        self.processes = []
        self.netns = None
        self.env = dict(os.environ)
        for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR"):
            self.env["OVS_" + name] = str(self.run_dir)
        self.env["OVS_SYSLOG_METHOD"] = "null"
        # For tests in processes of their own, which run elsewhere.
        self.env["OVS_BUILD"] = str(BUILD)
        # Programs are called by their bare names, which error texts begin with.
        self.env["PATH"] = f"{BUILD / 'src'}:{self.env['PATH']}"
        if kind == "ours":
            self.env["OVS_PKGDATADIR"] = str(self.schema_dir())

    @staticmethod
    def schema_dir():
        """Where the build leaves vswitch.ovsschema."""
        for path in BUILD.rglob("vswitch.ovsschema"):
            return path.parent
        return BUILD

    def schema(self):
        """File name of the Open_vSwitch schema."""
        if self.kind == "ours":
            return str(self.schema_dir() / "vswitch.ovsschema")
        root = pathlib.Path(os.environ["OVS_PEER"]).resolve().parent
        return str(root / "root/usr/share/openvswitch/vswitch.ovsschema")

    def argv(self, program, *args, kind=None):
        """The command line that runs 'program', in 'self.netns' if set; 'kind'
        picks the other implementation's program."""
        inside = ["ip", "netns", "exec", self.netns] if self.netns else []
        if (kind or self.kind) == "peer":
            return [*inside, os.environ["OVS_PEER"], program, *map(str, args)]
        return [*inside, program, *map(str, args)]

    def run(self, program, *args, input=None, timeout=30, env=None, cwd=None, kind=None):
        """Runs 'program' to its end; returns a Result."""
        environment = dict(self.env, **(env or {}))
        return Result(
            subprocess.run(
                self.argv(program, *args, kind=kind),
                input=input,
                capture_output=True,
                text=True,
                errors="surrogateescape",
                timeout=timeout,
                env=environment,
                cwd=cwd or self.dir,
            )
        )

    def ok(self, program, *args, **kwargs):
        """Runs 'program', which must succeed; returns its standard output."""
        result = self.run(program, *args, **kwargs)
        assert result.code == 0, f"{program} {args}: {result}"
        return result.out

    def start(self, program, *args, env=None):
        """Starts 'program' in the background, not detached."""
        return self.start_command(program, self.argv(program, *args), env)

    def start_command(self, label, argv, env=None):
        """Starts any command, its output in LABEL.out."""
        log = open(self.dir / f"{label}.out", "ab")
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(self.env, **(env or {})),
            cwd=self.dir,
        )
        log.close()
        self.processes.append(process)
        return process

    def wait_for(self, condition, what, timeout=15):
        """Polls until 'condition()' is true."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"timed out: {what}"
            time.sleep(0.02)

    # Daemons.

    def is_up(self, daemon, args):
        """Whether a daemon has written its pidfile and takes runtime commands."""
        try:
            pid = (self.run_dir / f"{daemon}.pid").read_text().strip()
        except FileNotFoundError:
            return False
        elsewhere = any(str(arg).startswith("--unixctl") for arg in args)
        return elsewhere or listens(self.run_dir / f"{daemon}.{pid}.ctl")

    def start_ovsdb_server(self, *args, db="conf.db", create=True):
        """An ovsdb-server with an Open_vSwitch database at RUNDIR/db.sock."""
        path = db if db.startswith("relay:") else self.run_dir / db
        if create and not path.exists():
            self.ok("ovsdb-tool", "create", path, self.schema())
        # Those of a server that was killed tell nothing about the new one.
        for name in ("db.sock", "ovsdb-server.pid"):
            (self.run_dir / name).unlink(missing_ok=True)
        process = self.start(
            "ovsdb-server",
            path,
            "--remote=punix:" + str(self.run_dir / "db.sock"),
            "--pidfile",
            "--log-file",
            "-vconsole:off",
            *args,
        )
        self.wait_for(
            lambda: self.is_up("ovsdb-server", args) and listens(self.run_dir / "db.sock"),
            "ovsdb-server",
        )
        return process

    def start_vswitchd(self, *args):
        """An ovs-vswitchd on that database; initializes it first."""
        self.ok("ovs-vsctl", "--no-wait", "init")
        (self.run_dir / "ovs-vswitchd.pid").unlink(missing_ok=True)
        process = self.start(
            "ovs-vswitchd",
            "unix:" + str(self.run_dir / "db.sock"),
            "--pidfile",
            "--log-file",
            "-vconsole:off",
            *args,
        )
        self.wait_for(lambda: self.is_up("ovs-vswitchd", args), "ovs-vswitchd")
        return process

    def start_dummy(self, *args):
        """Both daemons, the switch with dummy devices only."""
        self.start_ovsdb_server()
        return self.start_vswitchd(
            "--enable-dummy=override",
            "--disable-system",
            "--disable-system-route",
            *args,
        )

    def start_dummy_bridge(self, n_ports, *settings):
        """Both daemons and a secure bridge br0 with dummy ports p1, p2, ..., numbered so."""
        self.start_dummy()
        args = ["add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy"]
        args += ["fail-mode=secure", *settings]
        for number in range(1, n_ports + 1):
            args += ["--", "add-port", "br0", f"p{number}", "--", "set", "interface"]
            args += [f"p{number}", "type=dummy", f"ofport_request={number}"]
        self.vsctl(*args)

    def vsctl(self, *args, **kwargs):
        """Runs ovs-vsctl, which must succeed; returns its output."""
        return self.ok("ovs-vsctl", *args, **kwargs)

    def ofctl(self, *args, **kwargs):
        """Runs ovs-ofctl, which must succeed; returns its output."""
        return self.ok("ovs-ofctl", *args, **kwargs)

    def appctl(self, *args, **kwargs):
        """Runs ovs-appctl, which must succeed; returns its output."""
        return self.ok("ovs-appctl", *args, **kwargs)

    def log(self, program):
        """Text of a daemon's log file."""
        path = self.run_dir / f"{program}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def kept(self, name):
        """Bytes of a file of the run directory."""
        return (self.run_dir / name).read_bytes()

    def stop(self):
        """Ends everything and removes the run directory."""
        try:
            self.stop_all()
        finally:
            self._short.cleanup()

    def stop_all(self):
        """Ends everything that was started, the last first."""
        for pidfile in self.run_dir.glob("*.pid"):
            try:
                pid = int(pidfile.read_text())
            except (ValueError, OSError):
                continue
            if not any(p.pid == pid for p in self.processes):
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass
        failed = []
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    failed.append(f"{process.args}: did not end on SIGTERM")
            elif process.returncode not in (0, -signal.SIGTERM, -signal.SIGKILL):
                failed.append(f"{process.args}: ended with {process.returncode}")
        self.processes.clear()
        assert not failed, "\n".join(failed)
