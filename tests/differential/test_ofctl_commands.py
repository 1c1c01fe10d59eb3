"""ovs-ofctl command lines that users type, by every tool on every switch.

Each block runs four times, each time on a fresh simulated switch of the same
configuration: our tool and the peer's, on our switch and the peer's.  What the
peer's tool gets from the peer's switch must come out everywhere: output, error
and exit status.  Only durations are masked, and addresses of simulated ports,
which the peer numbers anew each time.  Flows and ports may come in any order where
none is asked for.  Marks before a line:

    ~   of a feature that is not there yet: our tool says so, and the peer's tool
        gets the same answer from both switches
    !   the same, but a change: our switch refuses it, too, in words of OpenFlow
    <   only the exit status must be the same: what is there differs by design
    ?   only our switch differs by design: our tool prints what the peer's does
"""

import difflib
import re
import shlex

import pytest

from lib.suite import Suite

SETUP = (
    "add-br br0 -- set bridge br0 datapath-type=dummy fail-mode=secure"
    " other-config:datapath-id=0000000000000001 other-config:hwaddr=aa:55:aa:55:00:00"
)
PORTS = ("p1", "p2", "p3", "p4", "veth_l0", "veth_r0")

BLOCKS = {
    "tutorial": """
        add-flow
        add-flow br0
        add-flow br0 action=normal
        add-flow br0 in_port=1,action=output:2
        add-flow br0 in_port=2,output:1
        add-flow -O OpenFlow13 br0 priority=200,in_port=2,output:1
        add-flow br0 in_port=1,action=output:222
        add-flow br0 dl_src=78:45:c4:1c:ba:b9,dl_dst=00:50:56:c0:00:08,action=drop
        add-flow br0 ip,nw_src=30.0.0.1/32,nw_dst=30.0.0.2/32,action=output:222
        add-flow br0 dl_type=0x0800,nw_src=10.0.0.2,action=output:2
        add-flow br0 udp,udp_src=112,udp_dst=2321,action=output:222
        add-flow br0 tcp,tcp_src=888,tcp_dst=999,action=output:222
        dump-flows br0
        del-flows br0
        add-flow br0 "table=0, dl_src=01:00:00:00:00:00/01:00:00:00:00:00, actions=drop"
        add-flow br0 "table=0, dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0, actions=drop"
        add-flow br0 "table=0, priority=0, actions=resubmit(,1)"
        add-flow br0 "table=1, priority=0, actions=drop"
        add-flow br0 "table=1, priority=99, in_port=1, actions=resubmit(,2)"
        add-flows br0 - << "table=1, priority=99, in_port=2, vlan_tci=0, actions=mod_vlan_vid:20, resubmit(,2)"
        add-flow br0 "table=2 actions=learn(table=10, NXM_OF_VLAN_TCI[0..11], NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[], load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]), resubmit(,3)"
        add-flow br0 "table=3 priority=50 actions=resubmit(,10), resubmit(,4)"
        add-flow br0 "table=3 priority=99 dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=resubmit(,4)"
        add-flow br0 "table=4 reg0=1 actions=1"
        add-flows br0 - << "table=4 reg0=2 actions=strip_vlan,2"
        add-flows br0 - << "table=4 reg0=0 priority=99 dl_vlan=20 actions=1,strip_vlan,2"
        dump-flows br0
        dump-flows br0 table=10
        dump-flows br0 table=4
        dump-tables br0
        del-flows br0 table=10
        del-flows br0 in_port=1
        dump-flows br0
        del-flows br0
        dump-flows br0
    """,
    "conntrack": """
        add-flow br0 "table=0, priority=10, in_port=veth_l0, actions=veth_r0"
        add-flow br0 "table=0, priority=10, in_port=veth_r0, actions=veth_l0"
        ?add-flow br0 "table=0, priority=50, ct_state=-trk, tcp, in_port=veth_l0, actions=ct(table=0)"
        ?add-flow br0 "table=0, priority=50, ct_state=+trk+new, tcp, in_port=veth_l0, actions=ct(commit),veth_r0"
        add-flow br0 "table=0, priority=50, ct_state=+trk+est, tcp, in_port=veth_r0, actions=veth_l0"
        add-flow br0 "table=0, priority=50, ct_state=+trk+est, tcp, in_port=nosuch, actions=veth_l0"
        ?--names dump-flows br0
        ?--no-names dump-flows br0
    """,
    "scripts": """
        add-flow br0 priority=3,dl_dst=02:00:00:00:00:00,action=mod_dl_dst:02:00:00:00:00:01,output:1
        add-flow br0 priority=2,in_port=1,dl_type=0x0806,action=NORMAL
        add-flow br0 priority=1,in_port=1,dl_type=0x0800,vlan_tci=0,nw_src=10.0.0.0/8,action=set_field:10.1.1.1->tun_dst,output:3
        add-flow br0 priority=0,action=NORMAL
        add-flow br0 in_port=1,actions=2
        add-flow br0 in_port=2,actions=IN_PORT
        add-flow br0 in_port=3,vlan_tci=0x1234/0x1fff,actions=drop
        add-flow br0 in_port=4,actions=push_vlan:0x8100,set_field:4196->vlan_vid,output:3
        add-flow -O OpenFlow11 br0 in_port=4,actions=push_vlan:0x8100,set_field:4196->vlan_vid,output:3
        add-flow br0 table=0,priority=1000,ipv6,action=drop
        add-flow br0 table=0,priority=1000,dl_dst=ff:ff:ff:ff:ff:ff,dl_src=00:00:00:00:00:09,action=output:1,output:LOCAL,output:2
        add-flow br0 table=0,priority=1000,arp,dl_dst=00:00:00:00:00:09,action=output:1,output:2
        add-flow br0 table=0,priority=999,arp,nw_dst=10.0.0.254,action=output:1
        add-flow br0 table=0,priority=1000,udp,tp_src=68,tp_dst=67,action=output:3
        add-flow br0 table=0,priority=1000,in_port=1,udp,tp_src=67,tp_dst=68,action=drop
        add-flow br0 table=0,priority=499,udp,nw_dst=10.0.0.254,tp_dst=53,action=set_field:00:00:00:00:00:08->dl_dst,output:2
        add-flow br0 table=0,priority=500,ip,nw_dst=100.96.0.0/11,action=set_field:00:00:00:00:00:08->dl_dst,output:2
        add-flow br0 table=5,actions=mod_vlan_vid:1,NORMAL
        add-flow br0 table=6,actions=strip_vlan,load:0x25a->NXM_NX_TUN_ID[],output:3,output:2,output:5,output:4
        add-flow br0 table=7,hard_timeout=300,vlan_tci=0x0e5e/0x0fff,actions=load:0->NXM_OF_VLAN_TCI[],load:0x222->NXM_NX_TUN_ID[],output:4
        dump-flows br0
        -O OpenFlow13 dump-flows br0
        -O OpenFlow14 dump-flows br0
        -O OpenFlow15 dump-flows br0
        -OOpenFlow13 --names --no-stat dump-flows br0
        -OOpenFlow13 diff-flows nosuch.txt br0
        del-flows br0 table=0
        add-flow br0 priority=3,ip,actions=NORMAL
        add-flow br0 priority=2,tcp,actions=NORMAL
        add-flow br0 priority=4,arp,actions=NORMAL
        add-flow br0 priority=0,actions=NORMAL
        -OOpenFlow13 --no-names --sort dump-flows br0 table=0
        --sort --rsort=priority dump-flows br0 table=0
        --sort=priority dump-flows br0 table=0
        --sort=nonsense dump-flows br0 table=0
        dump-aggregate br0
        -O OpenFlow15 dump-aggregate br0 table=5
        --strict del-flows br0 priority=0
        del-flows br0 ip,nw_dst=100.96.0.0/11
        dump-flows br0
    """,
    "switch": """
        show
        show br0
        show nosuch
        ?-O OpenFlow11 show br0
        ?-O OpenFlow12 show br0
        ?-O OpenFlow13 show br0
        ?-O OpenFlow14 show br0
        ?-O OpenFlow15 show br0
        <dump-desc br0
        dump-ports br0
        dump-ports br0 p1
        dump-ports br0 99
        -O OpenFlow11 dump-ports br0
        -O OpenFlow13 dump-ports br0
        ?-O OpenFlow14 dump-ports br0
        ?-O OpenFlow15 dump-ports br0 p2
        dump-ports-desc br0
        -O OpenFlow13 dump-ports-desc br0
        -O OpenFlow14 dump-ports-desc br0
        -O OpenFlow15 dump-ports-desc br0
        -O OpenFlow15 dump-ports-desc br0 2
        -O OpenFlow15 dump-ports-desc br0 99
        mod-port br0 p1 up
        mod-port br0 p2 down
        mod-port br0 p3 no-flood
        mod-port br0 4 no-receive
        mod-port br0 p9 up
        mod-port br0 p1 nonsense
        -O OpenFlow14 mod-port br0 p4 no-forward
        ?-O OpenFlow13 show br0
        set-frags br0 drop
        get-frags br0
        set-frags br0 normal
        set-frags br0 nonsense
        probe br0
        probe nosuch
    """,
    "tables": """
        dump-tables br0
        ?-O OpenFlow11 dump-tables br0
        ?-O OpenFlow12 dump-tables br0
        -O OpenFlow13 dump-tables br0
        -O OpenFlow14 dump-tables br0
        -O OpenFlow15 dump-tables br0
        dump-table-features br0
        -O OpenFlow11 dump-table-features br0
        -O OpenFlow12 dump-table-features br0
        ?-O OpenFlow13 dump-table-features br0
        ?-O OpenFlow14 dump-table-features br0
        ?-O OpenFlow15 dump-table-features br0
        dump-table-desc br0
        -O OpenFlow13 dump-table-desc br0
        -O OpenFlow14 dump-table-desc br0
        -O OpenFlow15 dump-table-desc br0
        mod-table br0 0 drop
        mod-table
        mod-table br0 0
        -O OpenFlow11 mod-table br0 0 drop
        -O OpenFlow11 mod-table br0 1 controller
        -O OpenFlow11 mod-table br0 2 continue
        -O OpenFlow11 mod-table br0 all continue
        -O OpenFlow11 mod-table br0 ALL drop
        -O OpenFlow12 mod-table br0 254 drop
        -O OpenFlow12 mod-table br0 255 drop
        -O OpenFlow12 mod-table br0 256 drop
        -O OpenFlow12 mod-table br0 nosuch drop
        -O OpenFlow12 mod-table br0 0 nonsense
        -O OpenFlow12 mod-table br0 0 evict
        -O OpenFlow13 mod-table br0 0 drop
        -O OpenFlow13 mod-table br0 0 controller
        -O OpenFlow13 mod-table br0 0 evict
        -O OpenFlow14 mod-table br0 0 drop
        -O OpenFlow14 mod-table br0 0 evict
        -O OpenFlow14 dump-table-desc br0
        -O OpenFlow14 mod-table br0 0 noevict
        -O OpenFlow14 dump-table-desc br0
        -O OpenFlow15 mod-table br0 3 evict
        -O OpenFlow15 dump-table-desc br0
        -O OpenFlow14 mod-table br0 0 novacancy
        -O OpenFlow14 mod-table br0 0 vacancy:20
        -O OpenFlow14 mod-table br0 0 vacancy:80,20
        -O OpenFlow14 mod-table br0 0 vacancy:x,y
        --names -O OpenFlow13 add-flow br0 table=0,actions=drop
        -O OpenFlow13 add-flow br0 table=1,actions=drop
        -O OpenFlow14 add-flow br0 table=nosuch,actions=drop
        -O OpenFlow14 del-flows br0
    """,
    "groups": """
        dump-groups br0
        -O OpenFlow11 dump-groups br0
        -O OpenFlow13 dump-groups br0
        -O OpenFlow15 dump-groups br0
        -O OpenFlow15 dump-groups br0 5
        -O OpenFlow15 dump-groups br0 foo
        -O OpenFlow13 dump-group-stats br0
        -O OpenFlow15 dump-group-stats br0 5
        -O OpenFlow15 dump-group-stats br0 group_id=5
        ?-O OpenFlow12 dump-group-features br0
        ?-O OpenFlow15 dump-group-features br0
        add-group br0 group_id=1,type=all,bucket=output:2,bucket=output:3 -O openflow11
        add-group br0 group_id=2,type=select,bucket=output:2,bucket=output:3 -O openflow11
        add-group br0 group_id=0,type=ff,bucket=weight:0,watch_port:2,watch_group:0,actions=output:2 -O openflow11
        add-group br0 group_id=3,type=select,selection_method=hash,fields(ip_dst=255.255.255.0,tcp_src),bucket=output:2
        -O OpenFlow15 add-group br0 group_id=4,type=ff,bucket=watch_port:2,output:2,bucket=watch_group:1,output:3
        -O OpenFlow13 mod-group br0 group_id=1,type=all,bucket=output:3
        -O OpenFlow13 --may-create mod-group br0 group_id=9,type=indirect,bucket=set_queue:1,output:p1
        -O OpenFlow15 insert-buckets br0 group_id=1,command_bucket_id=first,bucket=bucket_id=5,output:1
        -O OpenFlow15 remove-buckets br0 group_id=1,command_bucket_id=last
        -O OpenFlow13 insert-buckets br0 group_id=1,command_bucket_id=first,bucket=bucket_id=5,output:1
        -O OpenFlow13 remove-buckets br0 group_id=1
        add-groups br0 - << "add group_id=7,type=all"
        -O OpenFlow15 add-groups br0 - << "mod group_id=7,type=all,bucket=drop"
        add-groups br0 - << "group_id=7,type=none"
        add-groups br0 /nonexistent
        dump-groups br0
        -O OpenFlow11 dump-groups br0
        -O OpenFlow15 dump-groups br0 3
        -O OpenFlow12 dump-group-stats br0
        -O OpenFlow15 dump-group-stats br0
        --names dump-groups br0 77
        del-groups br0 group_id=1
        -O OpenFlow15 del-groups br0 group_id=1,type=all
        del-groups br0 1
        -O OpenFlow13 del-groups br0
        dump-groups br0
        add-group br0
        mod-group br0 group_id=1
        insert-buckets br0 group_id=1
    """,
    "meters": """
        -O OpenFlow13 del-meters br0
        -O OpenFlow13 meter-features br0
        -O OpenFlow15 meter-features br0
        -O OpenFlow13 dump-meters br0
        -O OpenFlow13 meter-stats br0
        add-meter br0 meter=1,kbps,band=type=drop,rate=5000
        -O OpenFlow13 add-meter br0 meter=1,kbps,band=type=drop,rate=5000
        -O OpenFlow13 add-meter br0 meter=1,kbps,band=type=drop,rate=5000
        -O OpenFlow13 mod-meter br0 meter=2,kbps,band=type=drop,rate=5000
        -O OpenFlow13 add-meter br0 "meter=2 pktps burst stats bands=type=drop rate=1 burst_size=5 type=dscp_remark rate=5 prec_level=3 burst_size=7"
        -O OpenFlow13 dump-meters br0
        -O OpenFlow15 dump-meters br0
        -O OpenFlow13 dump-meter br0 meter=2
        -O OpenFlow13 dump-meter br0 2
        -O OpenFlow13 dump-meter br0 meter=9
        -O OpenFlow13 meter-stats br0
        -O OpenFlow13 meter-stats br0 meter=2
        -O OpenFlow15 meter-stats br0 meter=all
        -O OpenFlow13 meter-stats br0 meter=9
        -O OpenFlow13 add-meter br0 meter=3,kbps
        -O OpenFlow13 add-meter br0 meter=0,kbps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=controller,pktps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=virt,pktps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=all,pktps,band=type=drop,rate=1
        -O OpenFlow13 dump-meters br0
        -O OpenFlow13 add-meter br0 meter=4,pktps,band=type=drop,rate=1,band=type=drop,rate=2
        -O OpenFlow13 add-meter br0 meter=5,pktps,bands=type=drop,rate=1,type=drop,rate=2,type=drop,rate=4,type=drop,rate=2,type=drop,rate=1,type=drop,rate=2,type=drop,rate=4,type=drop,rate=2,type=drop,rate=2
        -O OpenFlow13 mod-meter br0 meter=1,pktps,bands=type=drop,rate=9
        -O OpenFlow13 dump-meters br0
        -O OpenFlow13 del-meter br0 meter=1
        -O OpenFlow13 dump-meters br0
        -O OpenFlow13 del-meter br0 meter=1
        -O OpenFlow13 del-meters br0 meter=2
        -O OpenFlow13 del-meters br0 
        -O OpenFlow13 meter-stats br0
        -O OpenFlow13 add-meter br0 meter=4294967295,kbps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=256000,kbps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=250000,kbps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=7,kbps,pktps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=7,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=8,foo,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=8,kbps,band=type=foo,rate=1
        -O OpenFlow13 add-meter br0 meter=8,kbps,band=rate=1
        -O OpenFlow13 add-meter br0 meter=8,kbps,band=type=drop
        -O OpenFlow13 add-meter br0 meter=8,kbps,band=type=drop,rate=1,prec_level=4
        -O OpenFlow13 add-meter br0 meter=8,kbps,band=type=drop,rate=1,burst_size=4
        -O OpenFlow13 add-meter br0 meter=8,kbps,burst,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=9,kbps,burst,band=type=drop,rate=1,burst_rate=4
        -O OpenFlow13 add-meter br0 kbps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 ""
        -O OpenFlow13 add-meter br0 meter=10
        -O OpenFlow13 add-meter br0 meter=10,band
        -O OpenFlow13 add-meter br0 meter=10,band=rate=
        -O OpenFlow13 add-meter br0 meter=10,band=rate=x
        -O OpenFlow13 add-meter br0 meter=x,kbps,band=type=drop,rate=1
        -O OpenFlow13 add-meter br0 meter=11,kbps,band=type=dscp_remark,rate=1,prec_level=300
        -O OpenFlow13 add-meter br0 meter=11,kbps,band=type=dscp_remark,rate=1
        -O OpenFlow13 add-meter br0 meter=12,kbps,band=type=drop,rate=0
        -O OpenFlow13 mod-meter br0 meter=12
        -O OpenFlow13 del-meter br0 foo=1
        -O OpenFlow13 del-meter br0 
        -O OpenFlow13 dump-meters br0
        dump-meters br0
        meter-stats br0
        meter-features br0
        del-meters br0
        del-meter br0 meter=1
        dump-meter br0
        meter-stats br0 meter=0
        meter-stats br0 foo=1
        dump-meters br0 meter=1 x
        -O OpenFlow12 dump-meters br0
        -O OpenFlow14 dump-meter br0 meter=1,kbps
        -O OpenFlow13 dump-meter br0 meter=1,band=type=drop,rate=3
        -O OpenFlow14 add-meter br0 kbps,band=rate=1
        -O OpenFlow14 add-meter br0 band=type=drop,rate=1
        -O OpenFlow14 add-meter br0 kbps,band=type=drop,burst_size=1
        -O OpenFlow14 add-meter br0 meter=1,kbps,band=type=drop,rate=1,burst_size=1,type=drop
        -O OpenFlow14 add-meter br0 meter=1,kbps,band=type=drop,foo=1
        -O OpenFlow14 add-meter br0 meter=1,kbps,band=type=drop,foo
        -O OpenFlow14 add-meter br0 meter=1,kbps,band=type=drop,rate
        -O OpenFlow14 add-meter br0 meter=1,meter=2,kbps,band=type=drop,rate=1
        -O OpenFlow14 add-meter br0 meter=3,kbps,band=type=drop,rate=1,rate=6
        -O OpenFlow14 add-meter br0 meter,kbps,band=type=drop,rate=1
        -O OpenFlow14 add-meter br0 meter=3,kbps=4,band=type=drop,rate=1
        -O OpenFlow14 add-meter br0 meter=4,kbps,band=
        -O OpenFlow14 add-meter br0 meter=ALL,kbps,band=type=drop,rate=1
        -O OpenFlow14 add-meter br0 meter=0x40,kbps,band=type=drop,rate=1
        -O OpenFlow14 add-meter br0 meter=5,kbps,band=type=drop,rate=1,type=drop
        -O OpenFlow14 add-meter br0 meter=5,kbps,band=type=dscp_remark,rate=1,prec_level=0
        -O OpenFlow14 add-meter br0 meter=5,pktps,burst,band=type=drop,rate=1,burst_size=0
        -O OpenFlow14 dump-meters br0
        ?-O OpenFlow13 add-meter br0 meter=slowpath,pktps,band=type=drop,rate=1
        ?-O OpenFlow13 dump-meters br0
        ?-O OpenFlow14 dump-meter br0 meter=slowpath
    """,
    "queries": """
        queue-stats br0
        queue-stats br0 1
        queue-stats br0 1 0
        queue-stats br0 1 7
        queue-stats br0 99
        -O OpenFlow13 queue-stats br0
        -O OpenFlow14 queue-stats br0 ALL 0
        queue-get-config br0 1
        queue-get-config br0 1 0
        -O OpenFlow11 queue-get-config br0
        -O OpenFlow13 queue-get-config br0 1
        -O OpenFlow13 queue-get-config br0
        -O OpenFlow14 queue-get-config br0
        -O OpenFlow14 queue-get-config br0 1 0
        -O OpenFlow15 queue-get-config br0 1
        queue-stats br0 p1 0
        queue-stats br0 ALL 7
        queue-stats br0 1 x
        queue-stats br0 ANY
        queue-stats br0 LOCAL ALL
        queue-stats br0 foo
        queue-stats br0 1 2 3
        -O OpenFlow13 queue-stats br0 CONTROLLER
        queue-get-config br0
        queue-get-config br0 99
        queue-get-config br0 LOCAL
        queue-get-config br0 ALL
        -O OpenFlow12 queue-get-config br0 99
        -O OpenFlow14 queue-get-config br0 any
        -O OpenFlow14 queue-get-config br0 foo
        -O OpenFlow15 queue-get-config br0 ALL all
    """,
    "changes": """
        !bundle br0 - << "flow add table=9,actions=drop"
        !-O OpenFlow14 bundle br0 - << "flow add table=9,actions=drop"
        !add-tlv-map br0 {class=0xffff,type=0,len=4}->tun_metadata0
        !ct-flush-zone br0 5
        !ct-flush br0 zone=5
    """,
}  # fmt: skip

