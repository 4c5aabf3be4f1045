"""The account that a resource belongs to, as far as a program shows it, and the resources of the program by their ARN.

In a first preview no ARN is known. Then the account is what the provider is limited to, else unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policypack.graph import Graph, Resource
from policypack.plain import items

ACCOUNT: Final = re.compile(r"\d{12}")
_ARN: Final = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What documents are compared with: this account (empty when it is unknown) and the program's resources by ARN."""

    account: str = ""
    made: Mapping[str, Resource] = field(default_factory=dict)

    def resource_at(self, arn: str) -> Resource | None:
        """Return the program's resource that an ARN names, itself or by something below it (`:*`, `/prefix/*`)."""
        found = self.made.get(arn)
        while found is None and (cut := max(arn.rfind(":"), arn.rfind("/"))) > 0:
            arn = arn[:cut]
            found = self.made.get(arn)
        return found


def surroundings_of(graph: Graph, resource: Resource) -> Surroundings:
    """Return the surroundings of one resource's documents."""
    made = graph.once(surroundings_of, lambda: {str(arn): one for one in graph.resources if (arn := one.output("arn"))})
    return Surroundings(account_of(graph, resource), made)


def account_of(graph: Graph, resource: Resource) -> str:
    """Return the account that a resource is made in: by its own ARN, its provider, or others of the same provider."""
    own = _account_in(resource)
    by = resource.provider.urn if resource.provider else ""
    return own or graph.once((account_of, by), lambda: _account_of_provider(graph, resource))


def _account_of_provider(graph: Graph, resource: Resource) -> str:
    found = set(_of_provider(resource))
    if not found:
        urn = resource.provider.urn if resource.provider else ""
        same = (one for one in graph.resources if one.type.startswith("aws:") and (one.provider.urn if one.provider else "") == urn)
        found = {account for one in same if (account := _account_in(one))}
    return found.pop() if len(found) == 1 else ""


def _of_provider(resource: Resource) -> Iterator[str]:
    """Yield the account that a provider is limited to, or takes a role of."""
    if resource.provider is None:
        return
    limited = items(resource.provider.setting("allowedAccountIds"))
    yield from (str(one) for one in limited if len(limited) == 1 and ACCOUNT.fullmatch(str(one)))
    for role in items(resource.provider.setting("assumeRoles")) or items(resource.provider.setting("assumeRole")):
        found = _ARN.fullmatch(str(role.get("roleArn"))) if isinstance(role, dict) else None
        if found:
            yield found[1]


def _account_in(resource: Resource) -> str:
    for value in (resource.output("arn"), resource.output("ownerId")):
        account = _account_named(value)
        if account:
            return account
    return ""


def _account_named(value: Any) -> str:
    text = str(value or "")
    found = _ARN.fullmatch(text)
    return found[1] if found else text if ACCOUNT.fullmatch(text) else ""
