"""Each permit judged by the flows it decides: what of them is neither approved by name nor a few stated addresses.

Approved are names over TCP 443 (that they demand TLS and which names they are is judged by rules of their own), DNS to the VPC's
resolver (`resolvers`), the VPC's own network, and private addresses that the destination's own CIDRs state, as long as they are
few in total (`bound`). The flows of a permit are those that no applied deny ahead of it decides. While it is not known which
rule names which group, only what a rule states by itself is judged here; the groups are counted in `spare`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from containment.model.fqdn import Match
from containment.model.names import DNS_PORT, HTTPS_PORT, Protocol
from containment.model.reach.addresses import TOP
from containment.model.reach.sweep import Range, complement, merged
from containment.model.reach.table import Witness
from policypack.analysed import Flows
from policypack.chain import Chain
from policypack.dcf import DcfRule
from policypack.plain import strongest
from policypack.proof.bound import current
from policypack.proof.decided import decided, depends_on_a_group
from policypack.proof.extent import OPEN_MEMBERS, Kind, Member, common, count, described, destinations_of, networks_in, private_ranges
from policypack.proof.network import home_networks
from policypack.proof.resolvers import OVER, carries_dns, is_dns_alone


class Excess(StrEnum):
    """What a permit lets through that nothing approves."""

    OPEN = "addresses that are not the organization's, or not known"
    NAMES = "names that are not bound to TCP 443"
    NEIGHBOURS = "private addresses by identity, or too many"


@dataclass(frozen=True, slots=True)
class Refused:
    """One permit (or several that are too much together), at the resource that states it; `what` is a sentence."""

    excess: Excess
    rules: tuple[DcfRule, ...]
    what: str

    @property
    def where(self) -> str:
        """The URN of the resource that states the last of the rules."""
        return self.rules[-1].owner.urn


_NOT_FOR_NAMES = frozenset({Kind.WORKLOAD, Kind.SITE, Kind.UNSEEN})
"""Members that are, or may be, private hosts: a server name can be claimed towards any of them."""


def refused_permits(chain: Chain) -> tuple[Refused, ...]:
    """Return everything that permits let through without approval, in the order of the rules."""
    return chain.graph.once(refused_permits, lambda: tuple(_Judge(chain).all()))


class _Judge:
    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._home = home_networks(chain.graph)

    def all(self) -> Iterator[Refused]:
        counted: list[tuple[DcfRule, list[Range]]] = []
        for rule in self._chain.permits:
            if rule.web_groups and not _is_https(rule):  # a mistake even where it matches nothing, as over UDP
                what = f"{rule.label} permits names over {_extent(rule)}: only TCP {HTTPS_PORT} with TLS binds a flow to its server name"
                yield Refused(Excess.NAMES, (rule,), what)
            if not self._is_live(rule):
                continue
            found = list(self._of_names(rule) if rule.web_groups else self._by_address(rule))
            yield from found
            if not rule.web_groups and not any(one.excess is Excess.OPEN for one in found) and (held := self._neighbours(rule)):
                counted.append((rule, held))
        yield from self._too_many(counted)

    # permits by address

    def _by_address(self, rule: DcfRule) -> Iterator[Refused]:
        if self._is_left_to_dns(rule):
            return
        members = destinations_of(self._chain.graph, rule, self._home)
        kinds = {one.kind for one in members}
        if self._chain.asked is None:
            yield from self._stated_open(rule, members)
        else:
            met = decided(self._chain, rule, outside=(Flows.HOME, Flows.PRIVATE, Flows.DNS))
            if met is not None and (not depends_on_a_group(met) or kinds & (OPEN_MEMBERS | {Kind.UNKNOWN})):
                yield Refused(Excess.OPEN, (rule,), _open(rule, members, met))
        workloads = [one for one in members if one.kind is Kind.WORKLOAD]
        if workloads and self._reaches_members(rule):
            yield Refused(
                Excess.NEIGHBOURS,
                (rule,),
                f"{rule.label} permits hosts by identity ({described(workloads)}), not by address: whoever can make such a host, or tag"
                " one, widens the permit",
            )

    def _stated_open(self, rule: DcfRule, members: Iterable[Member]) -> Iterator[Refused]:
        """Yield what is wide by the groups that are known, or whichever of those not known yet the rule names."""
        found = [one for one in members if one.kind in OPEN_MEMBERS]
        if found or self._chain.groups.meets_internet(rule) is Match.YES:
            where = described(found) or "public addresses"
            yield Refused(Excess.OPEN, (rule,), f"{rule.label} permits {_extent(rule)} to {where}, with no name to check")

    def _reaches_members(self, rule: DcfRule) -> bool:
        """Tell whether a permit decides flows to members that only the Controller knows."""
        return self._chain.asked is None or decided(self._chain, rule, outside=(Flows.DNS,)) is not None

    def _is_live(self, rule: DcfRule) -> bool:
        """Tell whether a permit may decide any flow at all."""
        return not self._chain.is_monitor_permit(rule) if self._chain.asked is None else decided(self._chain, rule) is not None

    def _is_left_to_dns(self, rule: DcfRule) -> bool:
        """Tell whether a permit is judged as one of DNS alone: it names no port but 53, or is refused for port 53 already."""
        if is_dns_alone(rule):
            return True
        names_it = strongest(rule.takes(protocol, DNS_PORT) for protocol in OVER) is Match.YES
        is_broad = rule.speaks(Protocol.ANY) is not Match.NO or rule.takes_every_port is not Match.NO
        return names_it and not is_broad and carries_dns(self._chain, rule).match is not Match.NO

    # permits of names

    def _of_names(self, rule: DcfRule) -> Iterator[Refused]:
        members = destinations_of(self._chain.graph, rule, self._home)
        hidden = [one for one in members if one.kind in _NOT_FOR_NAMES or (one.kind is Kind.UNKNOWN and self._chain.asked is not None)]
        held = self._neighbours(rule)
        if hidden and self._reaches_members(rule):
            yield Refused(
                Excess.OPEN, (rule,), f"{rule.label} permits names to private addresses too: its destination is {described(hidden)}"
            )
        elif count(held) > current().addresses:
            yield Refused(
                Excess.OPEN,
                (rule,),
                f"{rule.label} permits names to private addresses too: its destination is not Public Internet, and holds {_listed(held)}",
            )

    # private addresses

    def _neighbours(self, rule: DcfRule) -> list[Range]:
        """Return the private addresses outside the VPC that a permit reaches by address."""
        chain = self._chain
        if chain.asked is not None and decided(chain, rule, (Flows.PRIVATE,), (Flows.HOME, Flows.DNS)) is None:
            return []
        held = private_ranges(destinations_of(chain.graph, rule, self._home), self._home)
        for deny in chain.enforced_before(rule):
            if held and self._takes_all(deny, rule):
                denied = private_ranges(destinations_of(chain.graph, deny), ())
                held = common(held, complement(denied, 0, TOP[4]))
        return held

    def _takes_all(self, deny: DcfRule, permit: DcfRule) -> bool:
        """Tell whether a deny stops everything of a permit that goes to the deny's destinations."""
        if deny.web_groups or not self._chain.groups.is_certain(deny) or self._chain.groups.holds_agents(deny) is not Match.YES:
            return False
        if deny.takes_tls is not Match.YES or deny.takes_plain is not Match.YES:
            return False
        if deny.speaks(Protocol.ANY) is Match.YES and not deny.ports:
            return True
        same = deny.speaks(Protocol.ANY) is Match.YES or str(deny.protocol).upper() == str(permit.protocol).upper()
        if not same or permit.speaks(Protocol.ANY) is not Match.NO:
            return False
        wanted = _ports(permit)
        return not deny.ports or (wanted is not None and bool(permit.ports) and common(wanted, _ports(deny) or []) == merged(wanted))

    def _too_many(self, counted: list[tuple[DcfRule, list[Range]]]) -> Iterator[Refused]:
        bound = current().addresses
        few: list[tuple[DcfRule, list[Range]]] = []
        for rule, held in counted:
            if count(held) > bound:
                yield Refused(Excess.NEIGHBOURS, (rule,), f"{rule.label} permits {_listed(held)} outside the VPC, and {bound} may be")
            else:
                few.append((rule, held))
        total = merged(part for _, held in few for part in held)
        if count(total) > bound:
            names = ", ".join(rule.label for rule, _ in few)
            what = f"{names} permit {_listed(total)} outside the VPC together, and {bound} may be permitted by address in total"
            yield Refused(Excess.NEIGHBOURS, tuple(rule for rule, _ in few), what)


