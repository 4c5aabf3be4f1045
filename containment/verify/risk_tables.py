"""The residual risks as a page: each kind with what closes it, and the shipped stacks it holds for."""

from __future__ import annotations

from containment.model.names import PolicyMode
from containment.model.preset import Library
from containment.model.risk_kind import RiskKind
from containment.model.risk_kinds import KINDS
from containment.model.risks import residual_risks
from containment.model.spec import resolve
from containment.verify.markdown import table

_LAPTOP = {"awsAccessAccount": "(not set)"}
_IMAGE = {"agentImageId": "ami-00000000"}
"""What only a deployment has; in enforce an image is demanded."""


def residual_kinds(library: Library) -> str:
    """Every kind under a heading of its own, so that reports can point at it."""
    held = _held(library)
    return "\n".join(_section(kind, held) for kind in KINDS)


def residual_matrix(library: Library) -> str:
    """Kinds against classes: in which modes a class has it with nothing but its shipped configuration."""
    held = _held(library)
    rows = [(f"[`{kind.id}`](#{kind.id})", *(_modes(held, kind.id, name) or "-" for name in library.presets)) for kind in KINDS]
    return table(("risk", *(f"`{name}`" for name in library.presets)), rows)


def _section(kind: RiskKind, held: dict[tuple[str, PolicyMode], set[str]]) -> str:
    key = f"`{kind.key}`" if kind.key else "none"
    stacks = ", ".join(f"`{name}-{mode.value}`" for (name, mode), ids in held.items() if kind.id in ids) or "none"
    return (
        f"### {kind.id}\n\n{kind.what[0].upper()}{kind.what[1:]}.\n\nClosed by: {kind.closed_by}. Key: {key}. Shipped stacks: {stacks}.\n"
    )


def _held(library: Library) -> dict[tuple[str, PolicyMode], set[str]]:
    out = {}
    for name in library.presets:
        for mode in PolicyMode:
            raw = {**_LAPTOP, **(_IMAGE if mode is PolicyMode.ENFORCE else {}), "agentClass": name, "policyMode": mode.value}
            out[name, mode] = {risk.id for risk in residual_risks(resolve(raw, library, f"{name}-{mode.value}"))}
    return out


def _modes(held: dict[tuple[str, PolicyMode], set[str]], risk: str, name: str) -> str:
    found = [mode.value for mode in PolicyMode if risk in held[name, mode]]
    return "both" if len(found) == len(PolicyMode) else ", ".join(found)
