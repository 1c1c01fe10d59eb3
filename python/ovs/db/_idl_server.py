"""The database _Server: whether a server is one that a replica may use."""

from __future__ import annotations

from typing import Any, Dict, Optional

SERVER_DB = "_Server"
CLUSTERED = "clustered"
RELAY = "relay"

# What we look at, if the server has it.
_COLUMNS = ("name", "model", "connected", "leader", "cid", "index")


def choose_columns(schema_json: Any) -> Optional[Dict[str, Any]]:
    """The part of the schema of _Server that we need; None if it lacks that."""
    try:
        table = schema_json["tables"]["Database"]
        columns = {name: table["columns"][name] for name in _COLUMNS if name in table["columns"]}
    except (KeyError, TypeError):
        return None
    if "name" not in columns:
        return None
    return {"name": SERVER_DB, "tables": {"Database": {"columns": columns}}}


class ServerCheck:
    """Remembers what one must know about other servers to judge the next."""

    def __init__(self, leader_only: bool) -> None:
        self.leader_only = leader_only
        self.cluster_id: Any = None
        # The newest state of the cluster that we have seen.
        self.min_index = 0

    def _find(self, rows: Any, name: str) -> Any:
        for row in rows.values():
            if self.cluster_id is None:
                if row.name == name:
                    return row
            elif self.cluster_id in getattr(row, "cid", ()):
                return row
        return None

    def complaint(self, rows: Any, name: str) -> Optional[str]:
        """Why the server is of no use for the database 'name', or None; 'rows'
        is its table Database."""
        row = self._find(rows, name)
        if row is None:
            what = name if self.cluster_id is None else "with cluster ID %s" % self.cluster_id
            return "server does not have database %s" % what
        model = getattr(row, "model", "standalone")
        if model not in (CLUSTERED, RELAY):
            return None
        if model == RELAY and self.leader_only:
            return "relay database server cannot be a leader"
        if not getattr(row, "connected", True):
            what = "cluster" if model == CLUSTERED else "its source"
            return "%s database server is disconnected from %s" % (model, what)
        if model == RELAY:
            return None
        if self.leader_only and not getattr(row, "leader", True):
            return "clustered database server is not cluster leader"
        index = (getattr(row, "index", None) or [0])[0]
        if index < self.min_index:
            return "clustered database server has stale data"
        self.min_index = index
        return None