def _is_https(rule: DcfRule) -> bool:
    return (
        str(rule.protocol).upper() == Protocol.TCP.value and bool(rule.ports) and all(one == (HTTPS_PORT, HTTPS_PORT) for one in rule.ports)
    )


def _ports(rule: DcfRule) -> list[Range] | None:
    """Return the ports that a rule names, None when one of them is not known."""
    known = [(low, high) for low, high in rule.ports if isinstance(low, int) and isinstance(high, int)]
    return known if len(known) == len(rule.ports) else None


def _open(rule: DcfRule, members: Iterable[Member], met: Witness) -> str:
    found = [one for one in members if one.kind in OPEN_MEMBERS or one.kind is Kind.UNKNOWN]
    return f"{rule.label} permits {_extent(rule)} to {described(found)}, with no name to check; for example {met}"


def _extent(rule: DcfRule) -> str:
    """Return protocol and ports in words."""
    protocol = (
        "any protocol"
        if rule.speaks(Protocol.ANY) is Match.YES
        else "an unknown protocol"
        if not isinstance(rule.protocol, str)
        else rule.protocol.upper()
    )
    if not rule.ports or rule.takes_every_port is Match.YES:
        return protocol if protocol in ("any protocol", Protocol.ICMP.value) else f"every port of {protocol}"
    ports = _ports(rule)
    return f"{protocol} " + (
        ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ports) if ports else "on unknown ports"
    )


def _listed(held: list[Range]) -> str:
    networks = networks_in(held)
    more = "" if len(networks) <= 4 else f" and {len(networks) - 4} more networks"
    return f"{count(held)} private addresses ({', '.join(map(str, networks[:4]))}{more})"
