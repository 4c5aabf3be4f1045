"""No program switches Distributed Cloud Firewall off, or leaves AWS out of where it runs.

The switch is Controller-wide: off, no rule of any stack is applied. Read from the feature, from the older resource of its
own, and from the deployment policy that names the clouds whose gateways carry the firewall.
"""

from __future__ import annotations

from collections.abc import Sequence

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import CONFIG_FEATURE, DEPLOYMENT_POLICY, FIREWALLING_CONFIG
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_false, is_true, items

FEATURE = "microseg"
"""The Controller's name for Distributed Cloud Firewall (provider: `feature_name`)."""

_ENABLES = "enableDistributedFirewalling"
_SILENT = f"switches Distributed Cloud Firewall off: {_ENABLES} is not stated, and the provider's default is off"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a resource that says, or may come to say, that the firewall is off."""
    if resource.type == CONFIG_FEATURE and resource.get("featureName") in (FEATURE, UNKNOWN):
        return _off(resource, "isEnabled", is_true(resource.get("isEnabled")) is not Match.YES)
    if resource.type == FIREWALLING_CONFIG:
        return _off(resource, _ENABLES, is_false(resource.get(_ENABLES)) is not Match.NO)
    if resource.type == DEPLOYMENT_POLICY:
        clouds = [str(one).lower() for one in items(resource.get("providers")) if one is not UNKNOWN]
        is_default = is_true(resource.get("setDefaults")) is Match.YES
        return _off(resource, "providers", not is_default and "aws" not in clouds)
    return []


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for a whole program; in a vended place the older resource must say that it switches on."""
    faults = [fault for one in graph.of(CONFIG_FEATURE, FIREWALLING_CONFIG, DEPLOYMENT_POLICY) for fault in check_resource(one)]
    silent = [one for one in graph.of(FIREWALLING_CONFIG) if one.get(_ENABLES) is None] if is_vended(graph) else []
    return [*faults, *(Fault(one.urn, _SILENT) for one in silent)]


def _off(resource: Resource, key: str, is_wrong: bool) -> list[Fault]:
    value = resource.get(key)
    shown = "not known before the update" if value is UNKNOWN else repr(value)
    said = "leaves AWS out of where Distributed Cloud Firewall runs" if key == "providers" else "switches Distributed Cloud Firewall off"
    return [Fault(resource.urn, f"{said}: {key} is {shown}")] if is_wrong else []


RULE = Rule(
    id="firewall-stays-on",
    severity=Severity.CRITICAL,
    info="Distributed Cloud Firewall is on, on AWS gateways too.",
    why="the switch is Controller-wide: without it no rule of any stack is applied, and nothing says so",
    fix='state isEnabled: true for the feature "microseg" and keep it when the program goes (retainOnDelete); name AWS among the providers',
    scope=Scope.STATED_OR_PLACE,
    check_resource=check_resource,
    check_stack=check_stack,
)
