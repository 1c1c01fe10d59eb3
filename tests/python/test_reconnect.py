"""The state machine of connections, on a clock of the tests' own."""

import errno

import pytest

import ovs.reconnect
import ovs.util

FIRST = """
0     enable
0     run -> connect
0     connecting
0     state CONNECT_IN_PROGRESS
"""

# At TIME ms: a method with arguments, or "run", "timeout", "state" -> what it
# says.
SCENARIOS = {
    "pauses double up to the limit": """
0     timeout -> None
0     run -> None
0     enable
0     run -> connect
0     connect_failed REFUSED
0     run -> None
0     timeout -> 1000
1000  run -> connect
1000  connect_failed REFUSED
1000  timeout -> 2000
3000  connect_failed REFUSED
3000  timeout -> 4000
7000  connect_failed REFUSED
7000  timeout -> 8000
15000 connect_failed REFUSED
15000 timeout -> 8000
""",
    "an attempt times out": FIRST + """
0     timeout -> 1000
999   run -> None
1000  run -> disconnect
1000  disconnected 0
1000  state BACKOFF
1000  timeout -> 1000
""",
    "an idle peer is probed, then dropped": FIRST + """
500   connected
500   state ACTIVE
3000  activity
7999  run -> None
8000  run -> probe
8000  state IDLE
9000  activity
9000  state ACTIVE
14000 run -> probe
14000 timeout -> 5000
19000 run -> disconnect
19000 disconnected 0
19000 timeout -> 1000
""",
    "who was busy looks for data before he judges": FIRST + """
0     connected
100   receive_attempted
9000  run -> None
9000  timeout -> 1
9000  receive_attempted
9000  run -> probe
20000 run -> None
20000 receive_attempted
20000 run -> disconnect
""",
    "without probes a connection lasts": FIRST + """
0     set_probe_interval 0
0     connected
0     timeout -> None
99999 run -> None
""",
    "probes come at most every second": FIRST + """
0     set_probe_interval 10
0     connected
0     timeout -> 1000
""",
    "every remote is tried at once": """
0     set_backoff_free_tries 3
0     enable
0     connect_failed REFUSED
0     run -> connect
0     connect_failed REFUSED
0     run -> connect
0     connect_failed REFUSED
0     timeout -> 1000
""",
    "tries may be limited": """
0     set_max_tries 1
0     enable
0     run -> connect
0     connect_failed REFUSED
0     state VOID
0     timeout -> None
""",
    "a forced connection is made again": FIRST + """
0     connected
100   force_reconnect
100   run -> disconnect
100   disconnected 0
100   timeout -> 1000
1100  run -> connect
""",
    "a short connection does not reset the pause": """
0     enable
0     connect_failed REFUSED
1000  connect_failed REFUSED
3000  connecting
3000  connected
3100  disconnected EOF
3100  timeout -> 4000
""",
    "a good connection resets the pause": """
0     enable
0     connect_failed REFUSED
1000  connect_failed REFUSED
3000  connected
6000  activity
6100  disconnected EOF
6100  timeout -> 1000
""",
    "who listens waits, and listens again": """
0     set_passive True
0     enable
0     run -> connect
0     listening
0     timeout -> None
900   connected
900   state ACTIVE
950   disconnected EOF
950   timeout -> 0
950   run -> connect
950   listening
950   listen_error REFUSED
950   timeout -> 1000
""",
    "nothing happens when disabled": FIRST + """
0     connected
10    disable
10    state VOID
10    timeout -> None
""",
}
VALUES = {"REFUSED": errno.ECONNREFUSED, "EOF": ovs.util.EOF, "0": 0, "True": True}
UNTIMED = {"set_probe_interval", "set_backoff_free_tries", "set_max_tries"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name):
    fsm = ovs.reconnect.Reconnect(0)
    for line in SCENARIOS[name].split("\n"):
        if not line:
            continue
        call, _, expected = line.partition(" -> ")
        time, method, *words = call.split()
        args = [VALUES.get(word, word) for word in words]
        if method == "state":
            assert fsm.get_stats(int(time)).state == words[0], line
        elif method in ("run", "timeout"):
            assert str(getattr(fsm, method)(int(time))) == expected, line
        elif method in UNTIMED:
            getattr(fsm, method)(*map(int, args))
        elif method in ("set_passive",):
            fsm.set_passive(*args, int(time))
        else:
            getattr(fsm, method)(int(time), *args)


def test_statistics():
    fsm = ovs.reconnect.Reconnect(0)
    fsm.enable(0)
    fsm.connect_failed(100, errno.ECONNREFUSED)
    fsm.connected(2000)
    fsm.disconnected(5000, 0)
    fsm.connected(7000)

    stats = fsm.get_stats(7500)

    assert (stats.n_attempted_connections, stats.n_successful_connections) == (3, 2)
    assert stats.total_connected_duration == 3500
    assert (stats.msec_since_connect, stats.msec_since_disconnect) == (500, 2500)
    assert (stats.is_connected, stats.state, stats.state_elapsed) == (True, "ACTIVE", 500)
    assert stats.seqno == 3


def test_backoff_has_bounds():
    fsm = ovs.reconnect.Reconnect(0)
    fsm.set_backoff(10, 5)

    assert (fsm.get_min_backoff(), fsm.get_max_backoff()) == (1000, 1000)
    fsm.set_backoff(3000, 0)
    assert (fsm.get_min_backoff(), fsm.get_max_backoff()) == (3000, 8000)
