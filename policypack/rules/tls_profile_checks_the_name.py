"""Permits by name tie the name to the address, once a program has a TLS profile that does.

The server name is the client's claim; only a profile with `verifySni` compares it with the certificate of the address that
answers. A program without a profile (Controllers before 8.2 have none) says so in its residual risks, and is not refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from containment.model.fqdn import Match
from policypack.chain import Chain, in_places
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource, Trace
from policypack.known_types import TLS_PROFILE
from policypack.plain import UNKNOWN, is_true

_KEY = "verifySni"
_IDENTITIES = ("id", "uuid", "dcfTlsProfileId")


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a profile that does not compare the name."""
    value = resource.get(_KEY)
    if resource.type != TLS_PROFILE or value is None or is_true(value) is Match.YES:
        return []
    return [Fault(resource.urn, f"takes any server name a client claims: {_KEY} is {'unknown' if value is UNKNOWN else value}")]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every profile, and in a vended place permits by name that leave its profile out."""
    faults = [fault for profile in graph.of(TLS_PROFILE) for fault in check_resource(profile)]
    return [*faults, *in_places(graph, _left_out)]


def _left_out(chain: Chain) -> Iterator[Fault]:
    """Yield permits by name that leave out a profile of the program, or use one that cannot be seen."""
    is_there = any(is_true(profile.get(_KEY)) is Match.YES for profile in chain.graph.of(TLS_PROFILE))
    for rule in (rule for rule in chain.permits if rule.web_groups):
        used = chain.graph.refer(rule.owner, rule.key, rule.tls_profile, (TLS_PROFILE,), _IDENTITIES)
        if is_there and not used.found:
            yield Fault(rule.owner.urn, f"{rule.label} permits names and does not use the TLS profile that ties them to addresses")
        elif used.trace in (Trace.EXTERNAL, Trace.UNTRACED):
            shown = used.literal or "that cannot be traced"
            yield Fault(rule.owner.urn, f"{rule.label} uses TLS profile {shown}, not of this program: what it checks cannot be seen")


RULE = Rule(
    id="tls-profile-checks-the-name",
    severity=Severity.MEDIUM,
    info="A TLS profile verifies the server name, and every permit by name uses it where there is one.",
    why="a client can claim an approved name and connect to any address: the allow-list then permits every host",
    fix="state verifySni: true in the profile, and name it as tlsProfile in every permit with WebGroups (Controller 8.2 and newer)",
    scope=Scope.STATED_OR_PLACE,
    check_resource=check_resource,
    check_stack=check_stack,
)
