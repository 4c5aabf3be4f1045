"""Permits judged by the flows they decide: refuse flows that are neither approved by name nor to a few listed addresses.

Approved are names over TCP 443 (separate rules judge the names and that TLS is required), DNS to the VPC's resolver (`resolvers`),
the VPC's own network, and private addresses in the destination's own CIDRs, up to a total (`containment.loaders.address_bound`).
The flows of a permit are those that no applied deny ahead of it decides. While it is unknown which rule names which group, only
the fields of a rule itself are judged here; `spare` counts the groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from containment.addresses.address_ranges import Range, convert_to_networks, count_numbers, intersect_ranges, invert_ranges, merge_ranges
from containment.analysis.classes.addresses import TOP
from containment.analysis.classes.table import Witness
from containment.loaders.address_bound import read_bound
from containment.names import DNS_PORT, HTTPS_PORT, Protocol
from containment.ternary import Ternary, any_of
from policypack.facts.home_networks import find_home_networks
from policypack.firewall.analysis import FlowSet
from policypack.firewall.effective_rules import EffectiveRules
from policypack.firewall.proof.decided_flows import find_decided_flow, is_group_dependent
from policypack.firewall.proof.extent import OPEN_MEMBERS, Member, MemberKind, compute_private_ranges, describe_members, read_destinations
from policypack.firewall.proof.resolvers import OVER, find_dns_flow, is_dns_alone
from policypack.firewall.rules import RegisteredRule


class ExcessKind(StrEnum):
    """Kinds of flows that a permit lets through without approval."""

    OPEN = "addresses that are not the organization's, or not known"
    NAMES = "names that are not bound to TCP 443"
    NEIGHBOURS = "private addresses by identity, or too many"


@dataclass(frozen=True, slots=True)
class RefusedPermit:
    """A refused permit, or several that are too much together; `what` is the text of the violation."""

    excess: ExcessKind
    rules: tuple[RegisteredRule, ...]
    what: str

    @property
    def where(self) -> str:
        """URN of the resource that contains the last of the rules."""
        return self.rules[-1].owner.urn


_NOT_FOR_NAMES = frozenset({MemberKind.WORKLOAD, MemberKind.SITE, MemberKind.UNSEEN})
"""Members that are, or may be, private hosts: a client can send any server name to them."""


def find_refused_permits(chain: EffectiveRules) -> tuple[RefusedPermit, ...]:
    """Return every permit that lets through flows without approval, in the order of the rules."""
    return chain.graph.compute_once(find_refused_permits, lambda: tuple(_PermitJudge(chain).find_refused()))


class _PermitJudge:
    def __init__(self, chain: EffectiveRules) -> None:
        self._chain = chain
        self._home = find_home_networks(chain.graph)

    def find_refused(self) -> Iterator[RefusedPermit]:
        counted: list[tuple[RegisteredRule, list[Range]]] = []
        for rule in self._chain.permits:
            if rule.web_groups and not _is_https(rule):  # a mistake even where it matches nothing, as over UDP
                what = (
                    f"{rule.label} permits names over {_format_extent(rule)}: only TCP {HTTPS_PORT} with TLS binds a flow to "
                    f"its server name"
                )
                yield RefusedPermit(ExcessKind.NAMES, (rule,), what)
            if not self._is_live(rule):
                continue
            found = list(self._check_name_permit(rule) if rule.web_groups else self._check_address_permit(rule))
            yield from found
            if (
                not rule.web_groups
                and not any(one.excess is ExcessKind.OPEN for one in found)
                and (held := self._find_private_ranges(rule))
            ):
                counted.append((rule, held))
        yield from self._check_total(counted)

    # permits by address

    def _check_address_permit(self, rule: RegisteredRule) -> Iterator[RefusedPermit]:
        if self._is_left_to_dns(rule):
            return
        members = read_destinations(self._chain.graph, rule, self._home)
        kinds = {one.kind for one in members}
        if self._chain.analyzed_policy is None:
            yield from self._find_certainly_open(rule, members)
        else:
            met = find_decided_flow(self._chain, rule, outside=(FlowSet.HOME, FlowSet.PRIVATE, FlowSet.DNS))
            if met is not None and (not is_group_dependent(met) or kinds & (OPEN_MEMBERS | {MemberKind.UNKNOWN})):
                yield RefusedPermit(ExcessKind.OPEN, (rule,), _describe_open(rule, members, met))
        workloads = [one for one in members if one.kind is MemberKind.WORKLOAD]
        if workloads and self._is_reaching_members(rule):
            yield RefusedPermit(
                ExcessKind.NEIGHBOURS,
                (rule,),
                f"{rule.label} permits hosts by identity ({describe_members(workloads)}), not by address: anyone who can"
                " create or tag such a host widens the permit",
            )

    def _find_certainly_open(self, rule: RegisteredRule, members: Iterable[Member]) -> Iterator[RefusedPermit]:
        """Yield a permit that is wide by its known groups, or by each group that an unknown id may be."""
        found = [one for one in members if one.kind in OPEN_MEMBERS]
        if found or self._chain.groups.has_some_internet(rule) is Ternary.YES:
            where = describe_members(found) or "public addresses"
            yield RefusedPermit(ExcessKind.OPEN, (rule,), f"{rule.label} permits {_format_extent(rule)} to {where}, with no name to check")

    def _is_reaching_members(self, rule: RegisteredRule) -> bool:
        """Return whether a permit decides flows to members that are known to the Controller only."""
        return self._chain.analyzed_policy is None or find_decided_flow(self._chain, rule, outside=(FlowSet.DNS,)) is not None

    def _is_live(self, rule: RegisteredRule) -> bool:
        """Return whether a permit may decide any flow."""
        return (
            not self._chain.is_monitor_permit(rule)
            if self._chain.analyzed_policy is None
            else find_decided_flow(self._chain, rule) is not None
        )

    def _is_left_to_dns(self, rule: RegisteredRule) -> bool:
        """Return whether the DNS rule judges a permit: it names port 53 only, or is refused for port 53 already."""
        if is_dns_alone(rule):
            return True
        names_it = any_of(rule.is_for_port(protocol, DNS_PORT) for protocol in OVER) is Ternary.YES
        is_broad = rule.is_for_protocol(Protocol.ANY) is not Ternary.NO or rule.takes_every_port is not Ternary.NO
        return names_it and not is_broad and find_dns_flow(self._chain, rule).match is not Ternary.NO

    # permits of names

    def _check_name_permit(self, rule: RegisteredRule) -> Iterator[RefusedPermit]:
        members = read_destinations(self._chain.graph, rule, self._home)
        hidden = [
            one
            for one in members
            if one.kind in _NOT_FOR_NAMES or (one.kind is MemberKind.UNKNOWN and self._chain.analyzed_policy is not None)
        ]
        held = self._find_private_ranges(rule)
        if hidden and self._is_reaching_members(rule):
            yield RefusedPermit(
                ExcessKind.OPEN,
                (rule,),
                f"{rule.label} permits names to private addresses too: its destination is {describe_members(hidden)}",
            )
        elif count_numbers(held) > read_bound().addresses:
            yield RefusedPermit(
                ExcessKind.OPEN,
                (rule,),
                f"{rule.label} permits names to private addresses too: its destination is not Public Internet,"
                f" and has {_format_ranges(held)}",
            )

    # private addresses

    def _find_private_ranges(self, rule: RegisteredRule) -> list[Range]:
        """Return the private addresses outside the VPC that a permit reaches by address."""
        chain = self._chain
        if chain.analyzed_policy is not None and find_decided_flow(chain, rule, (FlowSet.PRIVATE,), (FlowSet.HOME, FlowSet.DNS)) is None:
            return []
        held = compute_private_ranges(read_destinations(chain.graph, rule, self._home), self._home)
        for deny in chain.find_enforced_before(rule):
            if held and self._is_deny_covering(deny, rule):
                denied = compute_private_ranges(read_destinations(chain.graph, deny), ())
                held = intersect_ranges(held, invert_ranges(denied, 0, TOP[4]))
        return held

    def _is_deny_covering(self, deny: RegisteredRule, permit: RegisteredRule) -> bool:
        """Return whether a deny stops all flows of a permit to the deny's destinations."""
        if deny.web_groups or not self._chain.groups.is_certain(deny) or self._chain.groups.has_all_agents(deny) is not Ternary.YES:
            return False
        if deny.takes_tls is not Ternary.YES or deny.takes_plain is not Ternary.YES:
            return False
        if deny.is_for_protocol(Protocol.ANY) is Ternary.YES and not deny.ports:
            return True
        same = deny.is_for_protocol(Protocol.ANY) is Ternary.YES or str(deny.protocol).upper() == str(permit.protocol).upper()
        if not same or permit.is_for_protocol(Protocol.ANY) is not Ternary.NO:
            return False
        wanted = _get_ports(permit)
        return not deny.ports or (
            wanted is not None and bool(permit.ports) and intersect_ranges(wanted, _get_ports(deny) or []) == merge_ranges(wanted)
        )

    def _check_total(self, counted: list[tuple[RegisteredRule, list[Range]]]) -> Iterator[RefusedPermit]:
        bound = read_bound().addresses
        few: list[tuple[RegisteredRule, list[Range]]] = []
        for rule, held in counted:
            if count_numbers(held) > bound:
                yield RefusedPermit(
                    ExcessKind.NEIGHBOURS, (rule,), f"{rule.label} permits {_format_ranges(held)} outside the VPC, and the bound is {bound}"
                )
            else:
                few.append((rule, held))
        total = merge_ranges(part for _, held in few for part in held)
        if count_numbers(total) > bound:
            names = ", ".join(rule.label for rule, _ in few)
            what = f"{names} permit {_format_ranges(total)} outside the VPC together, and the bound of all permits by address is {bound}"
            yield RefusedPermit(ExcessKind.NEIGHBOURS, tuple(rule for rule, _ in few), what)


