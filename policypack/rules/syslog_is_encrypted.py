"""Logs leave the Controller and its gateways encrypted, but for those that go to CoPilot on its own profile, 9.

Logs say what agents asked for, and which attempts were denied. CoPilot's profile is UDP by its nature and stays inside;
it must not be used for anything else. Without a CA certificate syslog is sent in clear (`notls`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import COPILOT_ASSOCIATION, REMOTE_SYSLOG
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_some
from policypack.space import is_public, parse

COPILOT_INDEX = 9
"""The profile reserved for CoPilot (provider: `index`)."""


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a profile that says that it sends in clear."""
    if resource.type != REMOTE_SYSLOG or resource.get("index") == COPILOT_INDEX:
        return []
    protocol = resource.get("protocol")
    if protocol is None or str(protocol).upper() == "TCP":
        return []
    return [Fault(resource.urn, f"sends logs in clear: protocol is {'unknown' if protocol is UNKNOWN else protocol}, which has no TLS")]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every profile; in a vended place also for one without a CA, and for CoPilot's used for others."""
    profiles = graph.of(REMOTE_SYSLOG)
    faults = [fault for profile in profiles for fault in check_resource(profile)]
    return [*faults, *(fault for profile in profiles for fault in _in_place(graph, profile))] if is_vended(graph) else faults


def _in_place(graph: Graph, profile: Resource) -> Iterator[Fault]:
    if profile.get("index") != COPILOT_INDEX:
        if is_some(profile.get("caCertificateFile")) is Match.NO and not check_resource(profile):
            yield Fault(profile.urn, "sends logs in clear: caCertificateFile is not stated, and without it there is no TLS")
        return
    known = {one.get(key) for one in graph.of(COPILOT_ASSOCIATION) for key in ("copilotAddress", "publicIp")}
    server = parse(profile.get("server"))
    if not known:
        yield Fault(profile.urn, f"uses profile {COPILOT_INDEX}, CoPilot's, while no CoPilot is associated")
    elif profile.get("server") not in known and (server is None or is_public(server)):
        yield Fault(profile.urn, f"uses profile {COPILOT_INDEX}, CoPilot's, for {profile.get('server')}, which is not CoPilot")


RULE = Rule(
    id="syslog-is-encrypted",
    severity=Severity.HIGH,
    info="Remote syslog goes over TLS, and CoPilot's profile goes to CoPilot only.",
    why="the logs say what agents asked for and what was denied; in clear, anybody on the way reads and forges them",
    fix="state protocol: TCP and caCertificateFile with the collector's CA, on a profile other than 9",
    scope=Scope.STATED_OR_PLACE,
    check_resource=check_resource,
    check_stack=check_stack,
)
