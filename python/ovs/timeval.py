"""The clock: milliseconds that never go backwards."""

import time


def msec() -> int:
    """Milliseconds on the monotonic clock."""
    return time.monotonic_ns() // 1_000_000
