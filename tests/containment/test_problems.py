"""Problems are one by their four texts: the value that fixes one is neither compared nor needs an order."""

from __future__ import annotations

from containment.errors import InputError, Problem, Replacement


def test_problems_are_compared_by_their_texts_alone() -> None:
    plain, other = Problem("a", "is wrong", "why", "fix"), Problem("b", "is wrong", "why", "fix")
    fixed = plain._replace(replacement=Replacement(("key",), ["a list has no hash"]))
    assert plain == fixed
    assert InputError("no", [other, fixed, plain]).problems == (plain, other)
    assert not plain != fixed  # noqa: SIM202 - the operator of its own
    assert plain <= fixed <= plain < other > fixed >= plain
    assert sorted([other, fixed, plain]) == [plain, plain, other]
    assert plain not in [("a", "is wrong", "why", "fix", None), other]
