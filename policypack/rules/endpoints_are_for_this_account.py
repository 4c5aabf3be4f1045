"""Endpoint policies permit only principals and resources of this account, or of the organization.

`iam.perimeter` reads the conditions that bind an account. An endpoint without a policy permits every principal: this is a violation in
a complete agent environment. An endpoint whose service ignores policies is always a violation (`facts.endpoints`). The program's policy
for an endpoint outside the program is judged as well, because the hosts may use that endpoint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from containment.iam.documents import UnreadableError
from policypack.facts import endpoints as facts
from policypack.facts.agent_environment import is_complete
from policypack.facts.hosts import find_hosts
from policypack.facts.iam.account import find_account
from policypack.facts.iam.perimeter import find_admitted_accounts, find_openings
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every policy that permits others, and at endpoints of a complete agent environment without a policy."""
    faults: dict[Violation, None] = {}
    named: dict[Resource, frozenset[str]] = {}
    for endpoint in facts.find_endpoints(graph):
        if facts.get_kind(endpoint) is not UNKNOWN and (
            facts.get_kind(endpoint) not in facts.WITH_POLICY or not facts.is_aws_service(endpoint)
        ):
            continue
        if not facts.applies_policies(endpoint.get("serviceName")):
            what = f"leads to {endpoint.get('serviceName')}, whose endpoints apply no policy as far as reviewed: any account may use it"
            faults[Violation(endpoint.urn, what)] = None
        stated = facts.find_endpoint_policies(graph, endpoint)
        for one in stated:
            faults.update(dict.fromkeys(_check_policy(one, named)))
        if (not stated or any(one.value in (None, "") for one in stated)) and is_complete(graph):
            faults[Violation(endpoint.urn, "has no policy, so it permits any principal on any resource of its service")] = None
    for one in facts.find_foreign_policies(graph) if find_hosts(graph) else ():
        if one.value in (None, ""):
            faults[Violation(one.holder.urn, "gives an endpoint that is not in this program no policy, so it permits any principal")] = None
        else:
            faults.update(dict.fromkeys(_check_policy(one, named)))
    faults.update(dict.fromkeys(_find_other_accounts(graph, named)))
    return list(faults)


def _check_policy(stated: facts.EndpointPolicy, named: dict[Resource, frozenset[str]]) -> Iterator[Violation]:
    try:
        yield from (Violation(stated.holder.urn, what) for what in find_openings(stated.value))
        named[stated.holder] = find_admitted_accounts(stated.value)
    except UnreadableError as error:
        yield Violation(stated.holder.urn, f"policy {error}, so the principals and resources it permits cannot be seen")


def _find_other_accounts(graph: Graph, named: dict[Resource, frozenset[str]]) -> Iterator[Violation]:
    """Yield the policies that name another account than the known one, or than the one that most policies name."""
    counted = Counter(account for accounts in named.values() for account in sorted(accounts))
    for holder, accounts in named.items():
        own = find_account(graph, holder)
        likely = own or next((account for account, _ in counted.most_common(1)), "")
        for account in sorted(accounts - {likely}):
            this = f"this is {own}" if own else f"the endpoints' policies name {likely} otherwise, and a program has one account"
            yield Violation(holder.urn, f"permits account {account}: {this}")


RULE = Rule(
    id="endpoints-are-for-this-account",
    severity=Severity.HIGH,
    info="Endpoint policies demand a principal and a resource of this account or organization.",
    why="with foreign keys, or into a foreign bucket, data leaves through an endpoint that no firewall rule names",
    fix="allow with Condition StringEquals {aws:PrincipalAccount, aws:ResourceAccount} (or aws:PrincipalOrgID, aws:ResourceOrgID) and the"
    " account's twelve digits as the value, without IfExists or policy variables; buckets of AWS by their exact names, read-only",
    ids=("AWS data perimeter", "NIST SP 800-53 AC-4"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
