"""The policy that resources state, as the analyser's values.

What cannot be read is never guessed: a group that is made elsewhere or not known yet becomes an unknown of its own, a
rule's field that is not known becomes the widest it may be for a permit, and everything of the kind is told in `notes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import Action, Protocol, WellKnown
from containment.model.ruleset import (
    ANYWHERE,
    PUBLIC_INTERNET,
    CidrSelector,
    Logging,
    OpaqueSelector,
    PortRange,
    Rule,
    RuleSet,
    Selector,
    SmartGroup,
    TagSelector,
    WebGroup,
)
from containment.model.url import UrlPattern
from policypack.dcf import DcfRule, read_rules
from policypack.graph import Graph, Resource, Trace
from policypack.known_types import DEFAULT_ACTION, SMART_GROUP, SUBNET, VPC, WEB_GROUP
from policypack.plain import UNKNOWN, field, is_true, items
from policypack.space import parse

TLS_PROFILE: Final = "aviatrix:index/dcfTlsProfile:DcfTlsProfile"
_IDENTITIES: Final = ("id", "uuid", "smartGroupId", "webGroupId")
_WELL_KNOWN: Final = {WellKnown.ANYWHERE.value: ANYWHERE, WellKnown.PUBLIC_INTERNET.value: PUBLIC_INTERNET}
_EVERY_NAME: Final = DomainPattern("*")
_EVERY_PORT: Final = (PortRange(0, 65535),)


@dataclass(frozen=True, slots=True)
class Stated:
    """A policy as stated: `ruleset` has its rules in order (priorities are their places), `notes` what is not known."""

    ruleset: RuleSet
    notes: tuple[str, ...]


def ruleset_of(graph: Graph) -> Stated | None:
    """Return the policy a stack's resources state, None when they state no rule."""
    rules = read_rules(graph)
    return _Reader(graph).read(rules) if rules else None


