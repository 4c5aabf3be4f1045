"""The bound of private addresses is raised by a complete entry that has not ended, and by nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from containment.loaders.address_bound import DEFAULT, FILE, parse

TODAY = date(2026, 11, 28)
ENTRY = """
- bound: private-addresses
  value: 8192
  owner: platform team
  reason: two mirrors until they are merged
  until: 2027-01-31
"""


def test_without_an_entry_the_default_applies() -> None:
    for text in ("", "# nothing\n", FILE.read_text(encoding="utf-8")):
        found = parse(text, TODAY)
        assert (found.addresses, found.problems) == (DEFAULT, ())


def test_a_complete_entry_raises_the_bound_until_its_last_day() -> None:
    assert parse(ENTRY, TODAY).addresses == 8192
    assert parse(ENTRY, date(2027, 1, 31)).addresses == 8192
    ended = parse(ENTRY, date(2027, 2, 1))
    assert ended.addresses == DEFAULT
    assert "ended on 2027-01-31" in ended.problems[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  owner: platform team\n", "", "has no owner"),
        ("  reason: two mirrors until they are merged\n", "", "has no reason"),
        ("  until: 2027-01-31\n", "", "has no until"),
        ("  value: 8192\n", "", "has no value"),
        ("platform team", "'-'", "contains no word"),
        ("two mirrors until they are merged", "12", "contains no word"),
        ("8192", "many", "not a number"),
        ("8192", "true", "not a number"),
        ("8192", "-1", "not a number"),
        ("8192", "16777216", "not a number"),
        ("2027-01-31", "soon", "not a day"),
        ("2027-01-31", "2029-01-31", "more than a year"),
        ("private-addresses", "public-addresses", "the only one is private-addresses"),
        ("  owner", "  note: x\n  owner", "is not a key here"),
        ("  value: 8192", "  value: 4096\n  value: 8192", "is already set at line"),
        (ENTRY, ENTRY + ENTRY, "more than once"),
        (ENTRY, "bound: private-addresses\nvalue: 8192\n", "not a list"),
        (ENTRY, "- 8192\n", "is not a bound"),
        (ENTRY, "- [", "not YAML"),
    ],
)
def test_an_entry_that_is_wrong_raises_nothing_and_is_reported(old: str, new: str, said: str) -> None:
    assert old in ENTRY
    found = parse(ENTRY.replace(old, new), TODAY)
    assert found.addresses == DEFAULT
    assert any(said in problem for problem in found.problems), found.problems
