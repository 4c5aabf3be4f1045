"""Residual risks of one stack: every protection that is off, and every risk that no key closes.

The list follows from the spec alone; `kinds` has all kinds of risk.
"""

from __future__ import annotations

from dataclasses import dataclass

from containment.config.spec import ContainmentSpec
from containment.risk.kinds import KINDS, RiskKind

PAGE = "docs/residual-risks.md"
"""The page that describes the risks which no key decides."""

SHOWN = 12
"""Maximum number of names in one sentence."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One residual risk: a description, the control that would close it, and where it is decided (file:key, or a page).

    `names` are all hosts, networks or keys to which it applies; `what` shows the first few.
    """

    id: str
    what: str
    closed_by: str
    where: str
    names: tuple[str, ...] = ()


def find_residual_risks(spec: ContainmentSpec) -> tuple[Risk, ...]:
    """Return all residual risks of a stack, in a fixed order."""
    found = ((kind, kind.found(spec)) for kind in KINDS)
    return tuple(_make_risk(kind, names, spec) for kind, names in found if names is not None)


def _make_risk(kind: RiskKind, names: tuple[str, ...], spec: ContainmentSpec) -> Risk:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    what = f"{kind.what}: {', '.join(names[:SHOWN])}{more}" if names else kind.what
    where = f"Pulumi.{spec.stack}.yaml:{kind.key}" if kind.key else f"{PAGE}#{kind.id}"
    return Risk(kind.id, what, kind.closed_by, where, names)
