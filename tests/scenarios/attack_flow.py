"""The flow of an evasion technique as a gateway sees it, so that the model can decide it like any other flow.

A technique that causes no flow at DCF (the metadata service, forged senders, IPv6) has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address

from containment.config.spec import ContainmentSpec
from containment.names import Protocol
from containment.policy.flow import Application, Carrier, Flow, Source
from containment.policy.rules import Address
from containment.policy.scenario import build_flow
from containment_lab.attacks.task import SPELLINGS
from containment_lab.internet.address_plan import ATTACKER, NEIGHBOUR, find_address
from containment_lab.validation.evasion_table import EvasionRow

_CONNECT = frozenset({"tls", "hello", "http", "say", "rerouted", "aws", "stray", "segments", "in-syn", "quoted", "urgent"})
_TLS = frozenset({"tls", "hello", "aws", "segments", "in-syn", "quoted", "urgent"})
_DATAGRAM = frozenset({"udp", "fragments", "odd-header"})
_PORTS = {"stray": "8443"}
_PRIVATE = {"neighbour": NEIGHBOUR}


def derive_flow(row: EvasionRow, spec: ContainmentSpec, source: Source) -> Flow | None:
    """Return the flow that the gateway of a stack sees of a technique; None if it sees none."""
    if row.sees is not None:
        return replace(build_flow(row.sees, spec, source), forged=row.sees.application is Application.TLS)
    technique, options = row.command[0], dict(word.partition("=")[::2] for word in row.command[1:])
    where = _resolve_destination(options, spec)
    if where is None:
        return None
    if technique == "protocol":
        protocol = {1: Protocol.ICMP, 6: Protocol.TCP, 17: Protocol.UDP}.get(int(options.get("number", "47")), Carrier.OTHER)
        return Flow(source=source, destination=where, protocol=protocol, port=None)
    if technique == "dns":
        port = int(options.get("port", "53"))
        if options.get("via", "udp") == "udp":
            return Flow(source=source, destination=where, protocol=Protocol.UDP, port=port)
        application = Application.TLS if options["via"] == "tls" else Application.OTHER
        return Flow(
            source=source, destination=where, protocol=Protocol.TCP, port=port, application=application, server_name=options.get("sni")
        )
    if technique in _DATAGRAM:
        return Flow(source=source, destination=where, protocol=Protocol.UDP, port=int(options.get("port", "443")))
    if technique not in _CONNECT:
        return None
    application = _determine_application(technique, options)
    name = _determine_name(technique, options, spec)
    forged = application is Application.TLS and options.get("to") != f"name:{(name or '').lower().rstrip('.')}"
    return Flow(
        source=source,
        destination=where,
        protocol=Protocol.TCP,
        port=int(options.get("port", _PORTS.get(technique, "443"))),
        application=application,
        server_name=name,
        path=options.get("path"),
        forged=forged,
    )


def _resolve_destination(options: Mapping[str, str], spec: ContainmentSpec) -> Address | None:
    to = options.get("at") or options.get("to", "attacker")
    if to.startswith("vpc-") or to in ("resolver", "amazon"):
        return None
    if to == "gateway":
        return spec.gateway_subnet.network_address + 10
    if to == "attacker" or to in SPELLINGS:
        return ATTACKER
    return find_address(to[5:]) if to.startswith("name:") else _PRIVATE.get(to) or ip_address(to)


def _determine_application(technique: str, options: Mapping[str, str]) -> Application:
    if technique == "http":
        return Application.OTHER if options.get("form") == "h2c" else Application.HTTP
    if technique in _TLS and "before" not in options and options.get("hello") != "slow":
        return Application.TLS
    return Application.OTHER  # a hello that is late does not count


def _determine_name(technique: str, options: Mapping[str, str], spec: ContainmentSpec) -> str | None:
    if technique == "aws":
        return options.get("host") or f"{options['service']}.{spec.config.aws_region}.amazonaws.com"
    if technique == "http":
        return None if options.get("form") == "old" else options.get("host", "attacker.example")
    name = options.get("sni")
    return None if name is None else name.replace("NONCE", "nonce")
