"""Check for destinations that are approved and denied at once, or approved by name and by URL.

Every WebGroup and URL of a stack is compared by the names that it matches: wildcards, upper case, trailing dots and other spellings of a
name are the same here.
"""

from __future__ import annotations

from collections.abc import Mapping

from containment.catalog.known_hosts import PatternIndex, has_overlap
from containment.catalog.preset import Preset, Sanctions
from containment.config.destination_entry import get_names
from containment.config.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.errors import Problem
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern


def check_overlaps(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Refuse a permit that overlaps a deny, and a URL whose host is permitted as a whole."""
    for denied_group in sorted(DENY_GROUPS & set(destinations)):
        denied = destinations[denied_group]
        refused = PatternIndex((pattern, pattern) for pattern in denied.patterns)
        for group, permitted in destinations.items():
            if group in DENY_GROUPS:
                continue
            for pattern in permitted.patterns:
                if hits := refused.find_overlapping(pattern):
                    key = _find_overlap_key(group, pattern, denied_group, config)
                    fix = _make_fix(pattern, hits, permitted.origin, denied_group, denied.origin, config, preset)
                    checks.problems.append(_make_problem(checks, key, str(pattern), permitted.origin, denied_group, hits, fix))
    for url in get_names(config.tls_decryption_urls):
        _check_url(url, destinations, checks)


def _check_url(url: str, destinations: Mapping[WebGroupId, Destinations], checks: Checks) -> None:
    host, key = UrlPattern.parse(url).host, get_alias("tls_decryption_urls")
    for group, found in destinations.items():
        hits = [other for other in found.patterns if has_overlap(host, other)]
        if not hits:
            continue
        if group in DENY_GROUPS:
            fix = f"remove it from {key}, or from {found.origin}"
            checks.problems.append(_make_problem(checks, key, url, key, group, hits, fix))
        elif group is not WebGroupId.AWS_INFRA:
            checks.report(
                f"{checks.file}:{key}",
                f"{url!r} is permitted by path, and {found.origin} permits {', '.join(repr(str(hit)) for hit in hits[:3])} whole",
                "every other path of the host is permitted by name, so the path decides nothing",
                f"remove the host from {found.origin}, or the URL from {key}",
            )


def _make_problem(
    checks: Checks, key: str, permitted: str, origin: str, denied_group: WebGroupId, hits: list[DomainPattern], fix: str
) -> Problem:
    return Problem(
        f"{checks.file}:{key}",
        f"{permitted!r} (from {origin}) is permitted, and {denied_group.value} denies " + ", ".join(repr(str(hit)) for hit in hits[:3]),
        "a destination cannot be approved and denied; which rule decides would depend on their order",
        fix,
    )


def _make_fix(
    pattern: DomainPattern,
    hits: list[DomainPattern],
    origin: str,
    denied_group: WebGroupId,
    denied_origin: str,
    config: StackConfig,
    preset: Preset,
) -> str:
    """Return how to remove a name from one side; only a sanction removes a model provider from the deny set."""
    own = get_alias("unapproved_model_provider_domains")
    if denied_group is not WebGroupId.UNAPPROVED_MODELS:
        return f"remove it from {origin}, or from {denied_origin}"
    if any(hit.text in get_names(config.unapproved_model_provider_domains) for hit in hits):
        return f"remove it from {origin}, or from {own}"
    if preset.sanctioned_providers is not Sanctions.ALLOWED:
        return f"remove it from {origin}: {preset.name} allows no sanctioned model provider"
    if not pattern.is_exact:
        return f"remove it from {origin}, and name the exact hosts that are needed"
    return (
        f"remove it from {origin}; a provider that the company has sanctioned takes an entry {{host: {pattern}, owner, reason, until}}"
        f" in {get_alias('sanctioned_model_providers')}, and its host in {get_alias('approved_model_gateway_domains')}"
    )


def _find_overlap_key(group: WebGroupId, pattern: DomainPattern, denied: WebGroupId, config: StackConfig) -> str:
    """Return the key that caused the overlap: the stack's list, else the key that can replace the permitted set."""
    key = {**OVERRIDES, **ADDITIONS}[group]
    own = {**OVERRIDES, **ADDITIONS}.get(denied)
    if pattern.text not in get_names(getattr(config, key)) and own is not None and getattr(config, own):
        key = own
    return get_alias(key)
