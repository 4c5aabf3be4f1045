"""The Controller and its gateways send logs over TLS, except to CoPilot on its own profile, 9.

Logs contain the agents' requests and the denied attempts. CoPilot's profile always uses UDP and stays inside the organization; it
must not be used for anything else. Without a CA certificate syslog is sent unencrypted (`notls`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.addresses.address_space import is_public, parse_network
from containment.ternary import Ternary
from policypack.facts.agent_environment import is_complete
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import COPILOT_ASSOCIATION, REMOTE_SYSLOG
from policypack.graph.plain_data import is_some
from policypack.graph.resources import Graph, Resource
from policypack.property_rule import Property, build_property_rule

COPILOT_INDEX = 9
"""The profile reserved for CoPilot (provider: `index`)."""


def _is_not_tcp(protocol: Any) -> bool:
    return protocol is not None and str(protocol).upper() != "TCP"


PROTOCOL = Property(
    type=REMOTE_SYSLOG,
    key="protocol",
    is_wrong=_is_not_tcp,
    what="sends logs unencrypted, because only TCP supports TLS",
    is_judged=lambda profile: profile.get("index") != COPILOT_INDEX,
)


def _check_environment(graph: Graph) -> list[Violation]:
    """Return the faults of a complete agent environment: profiles without a CA, and CoPilot's profile used for others."""
    return (
        [fault for profile in graph.find_by_type(REMOTE_SYSLOG) for fault in _check_profile(graph, profile)] if is_complete(graph) else []
    )


def _check_profile(graph: Graph, profile: Resource) -> Iterator[Violation]:
    if profile.get("index") != COPILOT_INDEX:
        if is_some(profile.get("caCertificateFile")) is Ternary.NO and PROTOCOL.find_violation(profile) is None:
            yield Violation(profile.urn, "sends logs unencrypted: caCertificateFile is not set, and without it there is no TLS")
        return
    known = {one.get(key) for one in graph.find_by_type(COPILOT_ASSOCIATION) for key in ("copilotAddress", "publicIp")}
    server = parse_network(profile.get("server"))
    if not known:
        yield Violation(profile.urn, f"uses profile {COPILOT_INDEX}, CoPilot's, while no CoPilot is associated")
    elif profile.get("server") not in known and (server is None or is_public(server)):
        yield Violation(profile.urn, f"uses profile {COPILOT_INDEX}, CoPilot's, for {profile.get('server')}, which is not CoPilot")


RULE = build_property_rule(
    Rule(
        id="syslog-is-encrypted",
        severity=Severity.HIGH,
        info="Remote syslog goes over TLS, and CoPilot's profile goes to CoPilot only.",
        why="the logs contain the agents' requests and the denied attempts; unencrypted, anyone on the path can read and forge them",
        fix="set protocol: TCP and caCertificateFile with the collector's CA, on a profile other than 9",
        scope=Scope.STATED_OR_PLACE,
    ),
    PROTOCOL,
    more=_check_environment,
)
