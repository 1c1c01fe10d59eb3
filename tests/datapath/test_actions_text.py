"""Texts of datapath actions: as users write them and as we print them."""

import pytest

# What goes in, and what comes out where that differs.
ACTIONS = [
    ("drop", None),
    ("1,2,,3", "1,2,3"),
    ("push_vlan(vid=5,pcp=2)", None),
    ("push_vlan(vid=5,pcp=2,cfi=0)", None),
    ("push_vlan(tpid=0x88a8,vid=0,pcp=0)", None),
    ("pop_vlan,clone(1,2)", None),
    ("sample(sample=10.0%,actions(2))", None),
    ("userspace(pid=0,slow_path(action))", None),
    (
        "userspace(pid=5,controller(reason=1,dont_send=0,continuation=0,"
        "recirc_id=5,rule_cookie=0x1,controller_id=0,max_len=65535))",
        None,
    ),
    ("userspace(pid=1)", "userspace(pid=1,userdata(" + "00" * 48 + "))"),
    ("userspace(pid=6633,sFlow(vid=9,pcp=7,output=10),actions)", None),
    ("trunc(100),recirc(5)", "trunc(100),recirc(0x5)"),
    ("set(eth(src=00:00:00:00:00:01/ff:ff:ff:ff:ff:00))", None),
    ("set(ipv4(src=1.2.3.4,ttl=64/0xff))", "set(ipv4(src=1.2.3.4,ttl=64))"),
    ("set(tunnel(tun_id=0x5,dst=1.2.3.4,ttl=64,flags(df|key)))", None),
    ("set(ipv6(src=::1/ffff::))", None),
    ("check_pkt_len(size=200,gt(drop),le(5))", None),
    ("meter(3),ct_clear,lb_output(5),tnl_pop(4),pop_nsh()", None),
    ("add_mpls(label=3,tc=0,ttl=64,bos=1,eth_type=0x8847)", None),
]
BAD = ["bogus", "set(eth(src=1))", "set(foo(1))", "lb_output(br)", "hash(l4(0))", "pop_eth"]


@pytest.mark.parametrize("text,printed", ACTIONS)
def test_actions_are_printed_as_written(either, text, printed):
    done = either.run("ovs-dpctl", "parse-actions", text)
    assert (done.code, done.out) == (0, (printed or text) + "\n")


@pytest.mark.parametrize("text", BAD)
def test_bad_actions_are_refused(either, text):
    done = either.run("ovs-dpctl", "parse-actions", text)
    assert done.code == 1
    assert done.err == "ovs-dpctl: odp_actions_from_string (Invalid argument)\n"
