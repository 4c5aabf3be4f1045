"""A class with its open questions answered shows every row of its table in `plan`; the guide's class is one file, and is vended.

`tests/deployment/test_predicted.py` sends the same rows as packets through a deployed stack of each class, and
`tests/deployment/test_new_class.py` those of the guide's class.
"""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.loaders import presets
from containment.names import PolicyMode
from tests.containment.vending.files import write_stacks
from tests.scenarios.test_cells import SHIPPED, TABLES
from tests.support.entries import with_entries
from tests.support.guide_steps import Addition
from tests.support.new_class import AGENTS, NAME, STEPS, TABLE, TRACKER, find_end
from tests.support.plans import find_missing_rows


def run_plan(folder: Path, stack: str, config: dict[str, Any]) -> dict[str, Any]:
    pairs = ((key, value if isinstance(value, str) else json.dumps(value)) for key, value in with_entries(config).items())
    words = [word for key, text in pairs for word in ("--config", f"{key}={text}")]
    result = CliRunner().invoke(build(), ["plan", "--stack", stack, "-C", str(folder), *words, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("agent_class", SHIPPED)
def test_plan_shows_every_permit_and_denial_once_the_questions_are_answered(tmp_path: Path, agent_class: str, mode: PolicyMode) -> None:
    stack = f"{agent_class}-{mode.value}"
    write_stacks(tmp_path, stack)
    table = TABLES[agent_class]
    plan = run_plan(tmp_path, stack, dict(table.config))
    assert plan["openQuestions"] == []
    assert find_missing_rows(table, plan, mode) == []


@pytest.mark.parametrize("agent_class", ["coding", "customer-support", "regulated-data", "healthcare-phi", "research"])
def test_unanswered_questions_are_in_plan_and_their_rows_are_not(tmp_path: Path, agent_class: str) -> None:
    stack = f"{agent_class}-monitor"
    write_stacks(tmp_path, stack)
    plan = run_plan(tmp_path, stack, {})
    assert plan["openQuestions"]
    assert find_missing_rows(TABLES[agent_class], plan, PolicyMode.MONITOR)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a copy of the presets, for the class of the guide, and the stack that it is compared with."""
    copy = Path(shutil.copytree(presets.find_presets_folder(), tmp_path / "presets"))
    monkeypatch.setattr(presets, "find_presets_folder", lambda: copy)
    monkeypatch.chdir(tmp_path)
    return write_stacks(tmp_path, "customer-support-monitor")


def follow_guide(folder: Path, tracker: str = TRACKER) -> list[str]:
    """Follow the guide without the lab, with a tracker's name in the answers; return the commands that end otherwise than it says."""
    wrong = []
    for step in STEPS:
        if isinstance(step, Addition):
            Addition(step.files, step.text.replace(TRACKER, tracker)).write(folder)
        elif "containment lab" not in step.words and "containment observe" not in step.words:
            result = CliRunner().invoke(build(), shlex.split(step.words)[1:])
            code, text = find_end(step.words)
            if result.exit_code != code or text.lower() not in result.output.lower():
                wrong.append(f"{step.words}: {result.exit_code}\n{result.output}")
    return wrong


def test_the_guide_says_what_its_commands_do_and_the_class_is_one_file_beside_its_stacks(folder: Path) -> None:
    before = {path for path in folder.rglob("*") if path.is_file()}
    assert follow_guide(folder) == []
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path not in before}
    stacks = {f"Pulumi.{stack}.yaml" for stack in AGENTS} | {f"agents/{stack}.by-request" for stack in AGENTS}
    assert made == {f"presets/{NAME}.yaml", *stacks, *(f"agents/{agent}.yaml" for agent in AGENTS.values())}


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
def test_a_class_by_extends_shows_every_row_in_plan(folder: Path, mode: PolicyMode) -> None:
    assert follow_guide(folder) == []
    stack = f"{NAME}-{mode.value}"
    plan = run_plan(folder, stack, {})
    assert plan["openQuestions"] == []
    assert [host["agent"] for host in plan["hosts"]] == [AGENTS[stack]]
    assert find_missing_rows(TABLE, plan, mode) == []
    shown = json.loads(CliRunner().invoke(build(), ["vend", "show", AGENTS[stack], "-C", str(folder), "--json"]).stdout)
    assert (shown["class"], shown["mode"]) == (NAME, mode.value)


def test_every_permit_and_denial_of_the_class_has_a_row(folder: Path) -> None:
    assert follow_guide(folder) == []
    found = presets.load_library().presets[NAME]
    assert {row.quote for row in TABLE.scenarios if row.quote} == {*found.permits, *found.denies}


def test_a_permit_whose_name_is_missing_in_the_answers_is_found(folder: Path) -> None:
    wrong = follow_guide(folder, tracker="acme.other-tracker.example")
    assert [line.partition(": ")[0] for line in wrong] == [f".venv/bin/containment explain --stack sre-enforce --to https://{TRACKER}"]
    assert find_missing_rows(TABLE, run_plan(folder, "sre-enforce", {}), PolicyMode.ENFORCE) == ["incident-tracker"]
