"""Each part of the Controller's policy has one owner, and no program overwrites another owner's part.

The policy list and the default action are Controller-wide and written without reading the previous state: if a program has two, the
update of one undoes the other. An attachment point accepts one object. A complete agent environment uses either a list or rulesets, and
its list has no rules for groups of other programs, because those belong to another owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.firewall.groups import IDENTITIES
from policypack.graph.known_types import DEFAULT_ACTION, POLICY_GROUP, POLICY_LIST, RULESET, SMART_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every owner of a part of the policy that has several."""
    stated = [
        *_find_owners(graph, POLICY_LIST, "policy lists"),
        *_find_owners(graph, DEFAULT_ACTION, "default actions"),
        *_check_points(graph),
    ]
    return list(dict.fromkeys([*stated, *check_environment(graph, _check_rules)]))


def _find_owners(graph: Graph, kind: str, called: str) -> Iterator[Violation]:
    """Yield every owner of a part that has several: the order in which they register is not that of the program, so none is the first."""
    found = graph.find_by_type(kind)
    for one in found if len(found) > 1 else ():
        yield Violation(one.urn, f"is one of {len(found)} {called}: a Controller has one, and {_name_others(one, found)} too")


def _check_points(graph: Graph) -> Iterator[Violation]:
    attached: dict[str, list[Resource]] = {}
    for resource in graph.find_by_type(POLICY_GROUP, RULESET):
        point = resource.get("attachTo")
        if point not in (None, "", UNKNOWN):
            attached.setdefault(point, []).append(resource)
    for found in attached.values():
        for one in found if len(found) > 1 else ():
            yield Violation(one.urn, f"takes an attachment point that {_name_others(one, found)}: a point accepts one object")


def _name_others(one: Resource, found: Sequence[Resource]) -> str:
    others = sorted(other.label for other in found if other is not one)
    return f"{' and '.join(others)} {'takes' if len(others) == 1 else 'take'} it"


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    graph = chain.graph
    if graph.find_by_type(RULESET):
        yield from (
            Violation(one.urn, "owns the Controller's whole list, next to a ruleset of the same program")
            for one in graph.find_by_type(POLICY_LIST)
        )
    for rule in chain.rules:
        foreign = [value for value in rule.sources if value is not UNKNOWN and not _is_own(graph, rule.owner, rule.key, value)]
        if rule.owner.type == POLICY_LIST and foreign:
            yield Violation(
                rule.owner.urn, f"{rule.label} is for {', '.join(map(str, foreign))}, no group of this program: another owner's rule"
            )


def _is_own(graph: Graph, owner: Resource, key: str, value: object) -> bool:
    return bool(graph.resolve(owner, key, value, (SMART_GROUP,), IDENTITIES).found)


RULE = Rule(
    id="policy-has-one-owner",
    severity=Severity.HIGH,
    info="The Controller's policy list, its default action and each attachment point have one owner.",
    why="they are written whole without reading the previous state: a second owner deletes the first one's denies without a warning",
    fix="keep one policy list, or rulesets on separate attachment points below one policy group (docs/ownership.md)",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
