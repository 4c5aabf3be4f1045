"""What is approved and denied at once: compared by meaning, over every WebGroup of a stack.

A destination stands on one side. Wildcards, upper case, trailing dots and other spellings are the same name here.
"""

from __future__ import annotations

from collections.abc import Mapping

from containment.model.checks import Checks
from containment.model.config import StackConfig
from containment.model.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.model.errors import Problem
from containment.model.fqdn import DomainPattern, Match
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.parse import alias_of


def _overlap_key(group: WebGroupId, pattern: DomainPattern, denied: WebGroupId, config: StackConfig) -> str:
    """Return the key that brought the overlap in: what the stack says, else the key that can replace the permitted set."""
    key = {**OVERRIDES, **ADDITIONS}[group]
    if pattern.text not in getattr(config, key) and denied in OVERRIDES and getattr(config, OVERRIDES[denied]):
        key = OVERRIDES[denied]
    return alias_of(key)


def check_overlaps(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, checks: Checks) -> None:
    """A destination cannot be approved and denied: compared by meaning, over every permitted WebGroup."""
    for denied_group in sorted(DENY_GROUPS & set(destinations)):
        denied = destinations[denied_group]
        for group, permitted in destinations.items():
            if group in DENY_GROUPS:
                continue
            for pattern in permitted.patterns:
                hits = [other for other in denied.patterns if pattern.overlaps(other) is not Match.NO]
                if hits:
                    checks.problems.append(
                        Problem(
                            f"{checks.file}:{_overlap_key(group, pattern, denied_group, config)}",
                            f"{str(pattern)!r} (from {permitted.origin}) is permitted, and {denied_group.value} denies "
                            + ", ".join(repr(str(hit)) for hit in hits[:3]),
                            "a destination cannot be approved and denied; which rule decides would hang on their order",
                            f"remove it from {permitted.origin}, or from {denied.origin}",
                        )
                    )
