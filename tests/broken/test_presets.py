"""A hundred broken presets: each is one clear error with file, key, value and fix, and no stack comes of any of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import containment.loaders.presets
from containment.cli.app import build
from containment.config.spec import resolve
from containment.errors import InputError, Problem
from containment.loaders.presets import find_presets_folder, load_library
from tests.broken.tables import read

ROOT = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = read("presets.yaml")
APP = build(["plan"])
LAPTOP = {"awsAccessAccount": "lab", "agentImageId": "ami-00000000", "policyMode": "monitor"}


def named(row: dict[str, Any]) -> str:
    return f"{row['file']}: {json.dumps(row['after'])[:40]}"


@pytest.fixture
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    row: dict[str, Any] = request.param
    copy = Path(shutil.copytree(find_presets_folder(), tmp_path / "presets"))
    path = copy / row["file"]
    text = path.read_text(encoding="utf-8")
    assert row.get("before", "") in text, f"{row['file']} no longer has {row['before']!r}: this row breaks nothing"
    path.write_text(text.replace(row["before"], row["after"], 1) if "before" in row else row["after"], encoding="utf-8")
    return copy, row


def problems(folder: Path, row: dict[str, Any]) -> tuple[Problem, ...]:
    if "resolve" not in row:
        with pytest.raises(InputError) as caught:
            load_library(folder)
        return caught.value.problems
    library = load_library(folder)
    with pytest.raises(InputError) as caught:
        resolve({**LAPTOP, "agentClass": row["resolve"]}, library, "made-up")
    return caught.value.problems


def test_there_are_a_hundred_and_each_is_another() -> None:
    assert len(ROWS) >= 100
    assert len({json.dumps(row, sort_keys=True) for row in ROWS}) == len(ROWS)
    assert {row["file"] for row in ROWS} >= {"harnesses.yaml", "coding.yaml", "healthcare-phi.yaml", "catalog/model-gateways.yaml"}


@pytest.mark.parametrize("broken", ROWS, indirect=True, ids=named)
def test_a_broken_preset_is_reported_by_file_key_and_fix(broken: tuple[Path, dict[str, Any]]) -> None:
    folder, row = broken
    found = problems(folder, row)
    told = [problem for problem in found if problem.where == row["where"] or (row["where"] == "presets/" and problem.where)]
    assert told, f"{row['where']} is not told, but {[problem.where for problem in found]}"
    assert any(row["says"] in problem.what for problem in told), [problem.what for problem in told]
    for problem in found:
        assert problem.what
        assert len(problem.why) > 10
        assert problem.fix
        assert "Traceback" not in str(problem)


@pytest.mark.slow
@pytest.mark.parametrize("broken", ROWS[::9], indirect=True, ids=named)
def test_the_command_line_reports_it_and_ends_with_an_error(broken: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, row = broken
    monkeypatch.setattr(containment.loaders.presets, "find_presets_folder", lambda: folder)
    monkeypatch.chdir(ROOT)
    said = CliRunner().invoke(APP, ["plan", "--stack", f"{row.get('resolve', 'coding')}-monitor"])
    assert said.exit_code == 1
    assert isinstance(said.exception, SystemExit)
    assert "fix:" in said.output
