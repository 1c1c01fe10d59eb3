"""What is wrong with a schema, a value or an operation."""

from __future__ import annotations

from typing import Any, Optional

import ovs.json


class Error(Exception):
    """An error with the JSON that it is about and a short classification."""

    def __init__(self, msg: str, json: Any = None, tag: Optional[str] = None) -> None:
        self.msg = msg
        self.json = json
        if tag is None:
            tag = "ovsdb error" if json is None else "syntax error"
        self.tag = tag
        super().__init__(self._text())

    def _text(self) -> str:
        where = ""
        if self.json is not None:
            where = 'syntax "%s": ' % ovs.json.to_string(self.json)
        return "%s%s: %s" % (where, self.tag, self.msg)

    def __str__(self) -> str:
        return self._text()
