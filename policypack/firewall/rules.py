"""Distributed Cloud Firewall rules as plain values, from policy lists and rulesets, in the Controller's order of evaluation.

Order: rulesets attached before the UI's, then the policy list, then those attached after; inside one, the lowest priority
number first; equal priorities in a policy list in list order (in a ruleset, which is a set, in no order). Unknown values
leave two rules unordered, and an unordered permit may come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from containment.addresses.address_ranges import merge_ranges
from containment.names import HTTPS_PORT, Action, Protocol, WellKnownObject
from containment.ternary import Ternary, all_of, any_of
from policypack.graph.known_types import POLICY_GROUP, POLICY_LIST, RULE_LISTS
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_true
from policypack.graph.resources import Graph, Resource


@dataclass(frozen=True, slots=True, eq=False)
class RegisteredRule:
    """One rule as its resource declares it.

    `rank` orders whole lists (None: not known), `index` is the rule's position in its list. `sources`, `destinations` and
    `build_web_groups` contain group UUIDs or UNKNOWN; `ports` contains (low, high) pairs, where an end may be UNKNOWN.
    `application`, `tls_profile` and `decryption` are `flowAppRequirement`, `tlsProfile` and `decryptPolicy`.
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
    decryption: Any = None
    rank: float | None = None

    @property
    def permits(self) -> Ternary:
        """Whether the rule lets through the flows it decides; MAYBE for an unknown action."""
        if self.action is UNKNOWN:
            return Ternary.MAYBE
        return Ternary.of(str(self.action).upper() != Action.DENY.value)

    @property
    def is_disabled(self) -> Ternary:
        """Whether the rule is stored and never pushed to gateways."""
        return _is_equal(self.enforcement, "DISABLE")

    @property
    def is_watched(self) -> Ternary:
        """Whether the rule is logged without being applied."""
        return any_of([is_true(self.watch), _is_equal(self.enforcement, "MONITOR")])

    @property
    def takes_https(self) -> Ternary:
        """Whether the rule matches TCP 443."""
        return self.is_for_port(Protocol.TCP, HTTPS_PORT)

    def is_for_port(self, protocol: Protocol, port: int) -> Ternary:
        """Return whether the rule matches a protocol and port."""
        ports = any_of(_is_in_range(low, high, port) for low, high in self.ports) if self.ports else Ternary.YES
        return all_of([self.is_for_protocol(protocol), ports])

    def is_for_protocol(self, protocol: Protocol) -> Ternary:
        """Return whether the rule matches a protocol; for ANY, whether it matches all protocols."""
        if self.protocol is UNKNOWN:
            return Ternary.MAYBE
        return Ternary.of(str(self.protocol).upper() in (protocol.value, *_ALL_PROTOCOLS))

    @property
    def takes_tls(self) -> Ternary:
        """Whether `flowAppRequirement` lets the rule match TLS."""
        return Ternary.MAYBE if self.application is UNKNOWN else Ternary.of(str(self.application).upper() != "NOT_TLS_REQUIRED")

    @property
    def takes_plain(self) -> Ternary:
        """Whether `flowAppRequirement` lets the rule match traffic other than TLS."""
        return Ternary.MAYBE if self.application is UNKNOWN else Ternary.of(str(self.application).upper() != "TLS_REQUIRED")

    @property
    def decrypts(self) -> Ternary:
        """Whether the gateway decrypts the rule's TLS: by `decryptPolicy`, or by the action of older Controllers that inspects."""
        if str(self.action).upper() == Action.DEEP_INSPECT_PERMIT.value:
            return Ternary.YES
        stated = self.decryption.upper() if isinstance(self.decryption, str) else self.decryption
        return Ternary.NO if stated in _NOT_DECRYPTED else Ternary.YES if stated == "DECRYPT_ALLOWED" else Ternary.MAYBE

    @property
    def takes_every_port(self) -> Ternary:
        """Whether the rule leaves no port out: it names none, or its ranges together are all ports."""
        if not self.ports:
            return Ternary.YES
        if any(not isinstance(end, int) for ends in self.ports for end in ends):
            return Ternary.MAYBE
        return Ternary.of(any(low <= 1 and high >= _LAST_PORT for low, high in merge_ranges(self.ports)))

    @property
    def takes_everything(self) -> Ternary:
        """Whether no protocol, port or application is left out, whatever the addresses and names.

        A rule that names ports, even all of them, does not match ICMP and other protocols without ports.
        """
        is_portless = (
            Ternary.YES if not self.ports else Ternary.MAYBE if UNKNOWN in (end for ends in self.ports for end in ends) else Ternary.NO
        )
        return all_of([self.is_for_protocol(Protocol.ANY), is_portless, self.takes_tls, self.takes_plain])

    @property
    def key(self) -> str:
        """The owner's property that contains the rules, for tracing references."""
        return _KEYS.get(self.owner.type, "rules")

    @property
    def label(self) -> str:
        """Name and priority for messages."""
        return f"{self.name} (priority {'unknown' if self.priority is UNKNOWN else self.priority})"

    def is_possibly_before(self, other: RegisteredRule) -> bool:
        """Return whether this rule is, or cannot be shown not to be, evaluated before `other`."""
        if self.owner is not other.owner:
            return self.rank is None or other.rank is None or self.rank <= other.rank
        if UNKNOWN in (self.priority, other.priority):
            return True
        if self.priority != other.priority:
            return bool(self.priority < other.priority)
        return self.index < other.index if self.owner.type == POLICY_LIST else True


