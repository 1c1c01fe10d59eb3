"""What the benchmarks share: helpers in C, a switch in namespaces, rounds in
turns, and the table of medians."""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from lib.net import Namespace  # noqa: E402
from lib.suite import Suite  # noqa: E402

HELPERS = ROOT / "build" / "bench"


def helper(name):
    """Path of a C helper, compiled on first use."""
    HELPERS.mkdir(parents=True, exist_ok=True)
    binary, source = HELPERS / name, ROOT / "bench" / "helper" / f"{name}.c"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-Wall", "-D_GNU_SOURCE", "-o", binary, source], check=True)
    return str(binary)


class Lab:
    """A started switch in a namespace, with whatever hosts it is asked for."""

    def __init__(self, kind):
        self.directory = tempfile.TemporaryDirectory(prefix="ovs-bench-")
        self.suite = Suite(kind, pathlib.Path(self.directory.name) / kind)
        self.host = Namespace("host")
        self.suite.netns = self.host.name
        self.namespaces = [self.host]
        self.suite.start_ovsdb_server()
        self.suite.start_vswitchd("--disable-system-route")
        self.suite.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")

    def veth_hosts(self):
        """Two hosts on veth ports p1, p2 of the bridge."""
        hosts = [Namespace("a"), Namespace("b")]
        self.namespaces += hosts
        for number, host in enumerate(hosts, 1):
            self.host.veth(f"p{number}", host, "eth0", f"10.1.0.{number}/24")
            self.suite.vsctl("add-port", "br0", f"p{number}")
        return hosts

    def tap_hosts(self):
        """Two hosts on internal ports of the bridge."""
        hosts = [Namespace("a"), Namespace("b")]
        self.namespaces += hosts
        for number, host in enumerate(hosts, 1):
            name = f"in{number}"
            self.suite.vsctl("add-port", "br0", name, "--", "set", "interface", name, "type=internal")
            self.host.ip("link", "set", name, "netns", host.name)
            host.ip("link", "set", name, "name", "eth0")
            host.ip("addr", "add", f"10.1.0.{number}/24", "dev", "eth0")
            host.ip("link", "set", "eth0", "up")
        return hosts

    def restart_vswitchd(self):
        self.suite.ok("ovs-appctl", "exit")
        self.suite.processes.pop().wait(10)
        self.suite.start_vswitchd("--disable-system-route")

    def vswitchd_pid(self):
        return int((self.suite.run_dir / "ovs-vswitchd.pid").read_text())

    def cpu_seconds(self):
        """User and system time of ovs-vswitchd so far."""
        fields = pathlib.Path(f"/proc/{self.vswitchd_pid()}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.suite.run("ovs-appctl", "-T", "5", "exit", "--cleanup")
        self.suite.stop()
        for namespace in self.namespaces:
            namespace.destroy()
        self.directory.cleanup()


def print_medians(values_by_key):
    """A line for each benchmark's figure: ours, the peer's, and how much better ours is."""
    for (what, unit, more_is_better), values in values_by_key.items():
        medians = {kind: statistics.median(values[kind]) for kind in values}
        line = f"  {what:28} {unit:14} ours {medians['ours']:12.2f}"
        if "peer" in medians:
            line += f"   peer {medians['peer']:12.2f}"
            over, under = medians["ours"], medians["peer"]
            if not more_is_better:
                over, under = under, over
            line += f"   x{over / under:.2f}" if under else "   (peer: none)"
        print(line, flush=True)


def main(benchmarks, doc):
    """Runs the benchmarks named on the command line on each implementation in
    turn.  A benchmark is a class, whose instance for "ours" or "peer" is where
    it happens, and a function of that and of seconds, which yields figures:
    what, unit, value, and whether more is better."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run (default: all)")
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="length of each traffic run")
    args = parser.parse_args()
    if args.list:
        print("\n".join(benchmarks))
        return 0
    for name in args.names:
        if name not in benchmarks:
            parser.error(f"no benchmark {name} (see --list)")
    if os.geteuid() != 0:
        parser.error("needs root, for network namespaces")

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = ["ours"] + (["peer"] if os.environ.get("OVS_PEER") else [])
    for name in args.names or benchmarks:
        results = {}
        for _ in range(args.rounds):
            for kind in kinds:
                place, run = benchmarks[name]
                lab = place(kind)
                try:
                    for what, unit, value, more_is_better in run(lab, args.seconds):
                        key = (what, unit, more_is_better)
                        results.setdefault(key, {}).setdefault(kind, []).append(value)
                finally:
                    lab.close()
        print(f"\n{name}: median of {args.rounds}")
        print_medians(results)
    return 0
