"""A table's own questions, its dimensions, the longest run in order and the words of a witness, compared with cells and lists."""

from __future__ import annotations

import functools
import itertools
import random
from ipaddress import ip_address

from containment.analysis.classes.dimension import Dimension, EquivalenceClass
from containment.analysis.classes.table import Table, Witness, iterate_bits
from containment.analysis.classes.view import find_verifying_bits
from containment.analysis.difference import _find_longest_in_order, _find_unchanged
from containment.analysis.questions import Analysis
from containment.names import Protocol
from containment.policy.flow import Application, Flow, Source
from containment.policy.rules import PUBLIC_INTERNET, RuleSet, SmartGroup
from tests.proofs.exhaustive import Universe
from tests.proofs.generate import Style, make


def tables(rng: random.Random) -> None:
    """A table's own questions, compared with the cells of its boxes; half the policies have rules about names only."""
    ruleset = make(rng, Style(rng.randint(2, 6), web=rng.choice([0.5, 1.0]), verify=0.4))
    named = tuple(rule for rule in ruleset.rules if rule.web_groups)
    if named and rng.random() < 0.5:
        ruleset = RuleSet(named, ruleset.smart_groups, ruleset.web_groups, ruleset.default_action)
    analysis = Analysis(ruleset)
    table = analysis.table
    cells = Universe(ruleset).cells()
    size = len(ruleset.rules)
    every = (1 << size) - 1
    for index, rule in enumerate(ruleset.rules):
        bit = 1 << index
        met, alone = 0, every & ~bit
        for held, _ in cells:
            met |= held if held & bit else 0
            alone &= held if held & bit else -1
        assert met & ~table.find_meeting_boxes(index) == 0, "a rule meets all that it shares a flow with"
        assert table.find_meeting_boxes(index) & every == sum(1 << other for other in range(size) if _share_a_class(table, index, other))
        assert not met or table.find_covering_boxes(bit, every & ~bit) & ~alone == 0, "what covers a rule alone holds every flow of it"
        need, avoid = bit | 1 << rng.randrange(size), rng.getrandbits(size)
        assert (table.find(need, avoid) is not None) == any(held & need == need and not held & avoid for held, _ in cells)
        assert (table.find(need, avoid | table.forged) is not None) == any(
            held & need == need and not held & avoid and not forged for held, forged in cells
        )
        if rule.verify_sni and rule.action.permits:
            assert (table.find(bit | table.forged, avoid & ~bit) is not None) == any(
                held & bit and not held & avoid & ~bit and forged for held, forged in cells
            )
    for dimension in itertools.chain(*table.readings):
        _compare_dimension(dimension, size, rng)
    assert [*iterate_bits(0b101101)] == [0, 2, 3, 5]
    verifying = [index for index, rule in enumerate(ruleset.rules) if rule.verify_sni and rule.action.permits]
    assert [*iterate_bits(find_verifying_bits(ruleset))] == verifying
    assert [*iterate_bits(find_verifying_bits(ruleset, 3))] == [index + 3 for index in verifying]
    assert [outcome.name for outcome in analysis.view.get_outcomes()][-1] == "default action"
    assert table.examples >= {kind.member.name for kind in table.readings[-1][2].kinds}


def _share_a_class(table: Table, one: int, two: int) -> bool:
    """Tell whether in some reading two boxes have a class of every dimension in common, unknowns taken to hold."""

    def holds(kind: EquivalenceClass[object], box: int) -> bool:
        return any(bits >> box & 1 for bits in (kind.bits, *(option.bits for option in kind.options)))

    return any(
        all(any(holds(kind, one) and holds(kind, two) for kind in dimension.kinds) for dimension in dimensions)
        for dimensions in table.readings
    )


def _compare_dimension(dimension: Dimension[object], size: int, rng: random.Random) -> None:
    """What a box meets, and the least of the classes in some boxes."""
    full = [(kind.bits, functools.reduce(int.__or__, (one.bits for one in kind.options), kind.bits)) for kind in dimension.kinds]
    for box in range(size):
        assert dimension.find_meeting_boxes(box) == functools.reduce(int.__or__, (bits for _, bits in full if bits >> box & 1), 0)
    boxes = sorted({rng.randrange(size), rng.randrange(size)})
    need = sum(1 << box for box in boxes)
    picks = dimension.choose_classes(boxes)
    assert all(pick.bits & need == need for pick in picks)
    assert not any(one is not two and one.bits & ~two.bits == 0 for one in picks for two in picks), "none has all the bits of another"
    assert all(any(pick.bits & ~most == 0 for pick in picks) for least, most in full if most & need == need)
    assert all(any(pick.bits & ~least == 0 for pick in picks) for least, _ in full if least & need == need)
    assert [pick.bits.bit_count() for pick in picks] == sorted(pick.bits.bit_count() for pick in picks)


def orders(rng: random.Random) -> None:
    """The longest run in order, and how good it is to ask with more than one question or none."""
    seconds = rng.sample(range(9), rng.randrange(9))
    pairs = [*enumerate(seconds)]
    found = _find_longest_in_order(pairs)
    best: list[int] = []
    for place, second in pairs:
        best.append(1 + max((best[before] for before, other in pairs[:place] if other < second), default=0))
    assert len(found) == max(best, default=0)
    assert {*found} <= {*pairs}
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in itertools.pairwise(found))


def unchanged(rng: random.Random) -> None:
    """A rule is the same when it matches the same, whatever its groups are called; what is named like a group of all is not one."""
    ruleset = make(rng, Style(rng.randint(1, 5), unknown=0.3))
    every = [(index, index) for index in range(len(ruleset.rules))]

    def with_groups(**groups: SmartGroup) -> RuleSet:
        return RuleSet(ruleset.rules, {**ruleset.smart_groups, **groups}, ruleset.web_groups, ruleset.default_action)

    own = {key: group for key, group in ruleset.smart_groups.items() if key.startswith("s")}
    assert _find_unchanged(ruleset, with_groups(**{key: SmartGroup(f"{key} anew", group.selectors) for key, group in own.items()})) == every
    uses_public = [index for index, rule in enumerate(ruleset.rules) if "public" in (*rule.sources, *rule.destinations)]
    alike = with_groups(public=SmartGroup("named alike", PUBLIC_INTERNET.selectors))
    assert _find_unchanged(ruleset, alike) == [pair for pair in every if pair[0] not in uses_public]


def spoken(rng: random.Random) -> None:
    """What a witness says in words."""
    to, by, at = ip_address("203.0.113.10"), Source(ip_address("10.0.0.1"), {}), "203.0.113.10"
    for flow, given, apex, words in (
        (Flow(by, to, Protocol.TCP, 443, Application.TLS, "a.b"), (), None, "TCP to 203.0.113.10:443, TLS naming a.b"),
        (Flow(by, to, Protocol.TCP, 443, Application.TLS, "a.b", forged=True), (), None, f"TCP to {at}:443, TLS naming a.b (forged)"),
        (Flow(by, to, Protocol.TCP, 80, Application.HTTP, None), (), True, "TCP to 203.0.113.10:80, HTTP without a name, if *.x matches x"),
        (Flow(by, to, Protocol.UDP, 53), ("the moon is full",), False, f"UDP to {at}:53, if the moon is full, if *.x does not match x"),
        (Flow(by, to, Protocol.ICMP, None), (), None, "ICMP to 203.0.113.10"),
    ):  # fmt: skip
        assert str(Witness(flow, given, apex)) == words
