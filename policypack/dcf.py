"""Distributed Cloud Firewall rules as plain values, read from rule lists and rulesets, in the order the Controller evaluates.

Order: rulesets attached before the UI's, then the policy list, then those attached after; inside one, the lowest priority
number first; equal priorities in a policy list in list order (in a ruleset, which is a set, in no order). What is not known
leaves two rules unordered, and an unordered permit may come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from containment.model.fqdn import Match
from containment.model.names import HTTPS_PORT, Action, Protocol, WellKnown
from policypack.graph import Graph, Resource
from policypack.known_types import POLICY_GROUP, POLICY_LIST, RULE_LISTS
from policypack.plain import UNKNOWN, field, is_true, items, strongest, weakest


@dataclass(frozen=True, slots=True, eq=False)
class DcfRule:
    """One rule as its resource states it. `rank` orders whole lists (None: not known), `index` is its place in its list.

    `sources`, `destinations` and `web_groups` hold group UUIDs or UNKNOWN; `ports` holds (low, high) pairs or UNKNOWN.
    `application` and `tls_profile` are `flowAppRequirement` and `tlsProfile`.
    """

    owner: Resource
    index: int
    name: str
    action: Any
    priority: Any
    protocol: Any
    sources: tuple[Any, ...]
    destinations: tuple[Any, ...]
    web_groups: tuple[Any, ...]
    ports: tuple[Any, ...]
    logging: Any
    watch: Any
    enforcement: Any
    application: Any = None
    tls_profile: Any = None
    rank: float | None = None

    @property
    def permits(self) -> Match:
        """Tell whether a flow it decides is let through; an unknown action may."""
        if self.action is UNKNOWN:
            return Match.MAYBE
        return Match.NO if str(self.action).upper() == Action.DENY.value else Match.YES

    @property
    def is_disabled(self) -> Match:
        """Tell whether the rule is stored and never pushed to gateways."""
        return _says(self.enforcement, "DISABLE")

    @property
    def is_watched(self) -> Match:
        """Tell whether the rule only logs what it would do."""
        return strongest([is_true(self.watch), _says(self.enforcement, "MONITOR")])

    @property
    def takes_https(self) -> Match:
        """Tell whether TCP 443 is among what the rule matches."""
        return self.takes(Protocol.TCP, HTTPS_PORT)

    def takes(self, protocol: Protocol, port: int) -> Match:
        """Tell whether a protocol and port are among what the rule matches."""
        ports = strongest(_holds(low, high, port) for low, high in self.ports) if self.ports else Match.YES
        return weakest([self.speaks(protocol), ports])

    def speaks(self, protocol: Protocol) -> Match:
        """Tell whether the rule is for a protocol; ANY is asked whether it is for all of them."""
        if self.protocol is UNKNOWN:
            return Match.MAYBE
        return _bool(str(self.protocol).upper() in (protocol.value, *_ALL_PROTOCOLS))

    @property
    def takes_tls(self) -> Match:
        """Tell whether TLS is among what the rule matches, as far as `flowAppRequirement` goes."""
        return Match.MAYBE if self.application is UNKNOWN else _bool(str(self.application).upper() != "NOT_TLS_REQUIRED")

    @property
    def takes_plain(self) -> Match:
        """Tell whether what is not TLS is among what the rule matches."""
        return Match.MAYBE if self.application is UNKNOWN else _bool(str(self.application).upper() != "TLS_REQUIRED")

    @property
    def takes_every_port(self) -> Match:
        """Tell whether the rule leaves no port out: none is named, or its ranges together are all of them."""
        if not self.ports:
            return Match.YES
        if any(not isinstance(end, int) for ends in self.ports for end in ends):
            return Match.MAYBE
        reached = 0
        for low, high in sorted(self.ports):
            reached = max(reached, high) if low <= reached + 1 else reached
        return _bool(reached >= _LAST_PORT)

    @property
    def takes_everything(self) -> Match:
        """Tell whether no protocol, port or application is left out, whatever the addresses and names.

        A rule that names ports, be it all of them, is not for ICMP and what else has none.
        """
        is_portless = Match.YES if not self.ports else Match.MAYBE if UNKNOWN in (end for ends in self.ports for end in ends) else Match.NO
        return weakest([self.speaks(Protocol.ANY), is_portless, self.takes_tls, self.takes_plain])

    @property
    def key(self) -> str:
        """The property of the owner under which the rules stand, for tracing references."""
        return _KEYS.get(self.owner.type, "rules")

    @property
    def label(self) -> str:
        """Its name and priority for messages."""
        return f"{self.name} (priority {'unknown' if self.priority is UNKNOWN else self.priority})"

    def may_precede(self, other: DcfRule) -> bool:
        """Tell whether this rule is, or cannot be shown not to be, evaluated before `other`."""
        if self.owner is not other.owner:
            return self.rank is None or other.rank is None or self.rank <= other.rank
        if UNKNOWN in (self.priority, other.priority):
            return True
        if self.priority != other.priority:
            return bool(self.priority < other.priority)
        return self.index < other.index if self.owner.type == POLICY_LIST else True


_ALL_PROTOCOLS: Final = (Protocol.ANY.value, "PROTOCOL_UNSPECIFIED", "ALL")
_LAST_PORT: Final = 65535
_KEYS: Final = {POLICY_LIST: "policies"}
_BEFORE, _LIST, _AFTER = 0.0, 1.0, 2.0
_POINTS: Final[Mapping[Any, float]] = {WellKnown.BEFORE_UI_MANAGED.value: _BEFORE, WellKnown.AFTER_UI_MANAGED.value: _AFTER}


def read_rules(graph: Graph) -> tuple[DcfRule, ...]:
    """Return every rule of a stack, in order of precedence as far as it is known; the same objects each time."""
    return graph.once(read_rules, lambda: tuple(_read_rules(graph)))


def _read_rules(graph: Graph) -> list[DcfRule]:
    found = [rule for owner in graph.of(*RULE_LISTS) for rule in rules_of(owner, _rank(graph, owner))]
    return sorted(found, key=lambda rule: (_first(rule.rank), _first(rule.priority), rule.index))


def rules_of(owner: Resource, rank: float | None = None) -> list[DcfRule]:
    """Return the rules one resource states; a list that is not known as a whole is one rule of which nothing is known."""
    return [
        DcfRule(
            owner=owner,
            index=index,
            name="a rule not known before the update" if name in (None, UNKNOWN) else str(name),
            action=field(block, "action"),
            priority=_priority(field(block, "priority")),
            protocol=field(block, "protocol"),
            sources=_ids(field(block, "srcSmartGroups")),
            destinations=_ids(field(block, "dstSmartGroups")),
            web_groups=_ids(field(block, "webGroups")),
            ports=tuple(_ports(field(block, "portRanges"))),
            logging=field(block, "logging"),
            watch=field(block, "watch"),
            enforcement=field(block, "enforcement"),
            application=field(block, "flowAppRequirement"),
            tls_profile=field(block, "tlsProfile"),
            rank=rank,
        )
        for index, block in enumerate(items(owner.get(_KEYS.get(owner.type, "rules"))))
        for name in (field(block, "name"),)
    ]


def _rank(graph: Graph, owner: Resource) -> float | None:
    """Return a list's place among others: its own for the policy list, its attachment point's for a ruleset, None when unknown."""
    if owner.type == POLICY_LIST:
        return _LIST
    point = owner.get("attachTo")
    if point in _POINTS:
        return _POINTS[point]
    for group in graph.of(POLICY_GROUP):
        base = _POINTS.get(group.get("attachTo"))
        for block in items(group.get("rulesetReferences")):
            reference = graph.refer(group, "rulesetReferences", field(block, "targetUuid"), (owner.type,), ("id", "dcfRulesetId", "uuid"))
            if [found.urn for found in reference.found] == [owner.urn]:
                return _within(base, field(block, "priority"))
        for block in items(group.output("attachmentPoints")):
            if point is not UNKNOWN and point is not None and field(block, "uuid") == point:
                return _within(base, field(block, "priority"))
    return None


def _within(base: float | None, priority: Any) -> float | None:
    """Return a rank inside a policy group: lists of one group are ordered by priority, all inside the group's own place."""
    return base + float(priority) / 1e9 if base is not None and isinstance(priority, int) else None


def _first(value: Any) -> float:
    return -1.0 if value is None or value is UNKNOWN else float(value)


def _priority(value: Any) -> Any:
    """Return a priority; left out it is 0, the highest (provider default)."""
    if value is None:
        return 0
    return value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN


def _ids(value: Any) -> tuple[Any, ...]:
    """Return what names groups; what is no text may name any."""
    return tuple(one if isinstance(one, str) else UNKNOWN for one in items(value))


def _ports(value: Any) -> Iterable[Any]:
    for block in items(value):
        low, high = field(block, "lo"), field(block, "hi")
        yield (low, low if high in (None, 0) else high)


def _holds(low: Any, high: Any, port: int) -> Match:
    if not isinstance(low, int) or not isinstance(high, int):
        return Match.MAYBE
    return _bool(low <= port <= high)


def _says(value: Any, word: str) -> Match:
    if value is UNKNOWN:
        return Match.MAYBE
    return _bool(isinstance(value, str) and value.upper() == word)


def _bool(value: bool) -> Match:
    return Match.YES if value else Match.NO
