"""Waiting: for descriptors, for a time, not at all."""

import select
import socket

import pytest

import ovs.poller
import ovs.timeval


@pytest.fixture(params=["poll", "select"])
def poller(request, monkeypatch):
    """A poller; event libraries take poll() away."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll")
    return ovs.poller.Poller()


def waits(poller):
    """What the poller would wait for at most, and what wakes it up."""
    return poller.timeout, poller.poll.poll(poller.timeout)


def test_readable_and_writable_descriptors_wake_up(poller):
    a, b = socket.socketpair()
    with a, b:
        poller.fd_wait(a, ovs.poller.POLLIN)
        poller.fd_wait(b.fileno(), ovs.poller.POLLIN)
        b.send(b"x")

        assert waits(poller) == (-1, [(a.fileno(), ovs.poller.POLLIN)])

        poller.fd_wait(b, ovs.poller.POLLOUT)
        assert sorted(waits(poller)[1]) == sorted(
            [(a.fileno(), ovs.poller.POLLIN), (b.fileno(), ovs.poller.POLLOUT)]
        )


def test_block_forgets(poller):
    a, b = socket.socketpair()
    with a, b:
        poller.fd_wait(a, ovs.poller.POLLOUT)
        poller.immediate_wake()
        poller.block()
        poller.timer_wait(0)

        assert waits(poller) == (0, [])


def test_shortest_time_counts(poller):
    poller.timer_wait(60000)
    poller.timer_wait(30)
    poller.timer_wait_until(ovs.timeval.msec() + 50000)
    assert 0 < poller.timeout <= 30

    poller.timer_wait_until(ovs.timeval.msec() - 1)
    assert poller.timeout == 0
    poller.timer_wait(10)
    assert poller.timeout == 0
    poller.block()
