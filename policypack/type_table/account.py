"""The AWS account of a program's agent hosts, as far as the program proves it.

Evidence, the strongest first: account ids in the ARNs of the hosts and their subnets; the account that the hosts' provider is restricted
to or takes a role in; the accounts that the policies of the hosts' VPC endpoints demand; the only account that a key's policy names,
for AWS makes no key that its own account could not administer. Without evidence the account is unknown.
Source: KMS API Reference, CreateKey, `BypassPolicyLockoutSafetyCheck`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Provider, Resource
from policypack.hosts import find_hosts
from policypack.iam.documents import Statement, UnreadableError, read
from policypack.known_types import ENDPOINT_POLICY, VPC_ENDPOINT
from policypack.plain import field, is_true, items

_ARN: Final = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:(\d{12}):.+")
_ACCOUNT: Final = re.compile(r"\d{12}")
_CONDITIONS: Final = frozenset({"aws:principalaccount", "aws:resourceaccount"})
_ROLE_ARN: Final = ("roleArn", "role_arn")
"""A provider's settings are carried as JSON text, in which a Python program's keys keep their own spelling."""
KEYS: Final = tuple(f"aws:kms/{one}" for one in ("key:Key", "externalKey:ExternalKey", "replicaKey:ReplicaKey", "keyPolicy:KeyPolicy"))
"""Types with a key policy."""


def account_in(value: Any) -> str:
    """Return the account id in an ARN or a bare account id; "" when there is none."""
    text = str(value)
    if _ACCOUNT.fullmatch(text):
        return text
    found = _ARN.fullmatch(text)
    return found[1] if found else ""


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
    yield from (account for block in last for key in _ROLE_ARN if (account := account_in(field(block, key))))


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
