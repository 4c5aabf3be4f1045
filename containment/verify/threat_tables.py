"""The threats as tables: framework entries, and threat -> scenarios -> rules -> what is proved -> the tests that show it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from containment.model.preset import Library
from containment.model.scenario import Scenario
from containment.model.threats import ENTRIES, THREATS, Framework, Threat, named, tries
from containment.scenario_file import read_scenarios
from containment.verify.markdown import table

SCENARIOS: Final = Path(__file__).parents[2] / "tests" / "scenarios"
SHOWN: Final = "coding"
"""The class whose scenarios are named; of the others the table counts them."""


def threat_table(library: Library) -> str:
    """Each threat in one row, from the frameworks' entries to the tests."""
    rows = {name: read_scenarios(SCENARIOS / f"{name}.yaml").scenarios for name in library.presets}
    header = ("threat", "cited as", "rules that deny", "scenarios", "proved for every flow", "source")
    return table(header, [_row(threat, rows) for threat in THREATS])


def _row(threat: Threat, scenarios: dict[str, tuple[Scenario, ...]]) -> tuple[str, ...]:
    trying = {name: [each.id for each in rows if tries(each, threat)] for name, rows in scenarios.items()}
    return (
        f"**{threat.id}**: {threat.what}",
        "<br>".join(_cited(threat.entries)),
        _code(threat.rules),
        f"{_code(trying[SHOWN])}; {sum(map(len, trying.values()))} over all classes",
        _code(threat.proofs),
        threat.source,
    )


def _cited(ids: Iterable[str]) -> Iterable[str]:
    return (f"{id_}: {named(id_).title}" for id_ in ids)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def entry_table(_: Library) -> str:
    """Each framework's entries that are cited, with what a later edition calls them."""
    rows = [
        (framework.value, f"`{entry.id}`", entry.title, _code(entry.since) or "-")
        for framework in Framework
        for entry in ENTRIES
        if entry.framework is framework
    ]
    return table(("framework", "id here", "entry", "now"), rows)
