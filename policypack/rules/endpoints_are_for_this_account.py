"""An endpoint serves this account's principals on this account's resources (or the organization's), and no others.

`iam.perimeter` reads what binds an account. An endpoint without a policy takes everybody, which counts in a vended place. The policy of
an endpoint that is not in the program is judged as well: the hosts may use that endpoint, and the program opens it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from policypack.endpoints import WITH_POLICY, Stated, endpoints_of, foreign_policies, is_aws_service, kind_of, policies_of
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts
from policypack.iam.account import account_of
from policypack.iam.documents import UnreadableError
from policypack.iam.perimeter import accounts_of, openings
from policypack.place import is_vended
from policypack.plain import UNKNOWN


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every policy that lets others through, and at endpoints of a place without one."""
    faults: dict[Fault, None] = {}
    named: dict[Resource, frozenset[str]] = {}
    for endpoint in endpoints_of(graph):
        if kind_of(endpoint) is not UNKNOWN and (kind_of(endpoint) not in WITH_POLICY or not is_aws_service(endpoint)):
            continue
        stated = policies_of(graph, endpoint)
        for one in stated:
            faults.update(dict.fromkeys(_judge(one, named)))
        if (not stated or any(one.value in (None, "") for one in stated)) and is_vended(graph):
            faults[Fault(endpoint.urn, "has no policy, so it takes any principal to any resource of its service")] = None
    for one in foreign_policies(graph) if find_hosts(graph) else ():
        if one.value in (None, ""):
            faults[Fault(one.holder.urn, "gives an endpoint that is not in this program no policy, so it takes any principal")] = None
        else:
            faults.update(dict.fromkeys(_judge(one, named)))
    faults.update(dict.fromkeys(_of_other_accounts(graph, named)))
    return list(faults)


def _judge(stated: Stated, named: dict[Resource, frozenset[str]]) -> Iterator[Fault]:
    try:
        yield from (Fault(stated.holder.urn, what) for what in openings(stated.value))
        named[stated.holder] = accounts_of(stated.value)
    except UnreadableError as error:
        yield Fault(stated.holder.urn, f"policy {error}, so what it lets through cannot be seen")


def _of_other_accounts(graph: Graph, named: dict[Resource, frozenset[str]]) -> Iterator[Fault]:
    """Yield the policies that name an account which is not this one: the known one, else the one that most policies name."""
    counted = Counter(account for accounts in named.values() for account in sorted(accounts))
    for holder, accounts in named.items():
        own = account_of(graph, holder)
        likely = own or next((account for account, _ in counted.most_common(1)), "")
        for account in sorted(accounts - {likely}):
            this = f"this is {own}" if own else f"the endpoints' policies name {likely} otherwise, and a program has one account"
            yield Fault(holder.urn, f"lets account {account} through: {this}")


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
