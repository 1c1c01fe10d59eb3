"""Where the programs of Open vSwitch keep their files.

Each directory can be moved with the environment variable OVS_NAME.  The
defaults are those of the programs that this package was installed with, else
those of a distribution.
"""

import os
from typing import Dict

_DEFAULTS: Dict[str, str] = {
    "PKGDATADIR": "/usr/share/openvswitch",
    "RUNDIR": "/var/run/openvswitch",
    "LOGDIR": "/var/log/openvswitch",
    "BINDIR": "/usr/bin",
    "SYSCONFDIR": "/etc",
}

try:
    import ovs._installed_dirs as _installed  # type: ignore[import]
except ImportError:
    pass
else:
    _DEFAULTS = {name: getattr(_installed, name) for name in _DEFAULTS}


def _directory(name: str) -> str:
    return os.environ.get("OVS_" + name) or _DEFAULTS[name]


PKGDATADIR = _directory("PKGDATADIR")
RUNDIR = _directory("RUNDIR")
LOGDIR = _directory("LOGDIR")
BINDIR = _directory("BINDIR")
DBDIR = os.environ.get("OVS_DBDIR") or os.path.join(_directory("SYSCONFDIR"), "openvswitch")
