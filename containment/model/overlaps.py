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
from containment.model.url import UrlPattern


def check_overlaps(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, checks: Checks) -> None:
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
                    checks.problems.append(_both_sides(checks, key, str(pattern), permitted.origin, denied_group, denied.origin, hits))
    for url in config.tls_decryption_urls:
        _check_url(url, destinations, checks)


def _check_url(url: str, destinations: Mapping[WebGroupId, Destinations], checks: Checks) -> None:
    host, key = UrlPattern.parse(url).host, alias_of("tls_decryption_urls")
    for group, found in destinations.items():
        hits = [other for other in found.patterns if meets(host, other)]
        if not hits:
            continue
        if group in DENY_GROUPS:
            checks.problems.append(_both_sides(checks, key, url, key, group, found.origin, hits))
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
    checks: Checks, key: str, permitted: str, origin: str, denied_group: WebGroupId, denied_origin: str, hits: list[DomainPattern]
) -> Problem:
    return Problem(
        f"{checks.file}:{key}",
        f"{permitted!r} (from {origin}) is permitted, and {denied_group.value} denies " + ", ".join(repr(str(hit)) for hit in hits[:3]),
        "a destination cannot be approved and denied; which rule decides would hang on their order",
        f"remove it from {origin}, or from {denied_origin}",
    )


def _overlap_key(group: WebGroupId, pattern: DomainPattern, denied: WebGroupId, config: StackConfig) -> str:
    """Return the key that brought the overlap in: what the stack says, else the key that can replace the permitted set."""
    key = {**OVERRIDES, **ADDITIONS}[group]
    if pattern.text not in getattr(config, key) and denied in OVERRIDES and getattr(config, OVERRIDES[denied]):
        key = OVERRIDES[denied]
    return alias_of(key)
