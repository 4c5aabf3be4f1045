"""A permit says what it is for: names on the public internet over HTTPS, or one port of a few addresses.

Refused are permits of every protocol or every port to the internet (but monitor's last one, behind the default deny), to
public addresses by port alone, of names that reach private space with them, and of names on every port.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from containment.model.names import DNS_PORT, Protocol
from policypack.chain import Chain, in_places
from policypack.dcf import DcfRule
from policypack.dcf_scope import reaches_private_widely
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit that is wider than what it is for."""
    return in_places(graph, lambda chain: [*_open(chain), *_nameless(chain), *_of_names(chain)])


def _open(chain: Chain) -> Iterator[Fault]:
    for rule in chain.permits:
        if not rule.web_groups and chain.groups.meets_internet(rule) is Match.YES and not chain.is_monitor_permit(rule):
            if rule.speaks(Protocol.ANY) is not Match.NO:
                yield Fault(rule.owner.urn, f"{rule.label} permits any protocol to the internet")
            elif rule.takes_every_port is not Match.NO:
                yield Fault(rule.owner.urn, f"{rule.label} permits every port of {rule.protocol} to the internet")


def _nameless(chain: Chain) -> Iterator[Fault]:
    """Yield permits of a port to public addresses without names; DNS is judged by its own rule."""
    for rule in chain.permits:
        if rule.web_groups or _is_broad(rule) or _is_dns(rule) or chain.is_monitor_permit(rule):
            continue
        meets = chain.groups.meets_internet(rule)
        if meets is Match.YES or (meets is Match.MAYBE and chain.groups.is_certain(rule)):
            yield Fault(rule.owner.urn, f"{rule.label} permits public addresses by port alone, with no name to check")


def _of_names(chain: Chain) -> Iterator[Fault]:
    for rule in chain.permits:
        if not rule.web_groups:
            continue
        wide = reaches_private_widely(chain.groups, rule)
        if wide is Match.YES or (wide is Match.MAYBE and chain.groups.is_certain(rule)):
            yield Fault(rule.owner.urn, f"{rule.label} permits names to private addresses too: its destination is not Public Internet")
        if rule.speaks(Protocol.ANY) is not Match.NO or rule.takes_every_port is not Match.NO:
            yield Fault(rule.owner.urn, f"{rule.label} permits names on every port or protocol")


def _is_broad(rule: DcfRule) -> bool:
    return rule.speaks(Protocol.ANY) is not Match.NO or rule.takes_every_port is not Match.NO


def _is_dns(rule: DcfRule) -> bool:
    return any(rule.takes(protocol, DNS_PORT) is Match.YES for protocol in (Protocol.UDP, Protocol.TCP))


RULE = Rule(
    id="permits-are-narrow",
    severity=Severity.CRITICAL,
    info="No permit is for every protocol or port of the internet; permits of names go to the Public Internet on HTTPS.",
    why="a permit without names or ports is an exit for anything, and a name claimed towards a private address is lateral movement",
    fix="permit names with WebGroups, TCP 443, to Public Internet (...0001, not Anywhere ...0000); permit addresses one port at a time",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
