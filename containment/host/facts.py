"""The facts in a host's `containment.env`: its identity, and the targets of `verify-egress.sh`.

Names come from the spec, and only exact ones, because a wildcard is no address to connect to. Rules kept here: no secret, nothing that
depends on the policy mode, and only as many names as the tests need (user data is small).
"""

from __future__ import annotations

from collections.abc import Iterable

from containment.config.spec import ContainmentSpec, CredentialGatewaySpec
from containment.credential_gateway.api import BodyKind
from containment.names import DENY_GROUPS, WebGroupId
from containment.ternary import Ternary

HOST_PORTS = "all"
"""Ports that the host's security group opens to the internet: `all`, because the gateway judges every port, or a list of them."""

OPERATED_OVER = ("ssm", "ssmmessages", "ec2messages")
"""AWS services without which Session Manager does not work (Aviatrix blueprint, management path)."""

CORE_CHARACTERS = 512
"""Longest list of core hosts to probe, in characters: user data has little room, and a few hosts are enough."""

WELL_KNOWN_SHADOWS = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com", "api.mistral.ai", "openrouter.ai")
"""Unapproved providers to probe; the first that this stack denies is used (Aviatrix blueprint, shadow-model deny set)."""

STRANGERS = ("example.com", "example.net", "example.org")
"""Hosts in place of an attacker's: they exist, are harmless (RFC 2606), and no class permits them."""

PUBLIC_RESOLVERS = ("8.8.8.8", "1.1.1.1")
"""External resolvers of the Aviatrix blueprint's tests."""

FORCED_ADDRESS = "8.8.8.8"
"""Address for probes with a forced address: a public server that answers on port 443 for any name."""


def build_facts(spec: ContainmentSpec) -> dict[str, str]:
    """Return the variables of `containment.env`."""
    endpoints, gateway = spec.config.create_ssm_vpc_endpoints, spec.credential_gateway
    return {
        "AGENT_STACK": spec.stack,
        "AGENT_CLASS": spec.config.agent_class,
        "HARNESS": spec.harness.value,
        "AWS_REGION": spec.config.aws_region,
        "VPC_DNS_RESOLVER": str(spec.dns_resolver),
        "MODEL_HOST": "" if gateway else next(iter(find_exact_names(spec, WebGroupId.MODEL_GATEWAYS)), ""),
        **({"CREDENTIAL_GATEWAY": gateway.url, "GATEWAY_CALL": find_gateway_call(gateway)} if gateway else {}),
        "CORE_HOSTS": " ".join(_take_first(find_exact_names(spec, WebGroupId.CORE), CORE_CHARACTERS)),
        "SSM_HOSTS": " ".join(f"{service}.{spec.config.aws_region}.amazonaws.com" for service in OPERATED_OVER),
        "AWS_ENDPOINTS": "vpc" if endpoints else "internet",
        "SHADOW_HOST": choose_shadow_host(spec),
        "SHADOW_ADDRESS": FORCED_ADDRESS,
        "ATTACKER_HOST": choose_attacker_host(spec),
        "ATTACKER_ADDRESS": FORCED_ADDRESS,
        "EXTERNAL_RESOLVERS": " ".join(PUBLIC_RESOLVERS),
        "SSH_ADDRESS": FORCED_ADDRESS,
        "HOST_PORTS": HOST_PORTS,
        **({"POLICY_BUNDLE": spec.config.policy_bundle} if spec.config.policy_bundle else {}),
    }


def find_gateway_call(gateway: CredentialGatewaySpec) -> str:
    """Return the address of a call without a body that the credential gateway permits to a model provider; "" where it permits none."""
    for route in gateway.routes.routes:
        for operation in route.api.operations:
            is_plain = operation.body is BodyKind.NONE and "GET" in operation.methods and not operation.path.has_parameters
            if is_plain and gateway.origins.get(route.host) is WebGroupId.MODEL_GATEWAYS:
                return f"{gateway.url}/{route.host}{operation.path.text}"
    return ""


def find_exact_names(spec: ContainmentSpec, group: WebGroupId) -> list[str]:
    """Return the exact host names of one WebGroup, sorted; empty when the stack has none."""
    found = spec.destinations.get(group)
    return [pattern.text for pattern in found.patterns if pattern.is_exact] if found else []


def _take_first(names: list[str], characters: int) -> list[str]:
    """Return as many leading names as fit into `characters`, with one separator each."""
    while sum(map(len, names)) + len(names) > characters:
        names = names[:-1]
    return names


def choose_shadow_host(spec: ContainmentSpec) -> str:
    """Return the unapproved provider to probe: a well-known one if this stack denies it, else any denied one; "" for none."""
    names = find_exact_names(spec, WebGroupId.UNAPPROVED_MODELS)
    return next((name for name in (*WELL_KNOWN_SHADOWS, *names) if name in names), "")


def choose_attacker_host(spec: ContainmentSpec) -> str:
    """Return an existing host that no WebGroup of this stack permits, so that only the default deny blocks it; "" for none."""
    named = [pattern for group, found in spec.destinations.items() if group not in DENY_GROUPS for pattern in found.patterns]
    return next((name for name in STRANGERS if all(pattern.matches(name) is Ternary.NO for pattern in named)), "")


def format_lines(values: dict[str, str]) -> str:
    """Return `KEY=VALUE` lines for systemd and the scripts; the values must need no quoting."""
    for key, value in values.items():
        assert _is_plain(key + value), f"{key}={value!r} needs quoting"
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _is_plain(text: Iterable[str]) -> bool:
    return all(char.isalnum() or char in " ._:/-+=" for char in text)
