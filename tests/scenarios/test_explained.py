"""Rows that packets can only explain, not show by their rule, are exactly those that the documentation explains."""

from __future__ import annotations

import re
from pathlib import Path

from containment.loaders.scenarios import read_scenarios
from containment.names import PolicyMode

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "lab-world.md"


def explained() -> dict[str, str]:
    """Return the documented rows: id → predicted rule."""
    return dict(
        re.findall(r"^\| `([a-z0-9-]+)` \| `([a-z-]+)` \| `(?:vpc-resolver|endpoint-policy)` \| .{8,} \|$", PAGE.read_text(), re.MULTILINE)
    )


def test_every_row_that_stays_inside_the_vpc_is_explained_and_no_other() -> None:
    inside = {
        (row.id, row.expect[mode].rule)
        for path in HERE.glob("*.yaml")
        if path.name != "evasion.yaml"
        for row in read_scenarios(path).scenarios
        if row.flow is not None and row.flow.place is not None
        for mode in PolicyMode
    }
    assert inside == set(explained().items())
