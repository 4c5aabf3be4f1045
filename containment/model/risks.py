"""What an agent of one stack can still do, said plainly: every protection that is off and every hole no key closes.

Nothing here is decided or hidden: the list follows from the spec alone. Kinds stand in `risk_kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass

from containment.model.risk_kind import RiskKind
from containment.model.risk_kinds import KINDS
from containment.model.spec import ContainmentSpec

PAGE = "docs/residual-risks.md"
"""Where a risk that no key decides is said."""

SHOWN = 12
"""Most names one sentence lists."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing that stays possible: what, which control would close it, where it is said (file:key, or a page).

    `names` are the hosts, networks or keys that make it real, all of them; `what` shows the first few.
    """

    id: str
    what: str
    closed_by: str
    where: str
    names: tuple[str, ...] = ()


def residual_risks(spec: ContainmentSpec) -> tuple[Risk, ...]:
    """Return everything that stays possible in a stack, in a fixed order."""
    found = ((kind, kind.found(spec)) for kind in KINDS)
    return tuple(_risk(kind, names, spec) for kind, names in found if names is not None)


def _risk(kind: RiskKind, names: tuple[str, ...], spec: ContainmentSpec) -> Risk:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    what = f"{kind.what}: {', '.join(names[:SHOWN])}{more}" if names else kind.what
    where = f"Pulumi.{spec.stack}.yaml:{kind.key}" if kind.key else f"{PAGE}#{kind.id}"
    return Risk(kind.id, what, kind.closed_by, where, names)
