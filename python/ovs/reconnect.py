"""When to connect, to probe, and to try again: a pure state machine.

The owner reports what happens (connected(), ...), asks run() what to do and
timeout() when to ask again.  All times are ms on one clock of the owner's.
"""

from __future__ import annotations

import os
from typing import Any, Optional

import ovs.util
import ovs.vlog

# What run() says is to be done.
CONNECT = "connect"
DISCONNECT = "disconnect"
PROBE = "probe"

vlog = ovs.vlog.Vlog("reconnect")

_MIN_CONNECT_MS = 1000


class _State:
    """A state; its deadline is in _DEADLINES."""

    def __init__(self, name: str, is_connected: bool) -> None:
        self.name = name
        self.is_connected = is_connected


_VOID = _State("VOID", False)
_LISTENING = _State("LISTENING", False)
_BACKOFF = _State("BACKOFF", False)
_CONNECTING = _State("CONNECT_IN_PROGRESS", False)
_ACTIVE = _State("ACTIVE", True)
_IDLE = _State("IDLE", True)
_RECONNECT = _State("RECONNECT", False)


class ReconnectStats:
    """What get_stats() returns."""

    creation_time: int
    last_activity: int
    last_connected: Optional[int]
    last_disconnected: Optional[int]
    backoff: int
    seqno: int
    is_connected: bool
    msec_since_connect: Optional[int]
    msec_since_disconnect: Optional[int]
    total_connected_duration: int
    n_attempted_connections: int
    n_successful_connections: int
    state: str
    state_elapsed: int