def _is_https(rule: RegisteredRule) -> bool:
    return (
        str(rule.protocol).upper() == Protocol.TCP.value and bool(rule.ports) and all(one == (HTTPS_PORT, HTTPS_PORT) for one in rule.ports)
    )


def _get_ports(rule: RegisteredRule) -> list[Range] | None:
    """Return the ports that a rule names, None when one of them is unknown."""
    known = [(low, high) for low, high in rule.ports if isinstance(low, int) and isinstance(high, int)]
    return known if len(known) == len(rule.ports) else None


def _describe_open(rule: RegisteredRule, members: Iterable[Member], met: Witness) -> str:
    found = [one for one in members if one.kind in OPEN_MEMBERS or one.kind is MemberKind.UNKNOWN]
    return f"{rule.label} permits {_format_extent(rule)} to {describe_members(found)}, with no name to check; for example {met}"


def _format_extent(rule: RegisteredRule) -> str:
    """Return a rule's protocol and ports as text."""
    protocol = (
        "any protocol"
        if rule.is_for_protocol(Protocol.ANY) is Ternary.YES
        else "an unknown protocol"
        if not isinstance(rule.protocol, str)
        else rule.protocol.upper()
    )
    if not rule.ports or rule.takes_every_port is Ternary.YES:
        return protocol if protocol in ("any protocol", Protocol.ICMP.value) else f"every port of {protocol}"
    ports = _get_ports(rule)
    return f"{protocol} " + (
        ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ports) if ports else "on unknown ports"
    )


def _format_ranges(held: list[Range]) -> str:
    networks = convert_to_networks(held)
    more = "" if len(networks) <= 4 else f" and {len(networks) - 4} more networks"
    return f"{count_numbers(held)} private addresses ({', '.join(map(str, networks[:4]))}{more})"
