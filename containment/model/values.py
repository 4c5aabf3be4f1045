"""The shapes of single configured values: names, domains, networks, tags. Each refuses with what is wrong."""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from containment.model.fqdn import DomainPattern, normalise
from containment.model.names import PREFIX_PATTERN, RFC1918
from containment.model.permitted.name import refusal_of
from containment.model.permitted.refusal import Cause, Scope
from containment.model.url import UrlPattern

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days a CloudWatch log group can keep events (AWS API, PutRetentionPolicy)."""


def decoded(raw: Any) -> Any:
    """Return a list or an object from the JSON text that stack configuration holds it as; anything else as it is."""
    if isinstance(raw, str):
        try:
            return json.loads(raw)
        except ValueError:
            raise ValueError(
                "is not JSON; lists and objects are set with `pulumi config set --path`, or as YAML in the stack file"
            ) from None
    return raw


def matching(pattern: str, says: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"is not {says}")
        return value

    return AfterValidator(check)


def _denied_domain(raw: str) -> str:
    spelled = normalise(raw)
    if spelled == "*" or ("." not in spelled.strip("*.")):
        raise ValueError("covers a whole top-level domain or more")
    return spelled


def _permitted(raw: str, scope: Scope = Scope.PUBLIC) -> DomainPattern:
    """Return the pattern of a name that a permit may have; drop sites are left to the class (`forbidden`)."""
    refusal = refusal_of(raw, scope)
    if refusal is not None and (refusal.cause is not Cause.DROP_SITE or scope is Scope.INTERNAL):
        raise ValueError(f"{refusal.what}; {refusal.fix}" if refusal.cause is not Cause.MALFORMED else refusal.what)
    return DomainPattern.parse(raw)


def _permitted_domain(raw: str) -> str:
    return _permitted(raw).text


def _resolver_domain(raw: str) -> str:
    pattern = _permitted(raw, Scope.INTERNAL)
    if not (pattern.is_exact or pattern.apex):
        raise ValueError("has '*' elsewhere than in a leading '*.', which the DNS firewall does not have")
    return pattern.text


def _permitted_url(raw: str) -> str:
    url = UrlPattern.parse(raw)
    return str(UrlPattern(_permitted(url.host.text), url.path))


def _no_repeat(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError("has twice: " + ", ".join(twice))
    return values


WIDEST_GATEWAY = 20
"""The widest network one permit by address may name: it stands ahead of the east-west deny, and /8 would undo it."""


SHARED = IPv4Network("100.64.0.0/10")
"""Shared address space (RFC 6598), which clouds and carriers use as private."""


def _not_routed(network: IPv4Network) -> IPv4Network:
    if network.is_global:
        raise ValueError("holds public addresses, where a permit by address reaches anybody's host")
    if network.prefixlen < WIDEST_GATEWAY:
        raise ValueError(f"is wider than a /{WIDEST_GATEWAY}, and would permit neighbours ahead of the east-west deny")
    if not any(network.subnet_of(block) for block in (*RFC1918, SHARED)):
        raise ValueError("is not a private network that a gateway routes to")
    return network


def _private(network: IPv4Network) -> IPv4Network:
    if not any(network.subnet_of(block) for block in RFC1918):
        raise ValueError("is not inside RFC 1918 (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16)")
    return network


def retention(days: int) -> int:
    if days not in RETENTIONS:
        raise ValueError("is not a retention CloudWatch Logs has (" + ", ".join(map(str, RETENTIONS)) + ")")
    return days


def _written(raw: Any) -> Any:
    """A number is no network, though Python takes one for an address."""
    if isinstance(raw, int | float):
        raise ValueError("is not a network such as 10.8.0.0/24")
    return raw


def vpc_sized(network: IPv4Network) -> IPv4Network:
    if not 16 <= network.prefixlen <= 24:
        raise ValueError("is not between /16 and /24")
    return _private(network)


Prefix = Annotated[str, matching(PREFIX_PATTERN.pattern, "3 to 30 lower-case letters, digits and dashes, starting with a letter")]
Domains = Annotated[tuple[Annotated[str, AfterValidator(_permitted_domain)], ...], BeforeValidator(decoded), AfterValidator(_no_repeat)]
"""Names a permit is made of: exact, or under one owner's domain (`permitted`)."""

DeniedDomains = Annotated[tuple[Annotated[str, AfterValidator(_denied_domain)], ...], BeforeValidator(decoded), AfterValidator(_no_repeat)]
"""Names a deny is made of: a wildcard may be wider here, up to a top-level domain."""

Network = Annotated[IPv4Network, BeforeValidator(_written)]
Cidrs = Annotated[tuple[Network, ...], BeforeValidator(decoded), AfterValidator(_no_repeat)]
PrivateCidrs = Annotated[tuple[Annotated[Network, AfterValidator(_not_routed)], ...], BeforeValidator(decoded), AfterValidator(_no_repeat)]
Tags = Annotated[dict[str, str], BeforeValidator(decoded)]
TagText = Annotated[str, matching(r"[\w .:/=+@-]{1,128}", "a tag of 1 to 128 letters, digits and .:/=+-@ _")]
OrNothing = BeforeValidator(lambda raw: None if raw == "" else raw)
"""An empty text in a stack file means: not set."""

OptionalAddress = Annotated[IPv4Address | None, OrNothing]

ResolverDomains = Annotated[
    tuple[Annotated[str, AfterValidator(_resolver_domain)], ...], BeforeValidator(decoded), AfterValidator(_no_repeat)
]
"""Names the DNS firewall can hold: exact, or a leading `*.`."""

Urls = Annotated[tuple[Annotated[str, AfterValidator(_permitted_url)], ...], BeforeValidator(decoded), AfterValidator(_no_repeat)]
"""URLs as `host/path*`."""
