"""UUIDs as the database writes them: ["uuid", "..."] (RFC 7047 section 5.1)."""

from __future__ import annotations

import re
import uuid
from typing import Any, Dict, List, Optional

from ovs.db import error
from ovs.db import parser

uuidRE = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def zero() -> uuid.UUID:
    """The UUID of zeros only."""
    return uuid.UUID(int=0)


def is_valid_string(s: str) -> bool:
    """Whether 's' is a UUID in its full form."""
    return uuidRE.fullmatch(s) is not None


def from_string(s: str) -> uuid.UUID:
    """The UUID that 's' spells; raises Error otherwise."""
    if not is_valid_string(s):
        raise error.Error('"%s" is not a valid UUID' % s, s)
    return uuid.UUID(s)


def from_json(json: Any, symtab: Optional[Dict[str, uuid.UUID]] = None) -> uuid.UUID:
    """The UUID in ["uuid", S]; with 'symtab', also in ["named-uuid", NAME],
    which gets a fresh one at the first use."""
    try:
        tag, value = parser.parse_json_pair(json)
    except error.Error as e:
        raise error.Error('expected ["uuid", <string>]', json) from e
    if tag == "named-uuid" and symtab is not None:
        name = parser.unwrap_json(json, "named-uuid", [str], "string")
        return symtab.setdefault(name, uuid.uuid4())
    s = parser.unwrap_json(json, "uuid", [str], "string")
    if not is_valid_string(s):
        raise error.Error('"%s" is not a valid UUID' % s, json)
    return uuid.UUID(s)


def to_json(uuid_: uuid.UUID) -> List[str]:
    """["uuid", S]."""
    return ["uuid", str(uuid_)]
