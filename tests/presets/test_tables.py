"""Generated tables are what the data says, and a page that is stale or malformed is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from containment.catalog.preset import Library
from containment.errors import InputError
from containment.loaders.presets import find_presets_folder
from tools import tables

ROOT = find_presets_folder().parent


@pytest.mark.parametrize("page", tables.PAGES)
def test_every_generated_block_is_fresh(library: Library, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert tables.rewrite(text, library, page) == text, "stale: run python -m tools.tables --write"


def test_the_readme_shows_every_table_of_the_presets() -> None:
    text = (find_presets_folder() / "README.md").read_text(encoding="utf-8")
    assert [name for name in ("classes", "class-sets", "harnesses", "sets", "residual") if f"<!-- generated: {name} -->" not in text] == []


def test_a_row_of_the_matrix_is_permit_deny_or_neither(library: Library) -> None:
    header, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in tables.render_class_sets(library).splitlines()
    ]
    cells = {(row[0], name): cell for row in rows for name, cell in zip(header, row, strict=True)}
    assert header == ["set", "WebGroup", *library.presets]
    assert [row[0] for row in rows] == list(library.sets)
    assert cells["package-registries", "coding"] == "permit"
    assert cells["package-registries", "locked-down"] == "-"
    assert cells["openclaw-core", "locked-down"] == "permit (harness)"
    assert cells["doh-resolvers", "coding"] == "deny"


def test_the_residual_table_has_every_permitted_host_that_takes_data_and_no_other(library: Library) -> None:
    text = tables.render_residual(library)
    reach = {line.split("|")[1].strip(" `"): line.split("|")[3] for line in text.splitlines()}
    assert "`coding`" in reach["github.com"]
    assert "`locked-down`" not in reach["github.com"]
    assert "`locked-down`" in reach["clawhub.ai"]
    assert "pypi.org" not in text
    assert "api.openai.com" not in text


def test_a_cell_cannot_break_its_table() -> None:
    assert tables.format_table(("a",), [("one | two\nthree",)]) == "| a |\n| --- |\n| one \\| two three |\n"


def test_a_block_is_rewritten_and_the_rest_is_kept(library: Library) -> None:
    page = "before\n<!-- generated: it -->\nold\n<!-- end -->\nafter\n"
    made = {"it": lambda _: "new\n"}
    assert tables.rewrite(page, library, tables=made) == "before\n<!-- generated: it -->\nnew\n<!-- end -->\nafter\n"


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("<!-- generated: nothing-like-it -->\n<!-- end -->\n", "does not exist"),
        ("<!-- generated: sets -->\nnever closed\n", "counterpart"),
        ("text\n<!-- end -->\n", "counterpart"),
        ("<!-- generated: sets -->\n<!-- generated: classes -->\n<!-- end -->\n", "counterpart"),
        ("<!-- generated:sets -->\n<!-- end -->\n", "counterpart"),
    ],
)
def test_a_malformed_block_is_refused_not_skipped(library: Library, page: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        tables.rewrite(page, library, "page.md")
    assert any(says in problem.what and problem.where == "page.md" for problem in caught.value.problems)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with what the command reads."""
    for page in tables.PAGES:
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / page, tmp_path / page)
    shutil.copytree(find_presets_folder(), tmp_path / "presets", dirs_exist_ok=True)
    return tmp_path


@pytest.mark.long
@pytest.mark.slow
def test_the_command_finds_a_stale_page_and_mends_it(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tables.main(["--root", str(copy)]) == 0
    page = copy / "presets/README.md"
    fresh = page.read_text(encoding="utf-8")
    preset = copy / "presets/coding.yaml"
    preset.write_text(preset.read_text().replace("title: Coding agent", "title: Coder"))
    assert tables.main(["--root", str(copy)]) == 1
    assert "presets/README.md: stale" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == fresh, "a check changes nothing"
    assert tables.main(["--root", str(copy), "--write"]) == 0
    assert "| Coder |" in page.read_text(encoding="utf-8")
    assert tables.main(["--root", str(copy)]) == 0


def test_the_command_explains_data_it_cannot_read(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "presets/coding.yaml").write_text("title: 1\n")
    assert tables.main(["--root", str(copy), "--write"]) == 1
    assert "presets/coding.yaml:stance" in capsys.readouterr().err
