"""What a host is told about its own containment: who it is, and whom `verify-egress.sh` asks.

Every name is taken from the spec, exact names only: a wildcard names nobody who could be asked. Rules kept here: nothing
secret, nothing that hangs on the policy mode, and as few names as show the point (user data is small).
"""

from __future__ import annotations

from collections.abc import Iterable

from containment.model.fqdn import Match
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.spec import ContainmentSpec

HOST_PORTS = "all"
"""What the host's security group lets out of the VPC: `all`, because the gateway judges every port; or ports, which alone are open."""

OPERATED_OVER = ("ssm", "ssmmessages", "ec2messages")
"""AWS services without which Session Manager does not work (seed 001, management path)."""

CORE_CHARACTERS = 512
"""How much of the list of core hosts is asked: user data has little room, and a few hosts show the point."""

WELL_KNOWN_SHADOWS = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com", "api.mistral.ai", "openrouter.ai")
"""Which unapproved provider is asked, the first that this stack denies (seed 001, shadow-model deny set)."""

STRANGERS = ("example.com", "example.net", "example.org")
"""Hosts that stand for an attacker's: they exist, do nothing (RFC 2606), and no class permits them."""

PUBLIC_RESOLVERS = ("8.8.8.8", "1.1.1.1")
"""The external resolvers seed 001 tests with."""

FORCED_ADDRESS = "8.8.8.8"
"""Where a name is sent when its address is forced: a public server that answers on 443 whatever name it is asked for."""


def facts(spec: ContainmentSpec) -> dict[str, str]:
    """Return the lines of `containment.env`."""
    endpoints = spec.config.create_ssm_vpc_endpoints
    return {
        "AGENT_STACK": spec.stack,
        "AGENT_CLASS": spec.config.agent_class,
        "HARNESS": spec.harness.value,
        "AWS_REGION": spec.config.aws_region,
        "VPC_DNS_RESOLVER": str(spec.dns_resolver),
        "MODEL_HOST": next(iter(exact_names(spec, WebGroupId.MODEL_GATEWAYS)), ""),
        "CORE_HOSTS": " ".join(_first(exact_names(spec, WebGroupId.CORE), CORE_CHARACTERS)),
        "SSM_HOSTS": " ".join(f"{service}.{spec.config.aws_region}.amazonaws.com" for service in OPERATED_OVER),
        "AWS_ENDPOINTS": "vpc" if endpoints else "internet",
        "SHADOW_HOST": shadow_host(spec),
        "SHADOW_ADDRESS": FORCED_ADDRESS,
        "ATTACKER_HOST": attacker_host(spec),
        "ATTACKER_ADDRESS": FORCED_ADDRESS,
        "EXTERNAL_RESOLVERS": " ".join(PUBLIC_RESOLVERS),
        "SSH_ADDRESS": FORCED_ADDRESS,
        "HOST_PORTS": HOST_PORTS,
    }


def exact_names(spec: ContainmentSpec, group: WebGroupId) -> list[str]:
    """Return the exact host names of one WebGroup, sorted; empty when the stack has none."""
    found = spec.destinations.get(group)
    return [pattern.text for pattern in found.patterns if pattern.is_exact] if found else []


def _first(names: list[str], characters: int) -> list[str]:
    """Return as many names as fit."""
    while sum(map(len, names)) + len(names) > characters:
        names = names[:-1]
    return names


def shadow_host(spec: ContainmentSpec) -> str:
    """Return the unapproved provider to ask: a well-known one if this stack denies it, else any it names; "" for none."""
    names = exact_names(spec, WebGroupId.UNAPPROVED_MODELS)
    return next((name for name in (*WELL_KNOWN_SHADOWS, *names) if name in names), "")


def attacker_host(spec: ContainmentSpec) -> str:
    """Return a host that exists and that no WebGroup of this stack names, so that only the default deny stops it; "" for none."""
    named = [pattern for group, found in spec.destinations.items() if group not in DENY_GROUPS for pattern in found.patterns]
    return next((name for name in STRANGERS if all(pattern.matches(name) is Match.NO for pattern in named)), "")


def lines(values: dict[str, str]) -> str:
    """Return `KEY=VALUE` lines as systemd and the scripts read them; a value that would need quoting is a mistake of ours."""
    for key, value in values.items():
        assert _plain(key + value), f"{key}={value!r} needs quoting"
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _plain(text: Iterable[str]) -> bool:
    return all(char.isalnum() or char in " ._:/-+=" for char in text)