LATER = """
    dump-ipfix-bridge br0; dump-ipfix-flow br0; ct-flush-zone br0 1; ct-flush br0
    ofp-parse-pcap x; bundle br0 x; add-tlv-map br0 x; del-tlv-map br0; dump-tlv-map br0
"""


def answer(suite, tool, line):
    """(exit status, output, error) of a line, masked."""
    line, _, text = line.partition(" << ")
    words = shlex.split(line)
    result = suite.run("ovs-ofctl", *words, kind=tool, input=shlex.split(text)[0] if text else None)

    def normal(text):
        text = text.replace(str(suite.run_dir), "RUN")
        text = re.sub(r"(?<= addr:aa:55:aa:55:00:)[0-9a-f]+", "?", text)
        # Later versions have more registers.
        text = re.sub(r"(x*reg0\.\.\.x*reg)\d+", r"\1N", text)
        # The peer warns of values that it sends itself.
        text = re.sub(r".*\|WARN\|bad table miss config 3\n", "", text)
        return re.sub(r"(duration|time|idle_age|hard_age)[=:][0-9.]+(s| ms|)", r"\1=?", text)

    return result.code, ordered(normal(result.out), words), normal(result.err)


def ordered(text, words):
    """'text' with entries without an order, flows or ports, in a fixed one."""
    if "--sort" in words:
        return text
    if "dump-flows" in words:
        return "".join(sorted(text.splitlines(keepends=True)))
    if {"dump-groups", "dump-group-stats"} & set(words):
        head, *entries = re.split(r"(?m)^(?= group_id)", text)
        return head + "".join(sorted(entries))
    if {"dump-meters", "meter-stats"} & set(words):
        head, *entries = re.split(r"(?m)^(?=meter)", text)
        return head + "\n".join(sorted(entry.strip() for entry in entries))
    if {"dump-ports", "queue-stats", "queue-get-config"} & set(words):
        if "queue-get-config" in words:
            text = re.sub(r"xid=0x[0-9a-f]+", "xid", text)  # One message a port.
        head, *entries = re.split(r"(?m)^(?=  port|queue|OFPT_QUEUE)", text)
        return head + "".join(sorted(entries))
    return text


