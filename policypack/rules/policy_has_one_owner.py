"""Each part of the Controller's policy has one owner, and no program takes over another's.

The policy list and the default action are Controller-wide and written blindly: of two in one program, each update undoes
the other. An attachment point holds one object. In a vended place a list and a ruleset are not mixed, and a list holds no
rules for groups of other programs: it would be theirs, taken over.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.chain import Chain, in_places
from policypack.dcf_groups import IDENTITIES
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import DEFAULT_ACTION, POLICY_GROUP, POLICY_LIST, RULESET, SMART_GROUP
from policypack.plain import UNKNOWN


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for everything that has, or takes, a second owner."""
    stated = [*_second(graph, POLICY_LIST, "policy list"), *_second(graph, DEFAULT_ACTION, "default action"), *_points(graph)]
    return list(dict.fromkeys([*stated, *in_places(graph, _judged)]))


def _second(graph: Graph, kind: str, called: str) -> Iterator[Fault]:
    found = graph.of(kind)
    for other in found[1:]:
        yield Fault(other.urn, f"is a second {called}: a Controller has one, and {found[0].name} writes it too")


def _points(graph: Graph) -> Iterator[Fault]:
    held: dict[str, Resource] = {}
    for resource in graph.of(POLICY_GROUP, RULESET):
        point = resource.get("attachTo")
        if point in (None, "", UNKNOWN):
            continue
        if point in held:
            yield Fault(resource.urn, f"takes the attachment point of {held[point].label}: a point holds one object")
        held.setdefault(point, resource)


def _judged(chain: Chain) -> Iterator[Fault]:
    graph = chain.graph
    if graph.of(RULESET):
        yield from (
            Fault(one.urn, "owns the Controller's whole list, beside a ruleset of the same program") for one in graph.of(POLICY_LIST)
        )
    for rule in chain.rules:
        foreign = [value for value in rule.sources if value is not UNKNOWN and not _is_own(graph, rule.owner, rule.key, value)]
        if rule.owner.type == POLICY_LIST and foreign:
            yield Fault(
                rule.owner.urn, f"{rule.label} is for {', '.join(map(str, foreign))}, no group of this program: another owner's rule"
            )


def _is_own(graph: Graph, owner: Resource, key: str, value: object) -> bool:
    return bool(graph.refer(owner, key, value, (SMART_GROUP,), IDENTITIES).found)


RULE = Rule(
    id="policy-has-one-owner",
    severity=Severity.HIGH,
    info="The Controller's policy list, its default action and each attachment point have one owner.",
    why="they are written whole and without a look at what was there: a second owner's denies are gone, and nothing says so",
    fix="keep one policy list, or rulesets on attachment points of their own below one policy group (docs/ownership.md)",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
