"""The repository's workflows run what .ci/run says, with code that cannot change under them and rights they need, and no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in yaml.safe_load(file.read_text())["jobs"].values() for step in job["steps"]]


def test_continuous_integration_is_the_one_command_people_run() -> None:
    assert any(step.get("run") == "sh .ci/run" for step in steps(ROOT / ".github/workflows/ci.yml"))
    said = (ROOT / ".ci/run").read_text()
    assert all(f"make {target}\n" in said for target in ("setup", "lint", "test-all"))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_named_by_commit(file: Path) -> None:
    used = [step["uses"] for step in steps(file) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each) for each in used), used


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_states_its_rights_keeps_no_credentials_and_ends(file: Path) -> None:
    document = yaml.safe_load(file.read_text())
    assert document["permissions"].get("contents") == "read"
    assert "secrets." not in file.read_text()
    for job in document["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 120
        for step in job["steps"]:
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize(
    "page", ["README.md", "SECURITY.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = {found.split("#")[0] for found in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)}
    missing = [target for target in targets if target and not ((ROOT / page).parent / target).exists()]
    assert not missing, f"{page} links to {missing}"
