"""The license, the package's metadata, the forms for issues and the hooks agree with each other and with the Makefile."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = ("bug", "destination", "hole")


def form(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / f"{name}.yml").read_text())


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_license_is_whole_and_the_one_that_the_package_names() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert project()["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert all(f"\n   {section}. " in text for section in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_package_names_its_authors_and_no_address() -> None:
    assert project()["authors"] == [{"name": "the agent-containment authors"}]
    assert "urls" not in project()


def test_every_issue_uses_a_form() -> None:
    found = {path.stem for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")}
    assert found == {*FORMS, "config"}
    assert form("config")["blank_issues_enabled"] is False


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_complete_and_demands_an_answer(name: str) -> None:
    document = form(name)
    assert document["name"]
    assert document["description"]
    fields = [field for field in document["body"] if field["type"] != "markdown"]
    ids = [field["id"] for field in fields]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_a_hole_is_reported_privately_before_the_form_is_sent() -> None:
    reported = next(field for field in form("hole")["body"] if field.get("id") == "reported")
    assert all(option["required"] for option in reported["attributes"]["options"])
    assert not any(field["type"] == "textarea" for field in form("hole")["body"]), "no room for a technique in public"


def test_every_hook_is_a_target_of_the_makefile_and_downloads_nothing() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    targets = {line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if ":" in line and line[0].islower()}
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    assert [hook["entry"] for hook in hooks] == ["make lint", "make test-fast"]
    assert all(hook["entry"].removeprefix("make ") in targets for hook in hooks)
    assert {repository["repo"] for repository in repositories} == {"local"}