def switch(suite):
    suite.start_dummy()
    words = SETUP.split()
    for number, name in enumerate(PORTS, 1):
        words += ["--", "add-port", "br0", name, "--", "set", "interface", name, "type=dummy"]
        words += [f"ofport_request={number}"]
    suite.vsctl(*words)


@pytest.fixture
def four(peer, tmp_path):
    """{(tool, switch): suite}, each with a switch of its own."""
    suites = {("peer", "peer"): peer}
    for tool, kind in (("ours", "ours"), ("peer", "ours"), ("ours", "peer")):
        suites[tool, kind] = Suite(kind, tmp_path / f"{tool}-on-{kind}")
    try:
        for suite in suites.values():
            switch(suite)
        yield suites
    finally:
        for suite in suites.values():
            for process in suite.processes if suite.kind == "peer" else ():
                process.kill()
            suite.stop()


def shown(pair, line, mine, expected):
    """A complaint as text."""
    if isinstance(expected, tuple):
        parts = [[str(part[0]), *(part[1] + part[2]).splitlines()] for part in (expected, mine)]
        expected = "\n".join(list(difflib.unified_diff(*parts, n=0, lineterm=""))[2:])
    else:
        expected = f"{mine}, not {expected}"
    return f"{line}: {pair[0]} tool on {pair[1]} switch:\n{expected}"


