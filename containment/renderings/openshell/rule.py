"""The form of a lint rule for OpenShell policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from containment.renderings.openshell.document import Policy, PolicyEndpoint

Finding: TypeAlias = tuple[str, str]
"""The key in the policy, and what is wrong there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    """One rule: what must be so, why it matters, and how to correct it; `find` yields every violation."""

    id: str
    info: str
    why: str
    fix: str
    find: Callable[[Policy], Iterator[Finding]]


def search_endpoints(find: Callable[[PolicyEndpoint], Iterator[Finding]]) -> Callable[[Policy], Iterator[Finding]]:
    """Return the search of a policy that applies a search to every endpoint, whose keys are below the endpoint's."""

    def find_all(policy: Policy) -> Iterator[Finding]:
        for name, rule in policy.network_policies.items():
            for place, endpoint in enumerate(rule.endpoints):
                yield from ((f"network_policies.{name}.endpoints.{place}.{key}", what) for key, what in find(endpoint))

    return find_all
