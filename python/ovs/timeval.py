"""The clock: milliseconds that never go backwards."""

import time
from typing import Callable, List

_postfork_hooks: List[Callable[[], None]] = []


def msec() -> int:
    """Milliseconds on the monotonic clock."""
    return time.monotonic_ns() // 1_000_000


def postfork() -> None:
    """Called in the child after fork(): the monotonic clock needs nothing."""
