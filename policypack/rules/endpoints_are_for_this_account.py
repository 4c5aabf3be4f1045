"""An endpoint serves this account's principals on this account's resources (or the organisation's), and nobody else's.

`perimeter` knows what binds an account. An endpoint without a policy takes everybody, which counts in a vended place.
"""

from __future__ import annotations

from policypack.documents import UnreadableError
from policypack.endpoints import WITH_POLICY, endpoints_of, is_aws_service, kind_of, policies_of
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.perimeter import openings
from policypack.place import is_vended
from policypack.plain import UNKNOWN


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every policy that lets others through, and at endpoints of a place without one."""
    faults: dict[Fault, None] = {}
    for endpoint in endpoints_of(graph):
        if kind_of(endpoint) is not UNKNOWN and (kind_of(endpoint) not in WITH_POLICY or not is_aws_service(endpoint)):
            continue
        stated = policies_of(graph, endpoint)
        for one in stated:
            try:
                faults.update(dict.fromkeys(Fault(one.holder.urn, what) for what in openings(one.value)))
            except UnreadableError as error:
                faults[Fault(one.holder.urn, f"policy {error}, so whom it lets through cannot be told")] = None
        if (not stated or any(one.value in (None, "") for one in stated)) and is_vended(graph):
            faults[Fault(endpoint.urn, "has no policy, so it takes any principal to any resource of its service")] = None
    return list(faults)


RULE = Rule(
    id="endpoints-are-for-this-account",
    severity=Severity.HIGH,
    info="Endpoint policies demand a principal and a resource of this account or organisation.",
    why="with foreign keys, or into a foreign bucket, data leaves through an endpoint that no firewall rule names",
    fix="allow with Condition StringEquals {aws:PrincipalAccount, aws:ResourceAccount} (or aws:PrincipalOrgID, aws:ResourceOrgID), without"
    " IfExists; buckets of AWS by their exact names, read-only",
    ids=("AWS data perimeter", "NIST SP 800-53 AC-4"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
