"""The whole chain of rules on a Controller: a stack's rules in their place between the rules of other owners.

The chain comes from a live Controller or from a file: the Controller's own response, a state, or a preview. A stack's rules are those
whose only source is its SmartGroup. Rules of other owners keep their order; what is unknown about them is an assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from containment.analysis.subject import Subject
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.names import SmartGroupId
from containment.policy.rules import Rule, RuleSet
from containment.queries.subject.other_owners import convert_expressions, convert_rule, is_web, place_other_owners, read_other_owners
from policypack.firewall.parsed_policy import ParsedPolicy, parse_policy
from policypack.graph import known_types as kt
from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Graph, Resource


@dataclass(frozen=True, slots=True)
class ControllerChain:
    """Every rule of a Controller in order, and where it was read."""

    origin: str
    policy: ParsedPolicy
    has_default: bool = False
    """Whether the default action was read as well."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A subject with the rules of other owners around its own, and how many there are before and after.

    `drift` has what the stack's own rules on the Controller have and the subject's lack, or the reverse, one sentence each.
    """

    subject: Subject
    before: int
    after: int
    drift: tuple[str, ...] = ()


def read_chain_file(path: Path) -> ControllerChain:
    """Return the chain in a file; raise InputError if it cannot be read or has no rule."""
    return ControllerChain(str(path), read_other_owners(path))


def read_live_chain(reader: ControllerReader) -> ControllerChain | None:
    """Return the chain of a Controller, None if it has no rule; raise ControllerError if a part cannot be read."""
    try:
        policy = parse_policy(Graph([*_generate_resources(reader)]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ControllerError(f"a response of the Controller has an unexpected form: {error!r}") from None
    return None if policy is None else ControllerChain(f"the Controller {reader.client.address.host}", policy, has_default=True)


def place_subject(subject: Subject, object_prefix: str, chain: ControllerChain) -> Placed | None:
    """Return a subject with the other owners' rules of a chain around its own; None where the chain has no rule of the stack.

    Args:
        subject: the stack's own policy.
        object_prefix: the first part of its objects' names on the Controller.
        chain: the Controller's rules.
    """
    ruleset = chain.policy.ruleset
    own = [
        place for place, rule in enumerate(ruleset.rules) if _is_own(rule, ruleset, f"{object_prefix}-{SmartGroupId.AGENT_WORKLOAD.value}")
    ]
    if not own:
        return None
    others = [(place, rule) for place, rule in enumerate(ruleset.rules) if place not in own]
    ahead = [rule for place, rule in others if place < own[-1]]
    behind = [rule for place, rule in others if place > own[-1]]
    between = [rule.name for place, rule in others if own[0] < place < own[-1]]
    notes = (f"between this stack's rules, and taken to precede them: {', '.join(between)}",) if between else ()
    placed = place_other_owners(subject, _select(chain.policy, ahead, notes), _select(chain.policy, behind))
    if chain.has_default:
        placed = replace(placed, ruleset=replace(placed.ruleset, default_action=ruleset.default_action))
    drift = tuple(_find_drift(subject.ruleset, ruleset, [ruleset.rules[place] for place in own]))
    return Placed(placed, len(ahead), len(behind), drift)


_get_effect = attrgetter("action.permits", "watch", "disabled", "protocol")


def _find_drift(declared: RuleSet, live: RuleSet, own: Sequence[Rule]) -> Iterator[str]:
    """Yield the differences between a stack's declared rules and those on the Controller: rules, verdicts, and names in WebGroups."""
    theirs = {rule.name: rule for rule in own}
    ours = {rule.name: rule for rule in declared.rules}
    yield from (f"{name} is on the Controller and not in the stack's file" for name in theirs if name not in ours)
    yield from (f"{name} is in the stack's file and not on the Controller" for name in ours if name not in theirs)
    for name, rule in ours.items():
        if (other := theirs.get(name)) is None:
            continue
        if _get_effect(rule) != _get_effect(other):
            yield f"{name} has another action, watch, state or protocol on the Controller"
        listed, found = _collect_names(declared, rule), _collect_names(live, other)
        yield from (f"{name} has {each} on the Controller and not in the stack's file" for each in sorted(found - listed))
        yield from (f"{name} has {each} in the stack's file and not on the Controller" for each in sorted(listed - found))


def _collect_names(ruleset: RuleSet, rule: Rule) -> frozenset[str]:
    groups = [ruleset.web_groups[key] for key in rule.web_groups]
    return frozenset(str(one) for group in groups for one in (*group.patterns, *group.urls, *group.unsure))


def _is_own(rule: Rule, ruleset: RuleSet, source: str) -> bool:
    return [ruleset.smart_groups[key].name for key in rule.sources] == [source]


def _select(policy: ParsedPolicy, rules: list[Rule], notes: tuple[str, ...] = ()) -> ParsedPolicy | None:
    return ParsedPolicy(replace(policy.ruleset, rules=tuple(rules)), (*policy.notes, *notes)) if rules else None


def _generate_resources(reader: ControllerReader) -> Iterator[Resource]:
    """Yield the Controller's groups and rule lists as resources."""
    for one in reader.get_groups():
        expressions = convert_expressions(one)
        kind = kt.WEB_GROUP if is_web(expressions) else kt.SMART_GROUP
        yield _make_resource(kind, str(one["uuid"]), {"name": one.get("name"), "selector": {"matchExpressions": expressions}})
    listed = [one if one.keys() & {"sub_policies", "policies"} else reader.get_ruleset(str(one["uuid"])) for one in reader.get_rulesets()]
    groups = [one for one in listed if "sub_policies" in one]
    yield from (_make_group(one) for one in groups)
    referenced = {sub.get("list") for one in groups for sub in one["sub_policies"]}
    # A ruleset that is neither attached nor part of a group is stored and not in force.
    yield from (_make_ruleset(one) for one in listed if one not in groups and (one.get("attach_to") or one["uuid"] in referenced))
    yield _make_resource(kt.POLICY_LIST, "policy-list", {"policies": [convert_rule(each) for each in reader.get_policy_list()]})
    action = reader.get_default_action()
    yield _make_resource(kt.DEFAULT_ACTION, "default-action", {"action": str(action["action"])})


def _make_ruleset(found: Mapping[str, Any]) -> Resource:
    rules = [convert_rule(each) for each in found.get("policies") or () if not each.get("system_resource")]
    attached = {"attachTo": found["attach_to"]} if found.get("attach_to") else {}
    return _make_resource(kt.RULESET, str(found["uuid"]), {"name": found.get("name"), "rules": rules, **attached})


def _make_group(found: Mapping[str, Any]) -> Resource:
    subs = found.get("sub_policies") or []
    references = [{"targetUuid": one["list"], "priority": one.get("priority")} for one in subs if one.get("list")]
    points = [{**one["attachment_point"], "priority": one.get("priority")} for one in subs if one.get("attachment_point")]
    attached = {"attachTo": found["attach_to"]} if found.get("attach_to") else {}
    props = {"name": found.get("name"), "rulesetReferences": references, **attached}
    return _make_resource(kt.POLICY_GROUP, str(found["uuid"]), props, {"attachmentPoints": points})


def _make_resource(kind: str, ident: str, props: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Resource:
    name = str(props.get("name") or ident)
    return Resource(
        urn=f"{kind} {ident}", type=kind, name=name, props=make_plain(dict(props)), outputs={"id": ident, "uuid": ident, **(outputs or {})}
    )
