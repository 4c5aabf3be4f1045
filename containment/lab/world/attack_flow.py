"""What a gateway sees of an attempt: the flow of its first packets, so that the model can be asked about it as about any other.

An attempt that never shows DCF a flow of its own (the metadata service, forged senders, IPv6) has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address

from containment.lab.world.addresses import ATTACKER, NEIGHBOUR, address_of
from containment.lab.world.attacks.task import SPELLINGS
from containment.lab.world.evasion_table import EvasionRow
from containment.model.flow import Application, Carrier, Flow, Source
from containment.model.names import Protocol
from containment.model.ruleset import Address
from containment.model.scenario_flow import flow_of
from containment.model.spec import ContainmentSpec

_CONNECT = frozenset({"tls", "hello", "http", "say", "rerouted", "aws", "stray", "segments", "in-syn", "quoted", "urgent"})
_TLS = frozenset({"tls", "hello", "aws", "segments", "in-syn", "quoted", "urgent"})
_DATAGRAM = frozenset({"udp", "fragments", "odd-header"})
_PORTS = {"stray": "8443"}
_PRIVATE = {"neighbour": NEIGHBOUR}


def shown(row: EvasionRow, spec: ContainmentSpec, source: Source) -> Flow | None:
    """Return the flow that a technique shows the gateway of a stack; None when it shows none."""
    if row.sees is not None:
        return replace(flow_of(row.sees, spec, source), forged=row.sees.application is Application.TLS)
    technique, options = row.command[0], dict(word.partition("=")[::2] for word in row.command[1:])
    where = _destination(options, spec)
    if where is None:
        return None
    if technique == "protocol":
        protocol = {1: Protocol.ICMP, 6: Protocol.TCP, 17: Protocol.UDP}.get(int(options.get("number", "47")), Carrier.OTHER)
        return Flow(source, where, protocol, None)
    if technique == "dns":
        port = int(options.get("port", "53"))
        if options.get("via", "udp") == "udp":
            return Flow(source, where, Protocol.UDP, port)
        application = Application.TLS if options["via"] == "tls" else Application.OTHER
        return Flow(source, where, Protocol.TCP, port, application, options.get("sni"))
    if technique in _DATAGRAM:
        return Flow(source, where, Protocol.UDP, int(options.get("port", "443")))
    if technique not in _CONNECT:
        return None
    application = _application(technique, options)
    name = _name(technique, options, spec)
    forged = application is Application.TLS and options.get("to") != f"name:{(name or '').lower().rstrip('.')}"
    return Flow(
        source, where, Protocol.TCP, int(options.get("port", _PORTS.get(technique, "443"))), application, name, options.get("path"), forged
    )


def _destination(options: Mapping[str, str], spec: ContainmentSpec) -> Address | None:
    to = options.get("at") or options.get("to", "attacker")
    if to.startswith("vpc-") or to in ("resolver", "amazon"):
        return None
    if to == "gateway":
        return spec.gateway_subnet.network_address + 10
    if to == "attacker" or to in SPELLINGS:
        return ATTACKER
    return address_of(to[5:]) if to.startswith("name:") else _PRIVATE.get(to) or ip_address(to)


def _application(technique: str, options: Mapping[str, str]) -> Application:
    if technique == "http":
        return Application.OTHER if options.get("form") == "h2c" else Application.HTTP
    if technique in _TLS and "before" not in options and options.get("hello") != "slow":
        return Application.TLS
    return Application.OTHER  # a hello that does not come in time is none


def _name(technique: str, options: Mapping[str, str], spec: ContainmentSpec) -> str | None:
    if technique == "aws":
        return options.get("host") or f"{options['service']}.{spec.config.aws_region}.amazonaws.com"
    if technique == "http":
        return None if options.get("form") == "old" else options.get("host", "attacker.example")
    name = options.get("sni")
    return None if name is None else name.replace("NONCE", "nonce")
