"""Where the programs of Open vSwitch keep their files.

Each directory can be moved with the environment variable OVS_NAME.
"""

import os


def _directory(name: str, default: str) -> str:
    return os.environ.get("OVS_" + name) or default


PKGDATADIR = _directory("PKGDATADIR", "/usr/share/openvswitch")
RUNDIR = _directory("RUNDIR", "/var/run/openvswitch")
LOGDIR = _directory("LOGDIR", "/var/log/openvswitch")
BINDIR = _directory("BINDIR", "/usr/bin")


def _database_directory() -> str:
    """OVS_DBDIR, or OVS_SYSCONFDIR/openvswitch, or /etc/openvswitch."""
    if os.environ.get("OVS_DBDIR"):
        return os.environ["OVS_DBDIR"]
    return os.path.join(os.environ.get("OVS_SYSCONFDIR") or "/etc", "openvswitch")


DBDIR = _database_directory()
