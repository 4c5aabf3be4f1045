"""The policy that a stack's resources define, as values of the analyzer.

Unknown facts are never guessed: a group that is defined elsewhere or not known yet becomes a separate opaque group, an unknown
field of a permit is read as wide as it may be, and `notes` lists every such assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

from containment.addresses.address_space import parse_network
from containment.addresses.port_range import PortRange
from containment.names import Action, Protocol, WellKnownObject
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy import rules as model
from containment.ternary import Ternary
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.firewall.smart_group_membership import get_stated_expressions
from policypack.graph.known_types import DEFAULT_ACTION, SMART_GROUP, SUBNET, VPC, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_true
from policypack.graph.resources import Graph, Resource, Trace

TLS_PROFILE: Final = "aviatrix:index/dcfTlsProfile:DcfTlsProfile"
_WELL_KNOWN: Final = {WellKnownObject.ANYWHERE.value: model.ANYWHERE, WellKnownObject.PUBLIC_INTERNET.value: model.PUBLIC_INTERNET}
_LOGGING: Final = {
    WellKnownObject.LOG_START.value: model.Logging.START,
    WellKnownObject.LOG_START_AND_END.value: model.Logging.START_AND_END,
}
"""Uuid of a log profile that every Controller has -> when a rule with it writes a line."""
_EVERY_NAME: Final = DomainPattern("*")
_EVERY_PORT: Final = (PortRange(0, 65535),)


@dataclass(frozen=True, slots=True)
class ParsedPolicy:
    """A policy as declared: `ruleset` has its rules in order (priorities are positions), `notes` the unknown facts."""

    ruleset: model.RuleSet
    notes: tuple[str, ...]


def parse_policy(graph: Graph) -> ParsedPolicy | None:
    """Return the policy that a stack's resources define, None when they define no rule."""
    rules = read_rules(graph)
    return _PolicyReader(graph).read_policy(rules) if rules else None


