"""The advanced-features tutorial, typed into a simulated switch.

The golden transcript holds every command with what it prints; ages and
durations are masked.  The peer, where it is there, must print the same.
"""

import re
import shlex

MULTICAST = "01:00:00:00:00:00/01:00:00:00:00:00"

SETUP = """
ovs-vsctl add-br br0 -- set Bridge br0 fail-mode=secure
ovs-vsctl add-port br0 p1 -- set Interface p1 ofport_request=1
ovs-ofctl mod-port br0 p1 up
ovs-vsctl add-port br0 p2 -- set Interface p2 ofport_request=2
ovs-ofctl mod-port br0 p2 up
ovs-vsctl add-port br0 p3 -- set Interface p3 ofport_request=3
ovs-ofctl mod-port br0 p3 up
ovs-vsctl add-port br0 p4 -- set Interface p4 ofport_request=4
ovs-ofctl mod-port br0 p4 up
"""

TABLE_0 = f"""
ovs-ofctl add-flow br0 "table=0, dl_src={MULTICAST}, actions=drop"
ovs-ofctl add-flow br0 "table=0, dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0, actions=drop"
ovs-ofctl add-flow br0 "table=0, priority=0, actions=resubmit(,1)"
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=01:80:c2:00:00:05
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=01:80:c2:00:00:10
"""

TABLE_1 = """
ovs-ofctl add-flow br0 "table=1, priority=0, actions=drop"
ovs-ofctl add-flow br0 "table=1, priority=99, in_port=1, actions=resubmit(,2)"
ovs-ofctl add-flows br0 - <<"table=1, priority=99, in_port=2, vlan_tci=0, actions=mod_vlan_vid:20, resubmit(,2)"
ovs-ofctl add-flows br0 - <<"table=1, priority=99, in_port=3, vlan_tci=0, actions=mod_vlan_vid:30, resubmit(,2)"
ovs-ofctl add-flows br0 - <<"table=1, priority=99, in_port=4, vlan_tci=0, actions=mod_vlan_vid:30, resubmit(,2)"
ovs-appctl ofproto/trace br0 in_port=1,vlan_tci=5
ovs-appctl ofproto/trace br0 in_port=2
ovs-appctl ofproto/trace br0 in_port=2,vlan_tci=5
"""

LEARN = (
    "learn(table=10, NXM_OF_VLAN_TCI[0..11], NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
    " load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15])"
)

TABLE_2 = f"""
ovs-ofctl add-flow br0 "table=2 actions={LEARN}, resubmit(,3)"
ovs-appctl ofproto/trace br0 in_port=1,vlan_tci=20,dl_src=50:00:00:00:00:01 -generate
ovs-ofctl dump-flows br0 table=10
ovs-appctl ofproto/trace br0 in_port=2,dl_src=50:00:00:00:00:01 -generate
ovs-ofctl dump-flows br0 table=10
"""

TABLE_3 = f"""
ovs-ofctl add-flow br0 "table=3 priority=50 actions=resubmit(,10), resubmit(,4)"
ovs-ofctl add-flow br0 "table=3 priority=99 dl_dst={MULTICAST} actions=resubmit(,4)"
ovs-appctl ofproto/trace br0 in_port=1,dl_vlan=20,dl_src=f0:00:00:00:00:01,dl_dst=90:00:00:00:00:01 -generate
ovs-ofctl dump-flows br0 table=10
ovs-ofctl del-flows br0 table=10
ovs-appctl ofproto/trace br0 in_port=1,dl_vlan=20,dl_src=f0:00:00:00:00:01,dl_dst=90:00:00:00:00:01 -generate
ovs-appctl ofproto/trace br0 in_port=2,dl_src=90:00:00:00:00:01,dl_dst=f0:00:00:00:00:01 -generate
ovs-appctl ofproto/trace br0 in_port=1,dl_vlan=20,dl_src=f0:00:00:00:00:01,dl_dst=90:00:00:00:00:01 -generate
"""

TABLE_4 = """
ovs-ofctl add-flow br0 "table=4 reg0=1 actions=1"
ovs-ofctl add-flows br0 - <<"table=4 reg0=2 actions=strip_vlan,2"
ovs-ofctl add-flows br0 - <<"table=4 reg0=3 actions=strip_vlan,3"
ovs-ofctl add-flows br0 - <<"table=4 reg0=4 actions=strip_vlan,4"
ovs-ofctl add-flows br0 - <<"table=4 reg0=0 priority=99 dl_vlan=20 actions=1,strip_vlan,2"
ovs-ofctl add-flows br0 - <<"table=4 reg0=0 priority=99 dl_vlan=30 actions=1,strip_vlan,3,4"
ovs-ofctl add-flows br0 - <<"table=4 reg0=0 priority=50            actions=1"
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=ff:ff:ff:ff:ff:ff,dl_vlan=30
ovs-appctl ofproto/trace br0 in_port=3,dl_dst=ff:ff:ff:ff:ff:ff
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=ff:ff:ff:ff:ff:ff
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=ff:ff:ff:ff:ff:ff,dl_vlan=55
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=ff:ff:ff:ff:ff:ff,dl_vlan=20
ovs-appctl ofproto/trace br0 in_port=2,dl_dst=ff:ff:ff:ff:ff:ff
ovs-appctl ofproto/trace br0 in_port=4,dl_dst=ff:ff:ff:ff:ff:ff
ovs-appctl ofproto/trace br0 in_port=4,dl_dst=01:00:00:00:00:00
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=90:12:34:56:78:90,dl_vlan=20
ovs-appctl ofproto/trace br0 in_port=1,dl_dst=90:12:34:56:78:90,dl_vlan=30
ovs-appctl ofproto/trace br0 in_port=1,dl_vlan=30,dl_src=10:00:00:00:00:01,dl_dst=20:00:00:00:00:01 -generate
ovs-appctl ofproto/trace br0 in_port=4,dl_src=20:00:00:00:00:01,dl_dst=10:00:00:00:00:01 -generate
ovs-appctl ofproto/trace br0 in_port=1,dl_vlan=30,dl_src=10:00:00:00:00:01,dl_dst=20:00:00:00:00:01 -generate
ovs-ofctl --sort dump-flows br0
ovs-appctl fdb/show br0
ovs-ofctl show br0
"""


def masked(text):
    """'text' without what differs from run to run."""
    text = re.sub(r"(duration|idle_age|hard_age)=[0-9.]+s?", r"\1=?", text)
    text = re.sub(r"xid=0x[0-9a-f]+", "xid=?", text)
    text = re.sub(r"dpid:[0-9a-f]{16}", "dpid:?", text)
    # Simulated devices count their addresses from the start of the program.
    return re.sub(r"(\(\w+\): addr):[0-9a-f:]+", r"\1:?", text)


def transcript(suite, script):
    """Every command of 'script' with its output."""
    lines = []
    for command in filter(None, script.splitlines()):
        lines.append("$ " + command)
        command, _, given = command.partition(" <<")
        program, *args = shlex.split(command)
        given = shlex.split(given)[0] + "\n" if given else None
        result = suite.run(program, *args, input=given)
        lines.append(masked(result.out + result.err).rstrip("\n"))
        if result.code:
            lines.append(f"exit {result.code}")
    return "\n".join(line for line in lines if line) + "\n"


def test_advanced_tutorial(either, golden):
    either.start_dummy()
    script = SETUP + TABLE_0 + TABLE_1 + TABLE_2 + TABLE_3 + TABLE_4
    text = transcript(either, script)
    golden("tutorial/advanced.txt", text)
