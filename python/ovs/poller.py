"""Waiting for descriptors and time: the loop of a program.

    while True:
        thing.run()
        poller = ovs.poller.Poller()
        thing.wait(poller)
        poller.block()
"""

from __future__ import annotations

import errno
import select
from typing import Dict, List, Tuple, Union

import ovs.timeval

POLLIN = 0x001
POLLOUT = 0x004
POLLERR = 0x008
POLLHUP = 0x010
POLLNVAL = 0x020


def _fileno(fd: object) -> int:
    return fd if isinstance(fd, int) else fd.fileno()  # type: ignore[attr-defined]


class _Select:
    """poll() in terms of select(), where the first is missing (or replaced by
    an event library)."""

    def __init__(self) -> None:
        self._fds: Dict[int, int] = {}

    def register(self, fd: object, events: int) -> None:
        """Adds 'events' to what 'fd' is waited for."""
        number = _fileno(fd)
        self._fds[number] = self._fds.get(number, 0) | events

    def poll(self, timeout: float) -> List[Tuple[int, int]]:
        """[(fd, events)] after at most 'timeout' ms; -1 is forever."""
        wanted = self._fds.items()
        ready = select.select(
            [fd for fd, events in wanted if events & POLLIN],
            [fd for fd, events in wanted if events & POLLOUT],
            [fd for fd, events in wanted if events & (POLLERR | POLLHUP | POLLNVAL)],
            None if timeout < 0 else timeout / 1000.0,
        )
        found: Dict[int, int] = {}
        for fds, event in zip(ready, (POLLIN, POLLOUT, POLLERR)):
            for fd in fds:
                found[fd] = found.get(fd, 0) | event
        return list(found.items())


class _Poll(_Select):
    """poll() of the system."""

    def poll(self, timeout: float) -> List[Tuple[int, int]]:
        """[(fd, events)] after at most 'timeout' ms; -1 is forever."""
        poll = select.poll()
        for fd, events in self._fds.items():
            poll.register(fd, events)
        return poll.poll(timeout)


SelectPoll = _Select


def get_system_poll() -> type:
    """poll() if there is one (event libraries take it away), else select()."""
    return _Poll if hasattr(select, "poll") else _Select


class Poller:
    """What to wait for: descriptors and a time; block() then waits once."""

    def __init__(self) -> None:
        self.poll = get_system_poll()()
        self.timeout: Union[int, float] = -1

    def fd_wait(self, fd: object, events: int) -> None:
        """Wakes up when 'fd', a number or an object with fileno(), has one of
        'events' (POLLIN, POLLOUT)."""
        self.poll.register(fd, events)

    def timer_wait(self, msec: Union[int, float]) -> None:
        """Wakes up in 'msec' ms at the latest; if 0 or less, at once."""
        if msec <= 0:
            self.immediate_wake()
        else:
            self.timer_wait_until(ovs.timeval.msec() + msec)

    def timer_wait_until(self, msec: Union[int, float]) -> None:
        """Wakes up at the time 'msec' of ovs.timeval.msec() at the latest."""
        now = ovs.timeval.msec()
        if msec <= now:
            self.immediate_wake()
        else:
            left = msec - now
            if self.timeout < 0 or left < self.timeout:
                self.timeout = left

    def immediate_wake(self) -> None:
        """Does not wait at all."""
        self.timeout = 0

    def block(self) -> None:
        """Waits, then forgets everything."""
        try:
            self.poll.poll(self.timeout)
        except OSError as e:
            if e.errno != errno.EINTR:
                raise
        finally:
            self.__reset()

    def __reset(self) -> None:
        self.poll = get_system_poll()()
        self.timeout = -1