class _Reader:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._smart: dict[str, SmartGroup] = {}
        self._web: dict[str, WebGroup] = {}
        self._notes: dict[str, None] = {}

    def read(self, rules: Sequence[DcfRule]) -> Stated:
        taken: dict[str, None] = {}
        made = []
        for place, rule in enumerate(rules, 1):
            numbered = (f"{rule.name} ({number})" for number in count(2))
            name = next(one for one in chain([rule.name], numbered) if one not in taken)
            taken[name] = None
            made.append(self._rule(rule, name, place))
        if any(rule.rank is None for rule in rules) and len({rule.owner.urn for rule in rules}) > 1:
            self._note("the order of the rule lists among themselves is not known: they are taken in the order shown")
        return Stated(RuleSet(tuple(made), self._smart, self._web, self._default()), tuple(self._notes))

    def _note(self, text: str) -> None:
        self._notes[text] = None

    def _default(self) -> Action:
        found = self._graph.of(DEFAULT_ACTION)
        if not found:
            self._note("the default action belongs to another stack and is taken to be DENY, as the platform program makes it")
            return Action.DENY
        stated = found[0].get("action")
        if stated is UNKNOWN:
            self._note("the default action is not known and is taken to be PERMIT")
        return Action.DENY if str(stated).upper() == "DENY" else Action.PERMIT

    def _rule(self, rule: DcfRule, name: str, place: int) -> Rule:
        block = items(rule.owner.get(rule.key))[rule.index]
        action = self._action(rule, name)
        sources = tuple(self._group(rule, value, "source") for value in rule.sources) or (self._nothing(name, "source"),)
        is_read = rule.speaks(Protocol.ANY) is Match.YES or str(rule.protocol).upper() in Protocol.__members__
        is_read = is_read and all(_is_range(low, high) for low, high in rule.ports)
        if action is Action.DENY and not (is_read and rule.takes_tls is Match.YES):  # "all but TLS" is no set the analyser has
            sources = (self._nothing(name, "known extent"),)  # what a deny covers for certain is nothing then
        protocol = self._protocol(rule, name)
        web = tuple(self._web_group(rule, value, action) for value in rule.web_groups)
        ports = self._ports(rule, name, protocol)
        if web and protocol is Protocol.ICMP:
            self._note(f"{name} is for ICMP by name, which has none: a permit is taken to be of all ICMP, a deny of nothing that is known")
            sources = sources if action.permits else (self._nothing(name, "name of an ICMP packet"),)
            web = ()
        return Rule(
            name,
            place,
            action,
            sources,
            tuple(self._group(rule, value, "destination") for value in rule.destinations) or (self._nothing(name, "destination"),),
            protocol,
            (ports or _EVERY_PORT) if web else ports,
            web,
            Logging.START if is_true(rule.logging) is Match.YES else Logging.NONE,
            watch=rule.is_watched is not Match.NO,
            disabled=rule.is_disabled is Match.YES,
            tls_required=str(rule.application).upper() == "TLS_REQUIRED",
            verify_sni=self._verifies(rule, rule.tls_profile),
            decrypts=str(field(block, "decryptPolicy")).upper() == "DECRYPT_ALLOWED",
            source=f"{rule.owner.label}, priority {'not known' if rule.priority is UNKNOWN else rule.priority}",
        )

    def _action(self, rule: DcfRule, name: str) -> Action:
        if rule.action is UNKNOWN:
            self._note(f"the action of {name} is not known and is taken to be PERMIT")
            return Action.PERMIT
        return Action.DENY if rule.permits is Match.NO else Action.INSPECT_PERMIT if str(rule.action).upper() != "PERMIT" else Action.PERMIT

    def _protocol(self, rule: DcfRule, name: str) -> Protocol:
        said = str(rule.protocol).upper()
        if rule.protocol is not UNKNOWN and said in Protocol.__members__:
            return Protocol[said]
        if rule.protocol is UNKNOWN:
            self._note(f"the protocol of {name} is not known and is taken to be any")
        return Protocol.ANY

    def _ports(self, rule: DcfRule, name: str, protocol: Protocol) -> tuple[PortRange, ...]:
        if protocol is Protocol.ICMP:
            return ()
        found = []
        for low, high in rule.ports:
            if not _is_range(low, high):
                self._note(f"a port of {name} is not known and is taken to be any")
                return _EVERY_PORT
            found.append(PortRange(low, high))
        return tuple(found)

    def _nothing(self, name: str, side: str) -> str:
        """Return a group for a rule that states none: it holds what nobody can tell."""
        key = f"{side} of {name}, not stated"
        self._note(f"{name} states no {side}")
        self._smart[key] = SmartGroup(key, (OpaqueSelector(key),))
        return key

    def _group(self, rule: DcfRule, value: Any, side: str) -> str:
        if value in _WELL_KNOWN:
            self._smart[str(value)] = _WELL_KNOWN[value]
            return str(value)
        reference = self._graph.refer(rule.owner, rule.key, value, (SMART_GROUP,), _IDENTITIES)
        if reference.trace is Trace.FOUND:
            group = reference.found[0]
            if group.urn not in self._smart:
                self._smart[group.urn] = SmartGroup(_name_of(group), tuple(self._selectors(group)))
            return group.urn
        what = (
            f"SmartGroup {value}, made elsewhere" if value is not UNKNOWN else f"{side} group of {rule.name}, not known before the update"
        )
        self._note(f"what is in the {what} is not known")
        self._smart[what] = SmartGroup(what, (OpaqueSelector(what),))
        return what

    def _selectors(self, group: Resource) -> Iterable[Selector]:
        selector = group.get("selector")
        found = items(field(selector, "matchExpressions")) if selector is not UNKNOWN else [UNKNOWN]
        for expression in found or [UNKNOWN]:
            yield self._selector(group, expression)

    def _selector(self, group: Resource, expression: Any) -> Selector:
        label = f"member of SmartGroup {_name_of(group)}"
        if expression is UNKNOWN or not isinstance(expression, dict):
            self._note(f"an expression of {group.label} is not known")
            return OpaqueSelector(label)
        stated = {key: value for key, value in expression.items() if value not in (None, "", {}, [])}
        if set(stated) == {"cidr"} and (network := parse(stated["cidr"])) is not None:
            return CidrSelector(network)
        kind = stated.get("type")
        tags = stated.get("tags")
        if kind == "vm" and set(stated) == {"type", "tags"} and isinstance(tags, dict) and UNKNOWN not in tags.values():
            return TagSelector({str(key): str(value) for key, value in tags.items()})
        if kind in ("subnet", "vpc") and set(stated) == {"type", "resId"}:
            for home in self._graph.of(SUBNET if kind == "subnet" else VPC):
                if stated["resId"] is not UNKNOWN and stated["resId"] == home.output("id") and (network := parse(home.get("cidrBlock"))):
                    return CidrSelector(network)
        told = ", ".join(f"{key}={value}" for key, value in sorted(stated.items()))
        self._note(f"{group.label} selects by {told}, which only the Controller can evaluate")
        return OpaqueSelector(f"{label} ({told})")

    def _web_group(self, rule: DcfRule, value: Any, action: Action) -> str:
        if value == WellKnown.ALL_WEB.value:
            self._web[str(value)] = WebGroup("All-Web", (_EVERY_NAME,))
            return str(value)
        reference = self._graph.refer(rule.owner, rule.key, value, (WEB_GROUP,), _IDENTITIES)
        if reference.trace is Trace.FOUND:
            group = reference.found[0]
            if group.urn not in self._web:
                self._web[group.urn] = self._names(group)
            return group.urn
        what = f"WebGroup {value}, made elsewhere" if value is not UNKNOWN else f"WebGroup of {rule.name}, not known before the update"
        self._note(f"what is in the {what} is not known{', so it may permit any name' if action.permits else ''}")
        self._web[what] = WebGroup(what, (), (), (_EVERY_NAME,))
        return what

    def _names(self, group: Resource) -> WebGroup:
        patterns: list[DomainPattern] = []
        urls: list[UrlPattern] = []
        unsure: list[DomainPattern] = []
        selector = group.get("selector")
        for expression in (items(field(selector, "matchExpressions")) if selector is not UNKNOWN else []) or [UNKNOWN]:
            sni, url = field(expression, "snifilter"), field(expression, "urlfilter")
            try:
                if isinstance(sni, str) and sni:
                    patterns.append(DomainPattern.parse(sni))
                if isinstance(url, str) and url:
                    urls.append(UrlPattern.parse(url))
                if not all(isinstance(one, str) for one in (sni, url) if one is not None) or not (sni or url):
                    raise ValueError("is not known")
            except ValueError as error:
                self._note(f"an expression of {group.label} {error}, so it may be any name")
                unsure.append(_EVERY_NAME)
        return WebGroup(_name_of(group), tuple(dict.fromkeys(patterns)), tuple(urls), tuple(dict.fromkeys(unsure)))

    def _verifies(self, rule: DcfRule, value: Any) -> bool:
        """Tell whether a rule's TLS profile is known to verify server names; what is not known does not count."""
        reference = self._graph.refer(rule.owner, rule.key, value, (TLS_PROFILE,), ("id", "uuid"))
        return reference.trace is Trace.FOUND and is_true(reference.found[0].get("verifySni")) is Match.YES


def _is_range(low: Any, high: Any) -> bool:
    return isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= 65535


def _name_of(group: Resource) -> str:
    """Return a group's name on the Controller, as far as it is known."""
    name = group.get("name")
    return name if isinstance(name, str) and name else group.name
