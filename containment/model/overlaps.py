"""What is approved and denied at once, or approved twice over: compared by meaning, over every WebGroup and URL of a stack.

A destination stands on one side. Wildcards, upper case, trailing dots and other spellings are the same name here.
"""

from __future__ import annotations

from collections.abc import Mapping

from containment.model.checks import Checks
from containment.model.config import StackConfig
from containment.model.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.model.errors import Problem
from containment.model.fqdn import DomainPattern
from containment.model.known_hosts import Meeting, meets
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.parse import alias_of
from containment.model.preset import Preset, Sanctions
from containment.model.url import UrlPattern


def check_overlaps(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Refuse a permit that meets a deny, and a URL whose host is permitted whole."""
    for denied_group in sorted(DENY_GROUPS & set(destinations)):
        denied = destinations[denied_group]
        refused = Meeting((pattern, pattern) for pattern in denied.patterns)
        for group, permitted in destinations.items():
            if group in DENY_GROUPS:
                continue
            for pattern in permitted.patterns:
                if hits := refused.of(pattern):
                    key = _overlap_key(group, pattern, denied_group, config)
                    fix = _fix(pattern, hits, permitted.origin, denied_group, denied.origin, config, preset)
                    checks.problems.append(_both_sides(checks, key, str(pattern), permitted.origin, denied_group, hits, fix))
    for url in config.tls_decryption_urls:
        _check_url(url, destinations, checks)


def _check_url(url: str, destinations: Mapping[WebGroupId, Destinations], checks: Checks) -> None:
    host, key = UrlPattern.parse(url).host, alias_of("tls_decryption_urls")
    for group, found in destinations.items():
        hits = [other for other in found.patterns if meets(host, other)]
        if not hits:
            continue
        if group in DENY_GROUPS:
            fix = f"remove it from {key}, or from {found.origin}"
            checks.problems.append(_both_sides(checks, key, url, key, group, hits, fix))
        elif group is not WebGroupId.AWS_INFRA:
            checks.problems.append(
                Problem(
                    f"{checks.file}:{key}",
                    f"{url!r} is permitted by path, and {found.origin} permits {', '.join(repr(str(hit)) for hit in hits[:3])} whole",
                    "every other path of the host is permitted by name, so the path decides nothing",
                    f"remove the host from {found.origin}, or the URL from {key}",
                )
            )


def _both_sides(
    checks: Checks, key: str, permitted: str, origin: str, denied_group: WebGroupId, hits: list[DomainPattern], fix: str
) -> Problem:
    return Problem(
        f"{checks.file}:{key}",
        f"{permitted!r} (from {origin}) is permitted, and {denied_group.value} denies " + ", ".join(repr(str(hit)) for hit in hits[:3]),
        "a destination cannot be approved and denied; which rule decides would hang on their order",
        fix,
    )


def _fix(
    pattern: DomainPattern,
    hits: list[DomainPattern],
    origin: str,
    denied_group: WebGroupId,
    denied_origin: str,
    config: StackConfig,
    preset: Preset,
) -> str:
    """Return how to take a name off one side; a model provider leaves the deny set by a sanction only."""
    own = alias_of("unapproved_model_provider_domains")
    if denied_group is not WebGroupId.UNAPPROVED_MODELS:
        return f"remove it from {origin}, or from {denied_origin}"
    if any(hit.text in config.unapproved_model_provider_domains for hit in hits):
        return f"remove it from {origin}, or from {own}"
    if preset.sanctioned_providers is not Sanctions.ALLOWED:
        return f"remove it from {origin}: {preset.name} allows no sanctioned model provider"
    if not pattern.is_exact:
        return f"remove it from {origin}, and name the exact hosts that are needed"
    return (
        f"remove it from {origin}; a provider that the company has sanctioned takes an entry {{host: {pattern}, owner, reason, until}}"
        f" in {alias_of('sanctioned_model_providers')}, and its host in {alias_of('approved_model_gateway_domains')}"
    )


def _overlap_key(group: WebGroupId, pattern: DomainPattern, denied: WebGroupId, config: StackConfig) -> str:
    """Return the key that brought the overlap in: what the stack says, else the key that can replace the permitted set."""
    key = {**OVERRIDES, **ADDITIONS}[group]
    own = {**OVERRIDES, **ADDITIONS}.get(denied)
    if pattern.text not in getattr(config, key) and own is not None and getattr(config, own):
        key = own
    return alias_of(key)