class _PolicyReader:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._smart: dict[str, model.SmartGroup] = {}
        self._web: dict[str, model.WebGroup] = {}
        self._notes: dict[str, None] = {}

    def read_policy(self, rules: Sequence[RegisteredRule]) -> ParsedPolicy:
        taken: dict[str, None] = {}
        made = []
        for place, rule in enumerate(rules, 1):
            numbered = (f"{rule.name} ({number})" for number in count(2))
            name = next(one for one in chain([rule.name], numbered) if one not in taken)
            taken[name] = None
            made.append(self._build_rule(rule, name, place))
        if any(rule.rank is None for rule in rules) and len({rule.owner.urn for rule in rules}) > 1:
            self._add_note("the order of the rule lists among themselves is not known: they are taken in the order shown")
        return ParsedPolicy(model.RuleSet(tuple(made), self._smart, self._web, self._read_default_action()), tuple(self._notes))

    def _add_note(self, text: str) -> None:
        self._notes[text] = None

    def _read_default_action(self) -> Action:
        found = self._graph.find_by_type(DEFAULT_ACTION)
        if not found:
            self._add_note("the default action belongs to another stack and is taken to be DENY, as the platform program makes it")
            return Action.DENY
        stated = found[0].get("action")
        if stated is UNKNOWN:
            self._add_note("the default action is not known and is taken to be PERMIT")
        return Action.DENY if str(stated).upper() == "DENY" else Action.PERMIT

    def _build_rule(self, rule: RegisteredRule, name: str, place: int) -> model.Rule:
        block = get_items(rule.owner.get(rule.key))[rule.index]
        action = self._read_action(rule, name)
        sources = tuple(self._resolve_smart_group(rule, value, "source") for value in rule.sources) or (
            self._add_opaque_group(name, "source"),
        )
        is_read = rule.is_for_protocol(Protocol.ANY) is Ternary.YES or str(rule.protocol).upper() in Protocol.__members__
        is_read = is_read and all(_is_range(low, high) for low, high in rule.ports)
        if action is Action.DENY and not (is_read and rule.takes_tls is Ternary.YES):  # the analyzer has no set "all but TLS"
            sources = (self._add_opaque_group(name, "known extent"),)  # the deny then certainly covers nothing
        protocol = self._read_protocol(rule, name)
        web = tuple(self._resolve_web_group(rule, value, action) for value in rule.web_groups)
        ports = self._read_ports(rule, name, protocol)
        if web and protocol is Protocol.ICMP:
            self._add_note(f"{name} matches names over ICMP, which has none: a permit is taken to match all ICMP, a deny nothing known")
            sources = sources if action.permits else (self._add_opaque_group(name, "name of an ICMP packet"),)
            web = ()
        return model.Rule(
            name=name,
            priority=place,
            action=action,
            sources=sources,
            destinations=tuple(self._resolve_smart_group(rule, value, "destination") for value in rule.destinations)
            or (self._add_opaque_group(name, "destination"),),
            protocol=protocol,
            ports=(ports or _EVERY_PORT) if web else ports,
            web_groups=web,
            logging=_read_logging(rule, block),
            watch=rule.is_watched is not Ternary.NO,
            disabled=rule.is_disabled is Ternary.YES,
            tls_required=str(rule.application).upper() == "TLS_REQUIRED",
            verify_sni=self._is_sni_verified(rule, rule.tls_profile),
            decrypts=str(get_field(block, "decryptPolicy")).upper() == "DECRYPT_ALLOWED",
            source=f"{rule.owner.label}, priority {'not known' if rule.priority is UNKNOWN else rule.priority}",
        )

    def _read_action(self, rule: RegisteredRule, name: str) -> Action:
        if rule.action is UNKNOWN:
            self._add_note(f"the action of {name} is not known and is taken to be PERMIT")
            return Action.PERMIT
        stated = str(rule.action).upper()
        return Action(stated) if stated in set(Action) else Action.DENY if rule.permits is Ternary.NO else Action.INSPECT_PERMIT

    def _read_protocol(self, rule: RegisteredRule, name: str) -> Protocol:
        said = str(rule.protocol).upper()
        if rule.protocol is not UNKNOWN and said in Protocol.__members__:
            return Protocol[said]
        if rule.protocol is UNKNOWN:
            self._add_note(f"the protocol of {name} is not known and is taken to be any")
        return Protocol.ANY

    def _read_ports(self, rule: RegisteredRule, name: str, protocol: Protocol) -> tuple[PortRange, ...]:
        if protocol is Protocol.ICMP:
            return ()
        found = []
        for low, high in rule.ports:
            if not _is_range(low, high):
                self._add_note(f"a port of {name} is not known and is taken to be any")
                return _EVERY_PORT
            found.append(PortRange(low, high))
        return tuple(found)

    def _add_opaque_group(self, name: str, side: str) -> str:
        """Return an opaque group for a rule that sets none."""
        key = f"{side} of {name}, not set"
        self._add_note(f"{name} sets no {side}")
        self._smart[key] = model.SmartGroup(key, (model.OpaqueSelector(key),))
        return key

    def _resolve_smart_group(self, rule: RegisteredRule, value: Any, side: str) -> str:
        if value in _WELL_KNOWN:
            self._smart[str(value)] = _WELL_KNOWN[value]
            return str(value)
        reference = self._graph.resolve(rule.owner, rule.key, value, (SMART_GROUP,), IDENTITIES)
        if reference.trace is Trace.FOUND:
            group = reference.found[0]
            if group.urn not in self._smart:
                selectors = tuple(self._build_selector(group, one) for one in _get_expressions(group))
                self._smart[group.urn] = model.SmartGroup(_get_name(group), selectors)
            return group.urn
        what = (
            f"SmartGroup {value}, defined elsewhere"
            if value is not UNKNOWN
            else f"{side} group of {rule.name}, not known before the update"
        )
        self._add_note(f"the members of the {what} are not known")
        self._smart[what] = model.SmartGroup(what, (model.OpaqueSelector(what),))
        return what

    def _build_selector(self, group: Resource, expression: Any) -> model.Selector:
        label = f"member of SmartGroup {_get_name(group)}"
        if expression is UNKNOWN or not isinstance(expression, dict):
            self._add_note(f"an expression of {group.label} is not known")
            return model.OpaqueSelector(label)
        stated = {key: value for key, value in expression.items() if value not in (None, "", {}, [])}
        if set(stated) == {"cidr"} and (network := parse_network(stated["cidr"])) is not None:
            return model.CidrSelector(network)
        kind = stated.get("type")
        tags = stated.get("tags")
        if kind == "vm" and set(stated) == {"type", "tags"} and isinstance(tags, dict) and UNKNOWN not in tags.values():
            return model.TagSelector({str(key): str(value) for key, value in tags.items()})
        if kind in ("subnet", "vpc") and set(stated) == {"type", "resId"}:
            for home in self._graph.find_by_type(SUBNET if kind == "subnet" else VPC):
                if (
                    stated["resId"] is not UNKNOWN
                    and stated["resId"] == home.get_output("id")
                    and (network := parse_network(home.get("cidrBlock")))
                ):
                    return model.CidrSelector(network)
        told = ", ".join(f"{key}={value}" for key, value in sorted(stated.items()))
        self._add_note(f"{group.label} selects by {told}, which only the Controller can evaluate")
        return model.OpaqueSelector(f"{label} ({told})")

    def _resolve_web_group(self, rule: RegisteredRule, value: Any, action: Action) -> str:
        if value == WellKnownObject.ALL_WEB.value:
            self._web[str(value)] = model.WebGroup("All-Web", (_EVERY_NAME,))
            return str(value)
        reference = self._graph.resolve(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES)
        if reference.trace is Trace.FOUND:
            group = reference.found[0]
            if group.urn not in self._web:
                self._web[group.urn] = self._build_web_group(group)
            return group.urn
        what = f"WebGroup {value}, defined elsewhere" if value is not UNKNOWN else f"WebGroup of {rule.name}, not known before the update"
        self._add_note(f"the names in the {what} are not known{', so it may permit any name' if action.permits else ''}")
        self._web[what] = model.WebGroup(what, (), (), (_EVERY_NAME,))
        return what

    def _build_web_group(self, group: Resource) -> model.WebGroup:
        patterns: list[DomainPattern] = []
        urls: list[UrlPattern] = []
        unsure: list[DomainPattern] = []
        for expression in _get_expressions(group):
            sni, url = get_field(expression, "snifilter"), get_field(expression, "urlfilter")
            try:
                if isinstance(sni, str) and sni:
                    patterns.append(DomainPattern.parse(sni))
                if isinstance(url, str) and url:
                    urls.append(UrlPattern.parse(url))
                if not all(isinstance(one, str) for one in (sni, url) if one is not None) or not (sni or url):
                    raise ValueError("is not known")
            except ValueError as error:
                self._add_note(f"an expression of {group.label} {error}, so it may be any name")
                unsure.append(_EVERY_NAME)
        return model.WebGroup(_get_name(group), tuple(dict.fromkeys(patterns)), tuple(urls), tuple(dict.fromkeys(unsure)))

    def _is_sni_verified(self, rule: RegisteredRule, value: Any) -> bool:
        """Return whether a rule's TLS profile is known to verify server names."""
        reference = self._graph.resolve(rule.owner, rule.key, value, (TLS_PROFILE,), ("id", "uuid"))
        return reference.trace is Trace.FOUND and is_true(reference.found[0].get("verifySni")) is Ternary.YES


def _read_logging(rule: RegisteredRule, block: Any) -> model.Logging:
    """Return when a rule writes log lines; one without a log profile, or with another, writes at least one at the start."""
    if is_true(rule.logging) is not Ternary.YES:
        return model.Logging.NONE
    profile = get_field(block, "logProfile")
    return _LOGGING.get(profile, model.Logging.START) if isinstance(profile, str) else model.Logging.START


def _is_range(low: Any, high: Any) -> bool:
    return isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= 65535


def _get_expressions(group: Resource) -> list[Any]:
    """Return a group's expressions as the program sets them; one unknown one where it sets none."""
    return get_stated_expressions(group) or [UNKNOWN]


def _get_name(group: Resource) -> str:
    """Return a group's name on the Controller if it is known, else its logical name."""
    name = group.get("name")
    return name if isinstance(name, str) and name else group.name
