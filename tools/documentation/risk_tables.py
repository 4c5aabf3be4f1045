"""The residual risks and the threats as tables.

Each kind of risk has the setting that closes it and the shipped stacks that have it; each threat leads to scenarios, rules, proofs and
tests, and to the entries of the frameworks.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from containment.catalog.preset import Library
from containment.config.spec import resolve
from containment.loaders.scenarios import read_scenarios
from containment.names import PolicyMode
from containment.policy.scenario import Scenario
from containment.risk.kinds import KINDS, RiskKind
from containment.risk.residual_risks import find_residual_risks
from containment.risk.threats import ENTRIES, THREATS, Framework, Threat, get_entry, is_testing
from tools.documentation.markdown import format_table

_LAPTOP = {"awsAccessAccount": "(not set)"}
_IMAGE = {"agentImageId": "ami-00000000"}
"""A value that only a deployment has, and that enforce requires."""


def render_residual_kinds(library: Library) -> str:
    """Render every kind in a separate section, so that reports can link to it."""
    held = _find_risks(library)
    return "\n".join(_format_section(kind, held) for kind in KINDS)


def render_residual_matrix(library: Library) -> str:
    """Render kinds against classes: the modes in which a class, as shipped, has the risk."""
    held = _find_risks(library)
    rows = [(f"[`{kind.id}`](#{kind.id})", *(_format_modes(held, kind.id, name) or "-" for name in library.presets)) for kind in KINDS]
    return format_table(("risk", *(f"`{name}`" for name in library.presets)), rows)


def _format_section(kind: RiskKind, held: dict[tuple[str, PolicyMode], set[str]]) -> str:
    key = f"`{kind.key}`" if kind.key else "none"
    stacks = ", ".join(f"`{name}-{mode.value}`" for (name, mode), ids in held.items() if kind.id in ids) or "none"
    return (
        f"### {kind.id}\n\n{kind.what[0].upper()}{kind.what[1:]}.\n\nClosed by: {kind.closed_by}. Key: {key}. Shipped stacks: {stacks}.\n"
    )


def _find_risks(library: Library) -> dict[tuple[str, PolicyMode], set[str]]:
    out = {}
    for name in library.presets:
        for mode in PolicyMode:
            raw = {**_LAPTOP, **(_IMAGE if mode is PolicyMode.ENFORCE else {}), "agentClass": name, "policyMode": mode.value}
            out[name, mode] = {risk.id for risk in find_residual_risks(resolve(raw, library, f"{name}-{mode.value}"))}
    return out


def _format_modes(held: dict[tuple[str, PolicyMode], set[str]], risk: str, name: str) -> str:
    found = [mode.value for mode in PolicyMode if risk in held[name, mode]]
    return "both" if len(found) == len(PolicyMode) else ", ".join(found)


SCENARIOS: Final = Path(__file__).parents[2] / "tests" / "scenarios"
SHOWN: Final = "coding"
"""The class whose scenarios are listed by id; for the other classes the table has only their number."""


def read_rows(folder: Path, classes: Iterable[str]) -> dict[str, tuple[Scenario, ...]]:
    """Return the scenarios of each class that has a table; a class may have none."""
    paths = {name: folder / f"{name}.yaml" for name in classes}
    return {name: read_scenarios(path).scenarios for name, path in paths.items() if path.is_file()}


def render_threats(library: Library) -> str:
    """Render each threat in one row, from the frameworks' entries to the tests."""
    rows = read_rows(SCENARIOS, library.presets)
    header = ("threat", "cited as", "rules that deny", "scenarios", "proved for every flow", "source")
    return format_table(header, [_format_row(threat, rows) for threat in THREATS])


def _format_row(threat: Threat, scenarios: dict[str, tuple[Scenario, ...]]) -> tuple[str, ...]:
    trying = {name: [each.id for each in rows if is_testing(each, threat)] for name, rows in scenarios.items()}
    return (
        f"**{threat.id}**: {threat.what}",
        "<br>".join(_format_cited(threat.entries)),
        _format_code(threat.rules),
        f"{_format_code(trying[SHOWN])}; {sum(map(len, trying.values()))} over all classes",
        _format_code(threat.proofs),
        threat.source,
    )


def _format_cited(ids: Iterable[str]) -> Iterable[str]:
    return (f"{id_}: {get_entry(id_).title}" for id_ in ids)


def _format_code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def render_entries(_: Library) -> str:
    """Render the cited entries of each framework, with their names in later editions."""
    rows = [
        (framework.value, f"`{entry.id}`", entry.title, _format_code(entry.since) or "-")
        for framework in Framework
        for entry in ENTRIES
        if entry.framework is framework
    ]
    return format_table(("framework", "id here", "entry", "now"), rows)