_ALL_PROTOCOLS: Final = (Protocol.ANY.value, "PROTOCOL_UNSPECIFIED", "ALL")
_LAST_PORT: Final = 65535
_ENFORCEMENTS: Final = frozenset({"ENFORCE", "MONITOR", "DISABLE"})
_KEYS: Final = {POLICY_LIST: "policies"}
_NOT_DECRYPTED: Final = (None, "", "DECRYPT_UNSPECIFIED", "DECRYPT_NOT_ALLOWED")
_BEFORE, _LIST, _AFTER = 0.0, 1.0, 2.0
_POINTS: Final[Mapping[Any, float]] = {WellKnownObject.BEFORE_UI_MANAGED.value: _BEFORE, WellKnownObject.AFTER_UI_MANAGED.value: _AFTER}


def read_rules(graph: Graph) -> tuple[RegisteredRule, ...]:
    """Return every rule of a stack, in order of precedence if known; the same objects each time."""
    return graph.compute_once(read_rules, lambda: tuple(_read_rules(graph)))


def _read_rules(graph: Graph) -> list[RegisteredRule]:
    found = [rule for owner in graph.find_by_type(*RULE_LISTS) for rule in parse_rules(owner, _find_rank(graph, owner))]
    return sorted(found, key=lambda rule: (_get_sort_key(rule.rank), _get_sort_key(rule.priority), rule.index))


def parse_rules(owner: Resource, rank: float | None = None) -> list[RegisteredRule]:
    """Return the rules of one resource; a list that is unknown as a whole becomes one rule with unknown fields."""
    return [
        RegisteredRule(
            owner=owner,
            index=index,
            name="a rule not known before the update" if name in (None, UNKNOWN) else str(name),
            action=get_field(block, "action"),
            priority=_parse_priority(get_field(block, "priority")),
            protocol=get_field(block, "protocol"),
            sources=_parse_ids(get_field(block, "srcSmartGroups")),
            destinations=_parse_ids(get_field(block, "dstSmartGroups")),
            web_groups=_parse_ids(get_field(block, "webGroups")),
            ports=tuple(_parse_ports(get_field(block, "portRanges"))),
            logging=get_field(block, "logging"),
            watch=get_field(block, "watch"),
            enforcement=get_field(block, "enforcement"),
            application=get_field(block, "flowAppRequirement"),
            tls_profile=get_field(block, "tlsProfile"),
            decryption=get_field(block, "decryptPolicy"),
            rank=rank,
        )
        for index, block in enumerate(get_items(owner.get(_KEYS.get(owner.type, "rules"))))
        for name in (get_field(block, "name"),)
    ]


def _find_rank(graph: Graph, owner: Resource) -> float | None:
    """Return the rank of a rule list: a constant for the policy list, its attachment point's for a ruleset, None when unknown."""
    if owner.type == POLICY_LIST:
        return _LIST
    point = owner.get("attachTo")
    if point in _POINTS:
        return _POINTS[point]
    for group in graph.find_by_type(POLICY_GROUP):
        base = _POINTS.get(group.get("attachTo"))
        for block in get_items(group.get("rulesetReferences")):
            reference = graph.resolve(
                group, "rulesetReferences", get_field(block, "targetUuid"), (owner.type,), ("id", "dcfRulesetId", "uuid")
            )
            if [found.urn for found in reference.found] == [owner.urn]:
                return _compute_rank(base, get_field(block, "priority"))
        for block in get_items(group.get_output("attachmentPoints")):
            if point is not UNKNOWN and point is not None and get_field(block, "uuid") == point:
                return _compute_rank(base, get_field(block, "priority"))
    return None


def _compute_rank(base: float | None, priority: Any) -> float | None:
    """Return a rank inside a policy group: lists of one group are ordered by priority, all within the group's rank."""
    return base + float(priority) / 1e9 if base is not None and isinstance(priority, int) else None


def _get_sort_key(value: Any) -> float:
    return -1.0 if value is None or value is UNKNOWN else float(value)


def _parse_priority(value: Any) -> Any:
    """Return a priority; an unset one is 0, the highest (provider default)."""
    if value is None:
        return 0
    return value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN


def _parse_ids(value: Any) -> tuple[Any, ...]:
    """Return group ids; a value that is no text becomes UNKNOWN."""
    return tuple(one if isinstance(one, str) else UNKNOWN for one in get_items(value))


def _parse_ports(value: Any) -> Iterable[Any]:
    for block in get_items(value):
        low, high = get_field(block, "lo"), get_field(block, "hi")
        yield (low, low if high in (None, 0) else high)


def _is_in_range(low: Any, high: Any, port: int) -> Ternary:
    if not isinstance(low, int) or not isinstance(high, int):
        return Ternary.MAYBE
    return Ternary.of(low <= port <= high)


def _is_equal(value: Any, word: str) -> Ternary:
    """Return whether a rule's enforcement is a word; a value that is none of the provider's words may be any of them."""
    if value in (None, ""):
        return Ternary.NO
    stated = value.upper() if isinstance(value, str) else ""
    return Ternary.of(stated == word) if stated in _ENFORCEMENTS else Ternary.MAYBE
