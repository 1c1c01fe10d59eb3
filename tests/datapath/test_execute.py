"""Packets through simulated ports: the bytes that come out of either switch.

Each packet goes through each list of actions that fits it; what port p2 sends
must be the same on both, checksums included.
"""

import struct

import pytest

MACS = "50540000000a" + "505400000009"


def checksum(data):
    """The Internet checksum: RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ipv4(proto, l4, ttl=64, tos=0, frag=0, options=b""):
    """An IPv4 packet (RFC 791) from 10.0.0.1 to 10.0.0.2."""
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    l4 = l4(addresses, proto) if callable(l4) else l4
    size = 20 + len(options)
    header = struct.pack(
        "!BBHHHBBH", 0x40 | size // 4, tos, size + len(l4), 1, frag, ttl, proto, 0
    )
    total = checksum(header + addresses + options)
    return header[:10] + struct.pack("!H", total) + addresses + options + l4


def ipv6(proto, l4, extension=b""):
    """An IPv6 packet (RFC 8200); 'extension' is a whole header of 8 bytes whose
    first byte is replaced."""
    addresses = bytes.fromhex("20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02")
    l4 = l4(addresses, proto) if callable(l4) else l4
    body = (bytes([proto]) + extension[1:] if extension else b"") + l4
    first = 0 if extension else proto
    return struct.pack("!IHBB", 0x60000000, len(body), first, 64) + addresses + body


def tcp(addresses, proto):
    """TCP from port 1000 to 80 with some data: RFC 9293."""
    segment = struct.pack("!HHIIBBHHH", 1000, 80, 1, 2, 0x50, 0x10, 512, 0, 0) + b"hello"
    return segment[:16] + struct.pack("!H", pseudo(addresses, proto, segment)) + segment[18:]


def udp(addresses, proto):
    """UDP from port 1000 to 53: RFC 768."""
    segment = struct.pack("!HHHH", 1000, 53, 12, 0) + b"abcd"
    return segment[:6] + struct.pack("!H", pseudo(addresses, proto, segment)) + segment[8:]


def udp_without_checksum(_addresses, _proto):
    """The same that says it has no checksum."""
    return struct.pack("!HHHH", 1000, 53, 12, 0) + b"abcd"


def icmp(_addresses, _proto):
    """An echo request: RFC 792."""
    message = bytes([8, 0, 0, 0, 0, 1, 0, 1]) + b"ping"
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmp6(addresses, proto):
    """A neighbour solicitation with its option: RFC 4861."""
    message = bytes([135, 0, 0, 0, 0, 0, 0, 0]) + addresses[16:] + bytes.fromhex("0101505400000009")
    return message[:2] + struct.pack("!H", pseudo(addresses, proto, message)) + message[4:]


def sctp(_addresses, _proto):
    """SCTP from port 1000 to 2000: RFC 9260, CRC32c of appendix A."""
    packet = bytes.fromhex("03e807d0" + "00000001" + "00000000" + "03000004")
    crc = 0xFFFFFFFF
    for byte in packet:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return packet[:8] + struct.pack("<I", crc ^ 0xFFFFFFFF) + packet[12:]


def pseudo(addresses, proto, segment):
    """Checksum with a pseudo header."""
    if len(addresses) == 8:
        head = addresses + struct.pack("!BBH", 0, proto, len(segment))
    else:
        head = addresses + struct.pack("!II", len(segment), proto)
    return checksum(head + segment) or 0xFFFF


ARP = bytes.fromhex("0001080006040001" + "5054000000090a000001" + "0000000000000a000002")

PACKETS = {
    "tcp": ("0800", ipv4(6, tcp)),
    "tcp-options": ("0800", ipv4(6, tcp, options=b"\1\1\1\1")),
    "udp": ("0800", ipv4(17, udp)),
    "udp-no-checksum": ("0800", ipv4(17, udp_without_checksum)),
    "icmp": ("0800", ipv4(1, icmp)),
    "sctp": ("0800", ipv4(132, sctp)),
    "first-fragment": ("0800", ipv4(17, udp, frag=0x2000)),
    # Of another protocol: the peer takes their payload for a header of UDP.
    "later-fragment": ("0800", ipv4(47, b"12345678", frag=0x0010)),
    "tcp6": ("86dd", ipv6(6, tcp)),
    "udp6": ("86dd", ipv6(17, udp)),
    "udp6-destination": ("86dd", ipv6(17, udp, extension=bytes([0, 0, 1, 4, 0, 0, 0, 0]))),
    "nd": ("86dd", ipv6(58, icmp6)),
    "arp": ("0806", ARP),
    "tagged-tcp": ("8100", bytes.fromhex("60050800") + ipv4(6, tcp)),
    "twice-tagged": ("88a8", bytes.fromhex("0007810060050800") + ipv4(17, udp)),
    "tagged-arp": ("8100", bytes.fromhex("00050806") + ARP),
    "unknown": ("1234", bytes(46)),
}

ACTIONS = [
    ("", "mod_dl_src:00:01:02:03:04:05,mod_dl_dst:00:01:02:03:04:06"),
    ("", "set_field:00:aa:00:00:00:00/00:ff:00:00:00:00->eth_src"),
    ("vlan_tci=0x1000/0x1000,", "set_field:4105->vlan_vid"),
    ("vlan_tci=0x1000/0x1000,", "set_field:3->vlan_pcp"),
    ("vlan_tci=0x1000/0x1000,", "strip_vlan"),

    ("", "push_vlan:0x8100,set_field:4105->vlan_vid"),
    ("", "push_vlan:0x88a8,set_field:4105->vlan_vid,set_field:2->vlan_pcp"),
    ("", "push_vlan:0x8100,push_vlan:0x88a8,set_field:4097->vlan_vid"),
    ("ip,", "set_field:1.2.3.4->ip_src"),
    ("ip,", "set_field:1.2.3.4->ip_dst,mod_nw_tos:32"),
    ("ip,", "mod_nw_ecn:2,mod_nw_ttl:9"),
    ("ip,", "set_field:1.2.0.0/255.255.0.0->ip_src"),
    ("ip,", "dec_ttl"),
    ("ipv6,", "set_field:2001::5->ipv6_src,set_field:2001::6->ipv6_dst"),
    ("ipv6,", "set_field:5->ipv6_label,mod_nw_tos:32,mod_nw_ecn:1"),
    ("ipv6,", "dec_ttl"),
    ("tcp,", "set_field:5->tcp_src,set_field:6->tcp_dst"),
    ("tcp,", "set_field:1.2.3.4->ip_src,set_field:5->tcp_src"),
    ("udp,", "set_field:5->udp_src,set_field:6->udp_dst"),
    ("udp,", "set_field:255.255.255.255->ip_dst,set_field:0->udp_src"),
    ("sctp,", "set_field:5->sctp_src,set_field:6->sctp_dst"),
    ("tcp6,", "set_field:5->tcp_src,set_field:2001::5->ipv6_src"),
    ("udp6,", "set_field:6->udp_dst,set_field:::1->ipv6_dst"),
    ("icmp,", "set_field:0->icmp_type,set_field:3->icmp_code"),
    ("icmp6,", "set_field:136->icmpv6_type"),
    ("icmp6,icmp_type=135,icmp_code=0,", "set_field:fe80::5->nd_target"),
    ("icmp6,icmp_type=135,icmp_code=0,", "set_field:00:01:02:03:04:05->nd_sll"),
    ("arp,", "set_field:2->arp_op,set_field:1.1.1.1->arp_spa,set_field:1.1.1.2->arp_tpa"),
    ("arp,", "set_field:00:00:00:00:00:01->arp_sha,set_field:00:00:00:00:00:02->arp_tha"),
]


def capture(path):
    """The packets of a capture file, in hex."""
    data = path.read_bytes() if path.exists() else b""
    packets, at = [], 24
    while at + 16 <= len(data):
        size = struct.unpack("<I", data[at + 8 : at + 12])[0]
        packets.append(data[at + 16 : at + 16 + size].hex())
        at += 16 + size
    return packets


def start(suite):
    """A bridge whose port p2 keeps what it sends."""
    suite.start_dummy()
    path = suite.run_dir / "p2.pcap"
    suite.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail-mode=secure",
                "--", "add-port", "br0", "p1", "--", "add-port", "br0", "p2",
                "--", "set", "Interface", "p1", "ofport_request=1",
                "--", "set", "Interface", "p2", "ofport_request=2",
                f"options:tx_pcap={path}")
    return path


@pytest.mark.parametrize("fields,actions", ACTIONS, ids=lambda text: text.split(",")[0][:30])
def test_same_bytes(ours, peer, fields, actions):
    frames = [MACS + ethertype + payload.hex() for ethertype, payload in PACKETS.values()]
    sent = []
    for suite in (ours, peer):
        path = start(suite)
        suite.ofctl("-OOpenFlow13", "add-flow", "br0", f"in_port=1,{fields}actions={actions},2")
        suite.appctl("netdev-dummy/receive", "p1", *frames)
        suite.appctl("revalidator/wait")
        sent.append(capture(path))
    assert sent[0]
    assert sent[0] == sent[1]
