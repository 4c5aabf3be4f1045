"""Generated pages are fresh, decisions have a title, a status and a date, and the picture has what its source has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from containment.errors import InputError
from tools import pages
from tools.documentation.decisions import FOLDER, read_decision
from tools.documentation.picture import SOURCE, draw_picture, read_picture

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / FOLDER).glob("[0-9]*.md"))


@pytest.mark.parametrize("family", pages.FAMILIES, ids=lambda family: family.folder)
def test_every_generated_page_is_fresh(family: pages.Family) -> None:
    assert list(pages.find_stale_pages(family, ROOT)) == [], "run python -m tools.pages --write"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_a_title_that_is_a_sentence_a_status_and_a_date(path: Path) -> None:
    decision = read_decision(path)
    assert len(decision.title.split()) >= 5, "the title is the decision, not its subject"
    assert not decision.title.endswith(".")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [read_decision(path).number for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# 1. A title\n\n**Context.** None.\n", "does not start with"),
        ("# 1. A title\n\n**Status:** accepted\n", "does not start with"),
        ("# 2. A title\n\n**Status:** accepted · **Date:** 2026-11-21\n", "has the number 2"),
        ("# 1. A title\n\n**Status:** maybe · **Date:** 2026-11-21\n", "has the status 'maybe'"),
        ("# 1. A title\n\n**Status:** superseded · **Date:** 2026-11-21\n", "has the status 'superseded'"),
        ("# 1. A title\n\n**Status:** accepted · **Date:** 2026-11-31\n", "which is not a date"),
    ],
)
def test_a_decision_without_its_head_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "0001-a-title.md"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_decision(path)
    (problem,) = caught.value.problems
    assert what in problem.what
    assert problem.where == "docs/adr/0001-a-title.md"


def test_a_superseded_decision_names_its_successor(tmp_path: Path) -> None:
    path = tmp_path / "0001-a-title.md"
    path.write_text("# 1. A title\n\n**Status:** superseded by 9 · **Date:** 2026-11-21\n")
    assert read_decision(path).status == "superseded by 9"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the pages of the families that are small, and no other family."""
    monkeypatch.setattr(pages, "FAMILIES", tuple(family for family in pages.FAMILIES if not family.is_whole))
    for folder in (FOLDER, SOURCE.parent, Path("docs/schema"), Path("docs/cli")):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_command_finds_a_stale_page_and_mends_it(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pages.main(["--root", str(copy)]) == 0
    first = copy / FOLDER / DECISIONS[0].name
    first.write_text(first.read_text().replace("accepted", "proposed", 1))
    assert pages.main(["--root", str(copy)]) == 1
    assert "docs/adr/index.md: stale" in capsys.readouterr().err
    assert pages.main(["--root", str(copy), "--write"]) == 0
    assert "| proposed |" in (copy / FOLDER / "index.md").read_text()
    assert pages.main(["--root", str(copy)]) == 0


def test_a_page_of_a_rule_that_is_gone_is_found_and_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = pages.Family("docs/rules", lambda _: {"kept.md": "text\n"}, is_whole=True)
    monkeypatch.setattr(pages, "FAMILIES", (family,))
    folder = tmp_path / family.folder
    folder.mkdir(parents=True)
    for name in ("index.md", "kept.md", "gone.md"):
        (folder / name).write_text("text\n")
    assert pages.find_stale_pages(family, tmp_path) == {"docs/rules/gone.md": None}
    assert pages.main(["--root", str(tmp_path), "--write"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["index.md", "kept.md"]


def test_the_picture_draws_every_box_and_arrow() -> None:
    source, (text,) = read_picture(ROOT), draw_picture(ROOT).values()
    assert text.count('<rect class="box"') == len(source.boxes)
    assert text.count('<path class="arrow"') == len(source.arrows)
    assert "<title" in text
    assert "<desc" in text


def test_a_path_in_the_picture_exists() -> None:
    paths = [part.strip() for box in read_picture(ROOT).boxes.values() for part in box.path.split(",") if "/" in part]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("boxes: {a: {column: 0, row: 0, path: a, text: []}}\narrows: [{from: a, to: b, label: x}]", "do not exist: b"),
        (
            "boxes: {a: {column: 0, row: 0, path: a, text: []}, b: {column: 0, row: 0, path: b, text: []}}\narrows: []",
            "the same column and row",
        ),
    ],
)
def test_a_mistake_in_the_pictures_source_is_refused(tmp_path: Path, source: str, what: str) -> None:
    (tmp_path / SOURCE).parent.mkdir(parents=True)
    (tmp_path / SOURCE).write_text(f"title: a picture\n{source}\n")
    with pytest.raises(ValidationError, match=what):
        read_picture(tmp_path)