class Reconnect:
    """The state of one connection that is made again when it fails."""

    def __init__(self, now: int) -> None:
        self.name = "void"
        self.min_backoff = 1000
        self.max_backoff = 8000
        self.probe_interval = 5000
        self.passive = False
        self.info_level: Any = lambda text: vlog.info(text)
        self.state = _VOID
        self.state_entered = now
        self.backoff = 0
        self.last_activity = now
        self.last_receive_attempt: Optional[int] = None
        self.last_connected: Optional[int] = None
        self.last_disconnected: Optional[int] = None
        self.max_tries: Optional[int] = None
        self.backoff_free_tries = 0
        self.creation_time = now
        self.n_attempted_connections = 0
        self.n_successful_connections = 0
        self.total_connected_duration = 0
        self.seqno = 0

    # Settings.

    def set_quiet(self, quiet: bool) -> None:
        """Logs at DBG what else goes at INFO."""
        if quiet:
            self.info_level = lambda text: vlog.dbg(text)
        else:
            self.info_level = lambda text: vlog.info(text)

    def get_name(self) -> str:
        """Name in log records."""
        return self.name

    def set_name(self, name: Optional[str]) -> None:
        """Sets the name in log records."""
        self.name = "void" if name is None else name

    def get_min_backoff(self) -> int:
        """The first pause between attempts, in ms."""
        return self.min_backoff

    def get_max_backoff(self) -> int:
        """The longest pause between attempts, in ms."""
        return self.max_backoff

    def get_probe_interval(self) -> int:
        """Idle time in ms after which to probe; 0 is never."""
        return self.probe_interval

    def set_max_tries(self, max_tries: Optional[int]) -> None:
        """Limits the attempts that are left; None is no limit."""
        self.max_tries = max_tries

    def get_max_tries(self) -> Optional[int]:
        """Attempts that are left; None is no limit."""
        return self.max_tries

    def set_backoff(self, min_backoff: int, max_backoff: int) -> None:
        """Sets the first and the longest pause between attempts, in ms."""
        self.min_backoff = max(min_backoff, 1000)
        self.max_backoff = max(max_backoff or 8000, 1000)
        self.max_backoff = max(self.min_backoff, self.max_backoff)
        if self.state is _BACKOFF and self.backoff > self.max_backoff:
            self.backoff = self.max_backoff

    def set_backoff_free_tries(self, backoff_free_tries: int) -> None:
        """So many attempts come without any pause: one per remote."""
        self.backoff_free_tries = backoff_free_tries

    def set_probe_interval(self, probe_interval: Optional[int]) -> None:
        """Probes after so many ms without activity; 0 or None is never."""
        self.probe_interval = max(1000, probe_interval) if probe_interval else 0

    def is_passive(self) -> bool:
        """Whether the peer connects to us."""
        return self.passive

    def set_passive(self, passive: bool, now: int) -> None:
        """Sets whether the peer connects to us."""
        if self.passive == passive:
            return
        self.passive = passive
        if self.state is (_CONNECTING if passive else _LISTENING):
            self.backoff = 0
            self._transition(now, _BACKOFF)

    # Orders.

    def is_enabled(self) -> bool:
        """Whether attempts are made at all."""
        return self.state is not _VOID

    def enable(self, now: int) -> None:
        """Begins to make attempts, if any are left."""
        if self.state is _VOID and self._may_retry():
            self._transition(now, _BACKOFF)
            self.backoff = 0

    def disable(self, now: int) -> None:
        """Makes no more attempts."""
        if self.state is not _VOID:
            self._transition(now, _VOID)

    def force_reconnect(self, now: int) -> None:
        """Drops the connection and connects again."""
        if self.state is _CONNECTING or self.state.is_connected:
            self._transition(now, _RECONNECT)

    # Events.

    def disconnected(self, now: int, error: int) -> None:
        """The connection or the attempt came to its end: 0, EOF or an errno."""
        if self.state in (_BACKOFF, _VOID):
            return
        self._log_end(error)
        if not self._may_retry():
            self._transition(now, _VOID)
            return
        self._back_off()
        self._transition(now, _BACKOFF)

    def _log_end(self, error: int) -> None:
        """Says why the connection or the attempt ended."""
        text = os.strerror(error) if error > 0 else ""
        if self.state.is_connected:
            if error > 0:
                vlog.warn("%s: connection dropped (%s)" % (self.name, text))
            elif error == ovs.util.EOF:
                self.info_level("%s: connection closed by peer" % self.name)
            else:
                self.info_level("%s: connection dropped" % self.name)
        elif self.state is _LISTENING:
            if error > 0:
                vlog.warn("%s: error listening for connections (%s)" % (self.name, text))
            else:
                self.info_level("%s: error listening for connections" % self.name)
        elif self.state is not _RECONNECT and self.backoff < self.max_backoff:
            what = "listen" if self.passive else "connection"
            ending = "failed (%s)" % text if error > 0 else "timed out"
            self.info_level("%s: %s attempt %s" % (self.name, what, ending))

    def _back_off(self) -> None:
        """The pause that follows: none, the shortest, or twice the last."""
        if self.backoff_free_tries > 1:
            self.backoff_free_tries -= 1
            self.backoff = 0
            return
        if self.state.is_connected and (self.passive or self._was_good()):
            self.backoff = 0 if self.passive else self.min_backoff
            return
        what = "trying to listen again" if self.passive else "reconnect"
        if self.backoff < self.min_backoff:
            self.backoff = self.min_backoff
        elif self.backoff < self.max_backoff / 2:
            self.backoff *= 2
            self.info_level(
                "%s: waiting %.3g seconds before %s" % (self.name, self.backoff / 1000.0, what)
            )
        else:
            if self.backoff < self.max_backoff:
                self.info_level(
                    "%s: continuing to %s in the background but suppressing further logging"
                    % (self.name, what)
                )
            self.backoff = self.max_backoff

    def _was_good(self) -> bool:
        """Whether the connection lasted for longer than the last pause."""
        return self.last_activity - (self.last_connected or 0) >= self.backoff

    def connecting(self, now: int) -> None:
        """An attempt begins."""
        if self.state is not _CONNECTING:
            if self.backoff < self.max_backoff:
                what = "listening" if self.passive else "connecting"
                self.info_level("%s: %s..." % (self.name, what))
            self._transition(now, _CONNECTING)

    def listening(self, now: int) -> None:
        """We wait for the peer."""
        if self.state is not _LISTENING:
            self.info_level("%s: listening..." % self.name)
            self._transition(now, _LISTENING)

    def listen_error(self, now: int, error: int) -> None:
        """Listening failed."""
        if self.state is _LISTENING:
            self.disconnected(now, error)

    def connected(self, now: int) -> None:
        """The connection is up."""
        if not self.state.is_connected:
            if self.state is not _LISTENING:
                self.connecting(now)
            self.info_level("%s: connected" % self.name)
            self._transition(now, _ACTIVE)
            self.last_connected = now
            self.last_activity = now

    def connect_failed(self, now: int, error: int) -> None:
        """The attempt failed."""
        self.connecting(now)
        self.disconnected(now, error)

    def activity(self, now: int) -> None:
        """Data arrived."""
        if self.state is not _ACTIVE and self.state is _IDLE:
            self._transition(now, _ACTIVE)
        self.last_activity = now

    def receive_attempted(self, now: int) -> None:
        """The owner looked whether data has arrived.  An owner that says so is
        not told that the peer is silent before it has looked."""
        self.last_receive_attempt = now

    # Answers.

    def _deadline(self, now: int) -> Optional[int]:
        """When run() has something to say; None: not before an event."""
        state = self.state
        if state is _BACKOFF:
            return self.state_entered + self.backoff
        if state is _CONNECTING:
            return self.state_entered + max(_MIN_CONNECT_MS, self.backoff)
        if state is _RECONNECT:
            return self.state_entered
        if not self.probe_interval:
            return None
        if not state.is_connected:
            return None
        since = self.state_entered
        if state is _ACTIVE:
            since = max(self.last_activity, since)
        deadline = since + self.probe_interval
        attempt = self.last_receive_attempt
        if now >= deadline and attempt is not None and attempt < deadline:
            # We were busy with something else.
            return now + 1
        return deadline

    def run(self, now: int) -> Optional[str]:
        """What to do now: CONNECT, DISCONNECT, PROBE or None."""
        deadline = self._deadline(now)
        if deadline is None or now < deadline:
            return None
        if self.state is _BACKOFF:
            return CONNECT
        if self.state is _ACTIVE:
            idle = now - max(self.last_activity, self.state_entered)
            vlog.dbg("%s: idle %d ms, sending inactivity probe" % (self.name, idle))
            self._transition(now, _IDLE)
            return PROBE
        if self.state is _IDLE:
            vlog.err(
                "%s: no response to inactivity probe after %.3g seconds, disconnecting"
                % (self.name, (now - self.state_entered) / 1000.0)
            )
        return DISCONNECT

    def wait(self, poller: Any, now: int) -> None:
        """Wakes 'poller' up when run() has something to say."""
        timeout = self.timeout(now)
        if timeout is not None:
            poller.timer_wait(timeout)

    def timeout(self, now: int) -> Optional[int]:
        """ms until run() has something to say; None: not before an event."""
        deadline = self._deadline(now)
        return None if deadline is None else max(0, deadline - now)

    def is_connected(self) -> bool:
        """Whether the connection is up."""
        return self.state.is_connected

    def get_last_connect_elapsed(self, now: int) -> Optional[int]:
        """ms since the last connection was made; None: never."""
        return None if self.last_connected is None else now - self.last_connected

    def get_last_disconnect_elapsed(self, now: int) -> Optional[int]:
        """ms since the last connection ended; None: never."""
        return None if self.last_disconnected is None else now - self.last_disconnected

    def get_stats(self, now: int) -> ReconnectStats:
        """All that there is to know."""
        stats = ReconnectStats()
        for name in (
            "creation_time",
            "last_activity",
            "last_connected",
            "last_disconnected",
            "backoff",
            "seqno",
            "n_attempted_connections",
            "n_successful_connections",
        ):
            setattr(stats, name, getattr(self, name))
        stats.is_connected = self.is_connected()
        stats.msec_since_connect = self.get_last_connect_elapsed(now)
        stats.msec_since_disconnect = self.get_last_disconnect_elapsed(now)
        stats.total_connected_duration = self.total_connected_duration
        if self.is_connected():
            stats.total_connected_duration += stats.msec_since_connect or 0
        stats.state = self.state.name
        stats.state_elapsed = now - self.state_entered
        return stats

    def _transition(self, now: int, state: _State) -> None:
        if state is _CONNECTING:
            self.n_attempted_connections += 1
        if state.is_connected and not self.state.is_connected:
            self.n_successful_connections += 1
            self.seqno += 1
        elif self.state.is_connected and not state.is_connected:
            self.total_connected_duration += now - (self.last_connected or now)
            self.last_disconnected = now
            self.seqno += 1
        vlog.dbg("%s: entering %s" % (self.name, state.name))
        self.state = state
        self.state_entered = now

    def _may_retry(self) -> bool:
        """Uses up a try, if there is one."""
        if self.max_tries is None:
            return True
        if self.max_tries > 0:
            self.max_tries -= 1
            return True
        return False
