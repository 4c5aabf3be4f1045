"""The provider verifies the Controller's certificate: it sends a password there and believes what comes back.

The provider's default is not to verify, so in a vended place silence is a hole. Seen on the provider itself, whether the
program made it or configuration did.
"""

from __future__ import annotations

from collections.abc import Sequence

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import AVIATRIX_PROVIDER
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_false, is_true

_KEY = "verifySslCertificate"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a provider that says, or may come to say, that it does not verify."""
    value = resource.get(_KEY)
    if resource.type != AVIATRIX_PROVIDER or is_false(value) is Match.NO:
        return []
    return [Fault(resource.urn, f"does not verify the Controller's certificate: {_KEY} is {'unknown' if value is UNKNOWN else value}")]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every provider, and for those of a vended place that do not say that they verify."""
    providers = graph.of(AVIATRIX_PROVIDER)
    faults = [fault for provider in providers for fault in check_resource(provider)]
    silent = [one for one in providers if _is_silent(one)] if is_vended(graph) else []
    what = f"does not verify the Controller's certificate: {_KEY} is not stated, and the provider's default is not to"
    return [*faults, *(Fault(one.urn, what) for one in silent)]


def _is_silent(provider: Resource) -> bool:
    value = provider.get(_KEY)
    return is_false(value) is Match.NO and is_true(value) is not Match.YES


RULE = Rule(
    id="controller-certificate-is-verified",
    severity=Severity.HIGH,
    info="The Aviatrix provider verifies the Controller's certificate.",
    why="whoever stands between can read the Controller's password and answer that a policy is in force which is not",
    fix="set aviatrix:verifySslCertificate to true, and aviatrix:pathToCaCertificate when the certificate is of your own authority",
    scope=Scope.STATED_OR_PLACE,
    check_resource=check_resource,
    check_stack=check_stack,
)
