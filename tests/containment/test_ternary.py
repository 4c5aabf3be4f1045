"""Ternary logic: an unknown is never a yes, and no evidence is never a yes."""

from __future__ import annotations

from itertools import product

import pytest

from containment.ternary import Ternary, all_of, any_of, consensus_of

_RANK = {Ternary.NO: 0, Ternary.MAYBE: 1, Ternary.YES: 2}


@pytest.mark.parametrize("answers", [*product(Ternary), *product(Ternary, repeat=2), *product(Ternary, repeat=3)])
def test_conjunction_is_the_least_answer_and_disjunction_the_greatest(answers: tuple[Ternary, ...]) -> None:
    assert all_of(answers) is min(answers, key=_RANK.__getitem__)
    assert any_of(answers) is max(answers, key=_RANK.__getitem__)


@pytest.mark.parametrize("answers", product(Ternary, repeat=3))
def test_a_consensus_is_what_all_answer_and_maybe_where_they_differ(answers: tuple[Ternary, ...]) -> None:
    assert consensus_of(answers) is (answers[0] if all(one is answers[0] for one in answers) else Ternary.MAYBE)


def test_no_evidence_is_never_a_yes() -> None:
    assert all_of(()) is Ternary.NO
    assert any_of(()) is Ternary.NO
    assert consensus_of(()) is Ternary.MAYBE


def test_only_a_known_fact_is_a_yes_or_a_no() -> None:
    assert (Ternary.of(True), Ternary.of(False)) == (Ternary.YES, Ternary.NO)
