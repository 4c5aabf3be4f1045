"""Rows of a scenario table against what was sent: every row, as predicted, as the table expects, and explained only inside the VPC."""

from __future__ import annotations

from collections.abc import Sequence

from containment.names import PolicyMode
from containment.policy.scenario import Scenario
from containment_lab.validation.comparison import FlowComparison


def find_differences(compared: Sequence[FlowComparison], rows: Sequence[Scenario], mode: PolicyMode) -> list[str]:
    """Return one line per row that was not sent, disagrees, is predicted otherwise than its table expects, or is explained wrongly."""
    found = {each.scenario.id: each for each in compared}
    out = []
    for row in rows:
        one = found.get(row.id)
        if one is None:
            out.append(f"{row.id}: was not sent")
            continue
        inside = row.flow is not None and row.flow.place is not None
        if one.state != ("EXPLAINED" if inside else "AGREES"):
            out.append(f"{row.id}: {one.state}: {one.why} (docs/lab-world.md lists the rows that are explained)")
        if one.predicted != row.expect[mode]:
            out.append(f"{row.id}: predicted {one.predicted}, the table expects {row.expect[mode]}")
    return out
