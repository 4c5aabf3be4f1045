"""The AWS account of a program's resources and agent hosts, as far as the program proves it, and its resources by ARN.

`account_of` is the account of one resource: its own ARN, the account its provider is limited to, else that of other resources of the
same provider. `own_accounts` are the accounts of the agent hosts. Evidence, the strongest first: account ids in the ARNs of the hosts
and their subnets; the account that the hosts' provider is restricted to or takes a role in; the accounts that the policies of the
hosts' VPC endpoints demand; the only account that a key's policy names, for AWS makes no key that its own account could not administer.
Without evidence the account is unknown, as it may be in a first preview.
Source: KMS API Reference, CreateKey, `BypassPolicyLockoutSafetyCheck`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Provider, Resource
from policypack.hosts import find_hosts
from policypack.iam.documents import Statement, UnreadableError, read
from policypack.known_types import ENDPOINT_POLICY, VPC_ENDPOINT
from policypack.plain import field as part
from policypack.plain import is_true, items

ACCOUNT: Final = re.compile(r"\d{12}")
_ARN: Final = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):.*", re.DOTALL)
_CONDITIONS: Final = frozenset({"aws:principalaccount", "aws:resourceaccount"})
_ROLE_ARN: Final = ("roleArn", "role_arn")
"""A provider's settings are carried as JSON text, in which a Python program's keys keep their own spelling."""
KEYS: Final = tuple(f"aws:kms/{one}" for one in ("key:Key", "externalKey:ExternalKey", "replicaKey:ReplicaKey", "keyPolicy:KeyPolicy"))
"""Types with a key policy."""


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
    """Return the surroundings of one resource's documents; before any ARN is known, the account is the one that the hosts have."""
    made = graph.once(surroundings_of, lambda: {str(arn): one for one in graph.resources if (arn := one.output("arn"))})
    own = own_accounts(graph)
    return Surroundings(account_of(graph, resource) or (next(iter(own)) if len(own) == 1 else ""), made)


def account_in(value: Any) -> str:
    """Return the account id in an ARN or a bare account id; "" when there is none."""
    text = str(value or "") if isinstance(value, str | int) else ""
    found = _ARN.fullmatch(text)
    return found[1] if found else text if ACCOUNT.fullmatch(text) else ""


def account_of(graph: Graph, resource: Resource) -> str:
    """Return the account that a resource is made in: by its own ARN, its provider, or others of the same provider."""
    by = resource.provider.urn if resource.provider else ""
    return _account_answered(resource) or graph.once((account_of, by), lambda: _account_of_provider(graph, resource))


def _account_of_provider(graph: Graph, resource: Resource) -> str:
    found = set(_limits_of(resource.provider)) if resource.provider else set()
    if not found:
        urn = resource.provider.urn if resource.provider else ""
        same = (one for one in graph.resources if one.type.startswith("aws:") and (one.provider.urn if one.provider else "") == urn)
        found = {account for one in same if (account := _account_answered(one))}
    return found.pop() if len(found) == 1 else ""


def _limits_of(provider: Provider) -> Iterator[str]:
    """Yield the one account that a provider is limited to, and the accounts of the roles it takes."""
    limited = items(provider.setting("allowedAccountIds"))
    yield from (str(one) for one in limited if len(limited) == 1 and ACCOUNT.fullmatch(str(one)))
    for role in items(provider.setting("assumeRoles")) or items(provider.setting("assumeRole")):
        found = _ARN.fullmatch(str(role.get("roleArn"))) if isinstance(role, dict) else None
        if found:
            yield found[1]


def _account_answered(resource: Resource) -> str:
    return account_in(resource.output("arn")) or account_in(resource.output("ownerId"))


def own_accounts(graph: Graph) -> frozenset[str]:
    """Return the accounts that the agent hosts may be in; empty when nothing proves one."""
    return graph.once(own_accounts, lambda: _own_accounts(graph))


def _own_accounts(graph: Graph) -> frozenset[str]:
    hosts = find_hosts(graph)
    near = [one for host in hosts for one in (host.resource, *host.templates, *(place.subnet for place in host.placements))]
    answered = (account_in(one.output("arn")) for one in near if one is not None)
    by = {host.resource.provider.urn: host.resource.provider for host in hosts if host.resource.provider}
    for evidence in (answered, (one for provider in by.values() for one in accounts_of(provider)), _demanded(graph), _keyed(graph)):
        found = frozenset(one for one in evidence if one)
        if found:
            return found
    return frozenset()


def accounts_of(provider: Provider) -> Iterator[str]:
    """Yield the accounts that a provider's configuration names: those it is restricted to, else those of the roles it takes."""
    allowed = [str(one) for one in items(provider.setting("allowedAccountIds")) if account_in(one)]
    if allowed:
        yield from allowed
        return
    chain = [block for key in ("assumeRoles", "assumeRole") for block in items(provider.setting(key))]
    last = chain[-1:] or items(provider.setting("assumeRoleWithWebIdentity"))
    yield from (account for block in last for key in _ROLE_ARN if (account := account_in(part(block, key))))


def _demanded(graph: Graph) -> Iterator[str]:
    for holder in graph.of(VPC_ENDPOINT, ENDPOINT_POLICY):
        for condition in (one for statement in _allowing(holder) for one in statement.conditions):
            if condition.key in _CONDITIONS and condition.operator == "stringequals":
                yield from (account_in(one) for one in condition.values)


def _keyed(graph: Graph) -> Iterator[str]:
    for key in graph.of(*KEYS):
        named = {account_in(value) for one in _allowing(key) for kind, value in one.principals if kind == "aws"}
        if len(named) == 1 and is_true(key.get("bypassPolicyLockoutSafetyCheck")) is Match.NO:
            yield from named


def _allowing(holder: Resource) -> list[Statement]:
    """Return the statements of a policy that allow; an unreadable policy has none here, and is refused where it is judged."""
    try:
        return [one for one in read(holder.get("policy")) if one.allows]
    except UnreadableError:
        return []
