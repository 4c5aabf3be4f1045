"""The AWS accounts of resources and agent hosts, as far as the program proves them, and the program's resources by ARN.

`find_account` is the account of one resource: in its ARN, the account its provider is limited to, else that of other resources of the
same provider. `find_own_accounts` are the accounts of the agent hosts. Evidence, the strongest first: account ids in the ARNs of the hosts
and their subnets; the account that the hosts' provider is restricted to, or assumes a role in; the accounts that the policies of the
hosts' VPC endpoints demand; the only account that a key's policy names, because AWS creates no key that its account cannot administer.
Without evidence the account is unknown, as it may be in a first preview.
Source: KMS API Reference, CreateKey, `BypassPolicyLockoutSafetyCheck`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from containment.iam.documents import Statement, UnreadableError, read
from containment.ternary import Ternary
from policypack.facts.hosts import find_hosts
from policypack.facts.iam.conditions import ACCOUNT_ID, parse_account
from policypack.graph.known_types import ENDPOINT_POLICY, VPC_ENDPOINT
from policypack.graph.plain_data import get_field as part
from policypack.graph.plain_data import get_items, is_true
from policypack.graph.resources import Graph, Provider, Resource

_CONDITIONS: Final = frozenset({"aws:principalaccount", "aws:resourceaccount"})
_ROLE_ARN: Final = ("roleArn", "role_arn")
"""A provider's settings are JSON text, in which the keys of a Python program keep their spelling."""
KEYS: Final = tuple(f"aws:kms/{one}" for one in ("key:Key", "externalKey:ExternalKey", "replicaKey:ReplicaKey", "keyPolicy:KeyPolicy"))
"""Types with a key policy."""


@dataclass(frozen=True, slots=True)
class AccountContext:
    """The account that documents are compared with (empty if unknown), and the program's resources by ARN."""

    account: str = ""
    made: Mapping[str, Resource] = field(default_factory=dict)

    def find_resource(self, arn: str) -> Resource | None:
        """Return the program's resource that an ARN names, directly or by a part below it (`:*`, `/prefix/*`)."""
        found = self.made.get(arn)
        while found is None and (cut := max(arn.rfind(":"), arn.rfind("/"))) > 0:
            arn = arn[:cut]
            found = self.made.get(arn)
        return found


def find_context(graph: Graph, resource: Resource) -> AccountContext:
    """Return the surroundings of one resource's documents; before any ARN is known, the account is that of the hosts."""
    made = graph.compute_once(find_context, lambda: {str(arn): one for one in graph.resources if (arn := one.get_output("arn"))})
    own = find_own_accounts(graph)
    return AccountContext(find_account(graph, resource) or (next(iter(own)) if len(own) == 1 else ""), made)


def find_account(graph: Graph, resource: Resource) -> str:
    """Return the account of a resource: by its ARN, its provider, or other resources of the same provider."""
    by = resource.provider.urn if resource.provider else ""
    return _get_returned_account(resource) or graph.compute_once((find_account, by), lambda: _find_provider_account(graph, resource))


def _find_provider_account(graph: Graph, resource: Resource) -> str:
    found = set(_find_limits(resource.provider)) if resource.provider else set()
    if not found:
        urn = resource.provider.urn if resource.provider else ""
        same = (one for one in graph.resources if one.type.startswith("aws:") and (one.provider.urn if one.provider else "") == urn)
        found = {account for one in same if (account := _get_returned_account(one))}
    return found.pop() if len(found) == 1 else ""


def _find_limits(provider: Provider) -> Iterator[str]:
    """Yield the only account that a provider is limited to, and the accounts of the roles that it assumes."""
    limited = get_items(provider.get_setting("allowedAccountIds"))
    yield from (str(one) for one in limited if len(limited) == 1 and ACCOUNT_ID.fullmatch(str(one)))
    for role in get_items(provider.get_setting("assumeRoles")) or get_items(provider.get_setting("assumeRole")):
        account = parse_account(role.get("roleArn")) if isinstance(role, dict) else ""
        if account:
            yield account


def _get_returned_account(resource: Resource) -> str:
    return parse_account(resource.get_output("arn")) or parse_account(resource.get_output("ownerId"))


def find_own_accounts(graph: Graph) -> frozenset[str]:
    """Return the accounts that the agent hosts may be in; empty without evidence."""
    return graph.compute_once(find_own_accounts, lambda: _find_own_accounts(graph))


def _find_own_accounts(graph: Graph) -> frozenset[str]:
    hosts = find_hosts(graph)
    near = [one for host in hosts for one in (host.resource, *host.templates, *(place.subnet for place in host.placements))]
    answered = (parse_account(one.get_output("arn")) for one in near if one is not None)
    by = {host.resource.provider.urn: host.resource.provider for host in hosts if host.resource.provider}
    for evidence in (
        answered,
        (one for provider in by.values() for one in find_provider_accounts(provider)),
        _find_demanded_accounts(graph),
        _find_key_accounts(graph),
    ):
        found = frozenset(one for one in evidence if one)
        if found:
            return found
    return frozenset()


def find_provider_accounts(provider: Provider) -> Iterator[str]:
    """Yield the accounts in a provider's configuration: those it is restricted to, else that of the role it assumes."""
    allowed = [str(one) for one in get_items(provider.get_setting("allowedAccountIds")) if parse_account(one)]
    if allowed:
        yield from allowed
        return
    chain = [block for key in ("assumeRoles", "assumeRole") for block in get_items(provider.get_setting(key))]
    last = chain[-1:] or get_items(provider.get_setting("assumeRoleWithWebIdentity"))
    yield from (account for block in last for key in _ROLE_ARN if (account := parse_account(part(block, key))))


def _find_demanded_accounts(graph: Graph) -> Iterator[str]:
    for holder in graph.find_by_type(VPC_ENDPOINT, ENDPOINT_POLICY):
        for condition in (one for statement in _read_allow_statements(holder) for one in statement.conditions):
            if condition.key in _CONDITIONS and condition.operator == "stringequals":
                yield from (parse_account(one) for one in condition.values)


def _find_key_accounts(graph: Graph) -> Iterator[str]:
    for key in graph.find_by_type(*KEYS):
        named = {parse_account(value) for one in _read_allow_statements(key) for kind, value in one.principals if kind == "aws"}
        if len(named) == 1 and is_true(key.get("bypassPolicyLockoutSafetyCheck")) is Ternary.NO:
            yield from named


def _read_allow_statements(holder: Resource) -> list[Statement]:
    """Return the Allow statements of a policy; none of an unreadable one, which another check refuses."""
    try:
        return [one for one in read(holder.get("policy")) if one.allows]
    except UnreadableError:
        return []
