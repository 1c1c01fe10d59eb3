"""Packets cut short at every length: none is lost on the way to its flow, and
nothing breaks."""

import struct

import pytest

MACS = "50540000000a" + "505400000009"
ADDRESSES6 = "20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02"


def ip4(proto, payload, words=5):
    """An IPv4 packet with options up to 'words', in hex."""
    size = words * 4 + len(payload) // 2
    return (struct.pack("!BBHHHBBH", 0x40 | words, 0, size, 1, 0, 64, proto, 0).hex()
            + "0a0000010a000002" + "01" * (words * 4 - 20) + payload)


def ip6(proto, payload):
    """An IPv6 packet, in hex."""
    return struct.pack("!IHBB", 6 << 28, len(payload) // 2, proto, 64).hex() + ADDRESSES6 + payload


TCP = "03e80050000000010000000250100200" + "00000000" + "68656c6c6f"
UDP = "03e80035000c0000" + "61626364"
FRAMES = {
    "tcp": "0800" + ip4(6, TCP),
    "options": "0800" + ip4(6, TCP, words=9),
    "sctp": "0800" + ip4(132, "03e807d00000000100000000" + "03000004"),
    "icmp": "0800" + ip4(1, "0800000000010001"),
    "igmp": "0800" + ip4(2, "1100ee9b01020304"),
    "tagged-twice": "88a80007" + "81006005" + "0800" + ip4(17, UDP),
    "extensions": "86dd" + ip6(0, "3c00" + "00" * 6 + "2b00" + "00" * 6 + "2c00" + "00" * 6
                               + "1100" + "00010000" + "0000" + UDP),
    "authentication": "86dd" + ip6(51, "11040000" + "00" * 20 + UDP),
    "neighbour": "86dd" + ip6(58, "8700000000000000" + ADDRESSES6[32:] + "0101505400000009"
                              + "0201505400000009"),
    "mpls": "8847" + "0006400000" + "0064ff40" + "0008010a" + ip4(17, UDP),
    "nsh": "894f" + "0fc60103" + "00000102" + "00" * 16 + MACS + "0800",
    "arp": "0806" + "0001080006040001" + "5054000000090a000001" + "0000000000000a000002",
    "length": "0030" + "aaaa03000000" + "0800" + ip4(17, UDP),
}

FLOWS = {
    "normal": ["actions=NORMAL"],
    "deep": [
        "priority=9,tcp,tp_dst=80,tcp_flags=+ack,actions=dec_ttl,mod_tp_dst:81,2",
        "priority=9,udp,tp_src=1000,actions=mod_nw_src:1.2.3.4,2",
        "priority=9,sctp,tp_dst=2000,actions=mod_tp_src:1,2",
        "priority=9,icmp6,icmp_type=135,icmp_code=0,nd_target=2001:db8::2,"
        "actions=set_field:fe80::1->nd_target,2",
        "priority=9,ipv6,nw_frag=first,actions=2",
        "priority=9,icmp,icmp_type=8,actions=mod_nw_tos:4,2",
        "priority=9,arp,arp_op=1,actions=move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],2",
        "priority=9,mpls,mpls_label=100,actions=2",
        "priority=9,dl_vlan=7,actions=strip_vlan,strip_vlan,2",
        "priority=0,actions=2",
    ],
}


@pytest.mark.parametrize("flows", FLOWS)
def test_every_length(ours, flows):
    ours.start_dummy()
    ours.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail-mode=secure",
               *(word for i in (1, 2) for word in
                 ("--", "add-port", "br0", f"p{i}", "--", "set", "Interface", f"p{i}",
                  f"ofport_request={i}")))
    for flow in FLOWS[flows]:
        ours.ofctl("add-flow", "br0", flow)
    n = 0
    for name, frame in FRAMES.items():
        data = MACS + frame
        cuts = [data[: 2 * length] for length in range(14, len(data) // 2 + 1)]
        ours.appctl("netdev-dummy/receive", "p1", *cuts)
        n += len(cuts)
        assert f"packet_count={n} " in ours.ofctl("dump-aggregate", "br0"), name
    # Too short to have addresses and a type.
    for length in range(1, 14):
        ours.run("ovs-appctl", "netdev-dummy/receive", "p1", MACS[: 2 * length])
    assert "flow_count=" in ours.ofctl("dump-aggregate", "br0")
