"""The Aviatrix gateway's volume is encrypted: it holds the policy, its logs and its keys.

The provider's default is an unencrypted volume, so in a vended place silence is one.
"""

from __future__ import annotations

from collections.abc import Sequence

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import SPOKE_GATEWAY
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_false

_KEY = "enableEncryptVolume"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a gateway that says, or may come to say, that its volume is not encrypted."""
    value = resource.get(_KEY)
    if resource.type != SPOKE_GATEWAY or is_false(value) is Match.NO:
        return []
    return [Fault(resource.urn, f"is {'not known to be' if value is UNKNOWN else 'not'} encrypted: {_KEY} is {value}")]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every gateway, and for those of a vended place that say nothing."""
    faults = [fault for gateway in graph.of(SPOKE_GATEWAY) for fault in check_resource(gateway)]
    silent = [one for one in graph.of(SPOKE_GATEWAY) if one.get(_KEY) is None] if is_vended(graph) else []
    return [*faults, *(Fault(one.urn, f"is not encrypted: {_KEY} is not stated, and the provider's default is off") for one in silent)]


RULE = Rule(
    id="gateway-volume-is-encrypted",
    severity=Severity.HIGH,
    info="The volume of the Aviatrix spoke gateway is encrypted.",
    why="a snapshot of it gives away the policy, the logs of what agents asked for, and the gateway's keys",
    fix="state enableEncryptVolume: true (customerManagedKeys names a key of your own)",
    ids=("CKV_AWS_8", "AWS-0131"),
    scope=Scope.STATED_OR_PLACE,
    check_resource=check_resource,
    check_stack=check_stack,
)