def unsaid(got):
    return got[0] != 1 or "is not supported yet" not in got[2]


def complaints(mark, got):
    """What is wrong with the answers by (tool, switch) to a line."""
    expected = got["peer", "peer"]
    for pair, mine in got.items():
        tool, kind = pair
        if mark in ("~", "!") and tool == "ours":
            if unsaid(mine):
                yield pair, mine, "is not supported yet"
        elif mark == "!" and kind == "ours":
            if mine[0] == 0 and expected[0] == 0:
                yield pair, mine, "a refusal"
        elif mark == "<":
            if mine[0] != expected[0]:
                yield pair, mine, expected
        elif mine != (got["peer", kind] if mark == "?" else expected):
            yield pair, mine, got["peer", kind] if mark == "?" else expected


@pytest.mark.parametrize("name", BLOCKS)
def test_every_tool_on_every_switch(four, name):
    found = []
    for line in BLOCKS[name].strip().splitlines():
        line = line.strip()
        mark, line = (line[0], line[1:]) if line[0] in "~!<?" else ("", line)
        got = {pair: answer(suite, pair[0], line) for pair, suite in four.items()}
        for pair, mine, expected in complaints(mark, got):
            found.append(shown(pair, line, mine, expected))
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("line", re.split(r"; |\n", LATER.strip()))
def test_later_commands_say_so(ours, line):
    command = line.split()[0]
    code, out, err = answer(ours, "ours", line.strip())
    assert (code, out) == (1, "")
    assert err == f"ovs-ofctl: {command} is not supported yet\n"
