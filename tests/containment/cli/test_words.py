"""What users read names published sources; it does not name this project's own work papers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from containment.cli.options import DEFAULT_STACK

from .commands import commands, help_text
from .conftest import Run

ROOT = Path(__file__).parents[3]
WORK_PAPERS = re.compile(r"\bseeds?( \d|\b)(?!ed)|\bdesign decisions?\b|\bthe card\b|\bours\b", re.IGNORECASE)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "presets").rglob("*.md"), *(ROOT / "presets").rglob("*.yaml")])
ALLOWED = {
    "CHANGELOG.md": ("seeds every one-expression bug",),
    **{path.name: (", seed,",) for path in (ROOT / "presets" / "credentials").glob("*.yaml")},  # a parameter of model APIs
}
"""Sentences in which a word has its ordinary meaning."""
STACKS = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("Pulumi.*-*.yaml"))


def found_in(text: str) -> list[str]:
    """Return the lines that name work papers."""
    return [line.strip() for line in text.splitlines() if WORK_PAPERS.search(line)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_and_presets_name_published_sources(path: Path) -> None:
    allowed = ALLOWED.get(path.name, ())
    assert [line for line in found_in(path.read_text(encoding="utf-8")) if not any(each in line for each in allowed)] == []


@pytest.mark.long
def test_help_names_published_sources() -> None:
    assert {words: lines for words, _ in commands() if (lines := found_in(help_text(words)))} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_plans_name_published_sources(run: Run, monkeypatch: pytest.MonkeyPatch, stack: str) -> None:
    monkeypatch.chdir(ROOT)
    shown = run("plan", "-s", stack, "-f", "csv").stdout
    assert stack.startswith("dev") or "Aviatrix blueprint, rule 10" in shown
    assert found_in(shown) == []


@pytest.mark.parametrize("words", [["host"], ["reach"], ["prove"], ["risk"], ["explain", "--to", "api.openai.com"], ["preflight"]], ids=str)
def test_answers_name_published_sources(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]) -> None:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(ROOT)
    for chosen in ("table", "json"):
        assert found_in(run(*words, "-s", DEFAULT_STACK, "-f", chosen).stdout) == []


def test_rules_name_published_sources() -> None:
    from policypack.registry import RULES

    assert [rule.id for rule in RULES if found_in(f"{rule.info}\n{rule.why}\n{rule.fix}")] == []
