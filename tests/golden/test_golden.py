"""Names that users, state files, waivers and scripts depend on stay as they are: URNs, ids, keys, options, exit codes, JSON fields."""

from __future__ import annotations

import pytest

from tests.golden.files import FOLDER, current, differences
from tests.golden.json_fields import fields

NAMES = sorted(path.name for path in FOLDER.glob("*.txt"))


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    return current()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_published_names_are_unchanged(found: dict[str, list[str]], name: str) -> None:
    assert differences(name, found[name]) == ""


@pytest.mark.slow
def test_every_surface_has_a_golden_file_with_content(found: dict[str, list[str]]) -> None:
    assert sorted(found) == NAMES
    assert all(found.values())


@pytest.mark.slow
def test_a_changed_name_is_shown_with_what_it_was_and_is(found: dict[str, list[str]]) -> None:
    lines = [
        line.replace("agent-containment::containment:host:AgentHost$", "agent-containment::containment:host:Host$")
        for line in found["resources.txt"]
    ]
    text = differences("resources.txt", lines)
    assert "-urn:pulumi:<stack>::agent-containment::containment:host:AgentHost$aws:ec2/instance:Instance::agent-instance" in text
    assert "+urn:pulumi:<stack>::agent-containment::containment:host:Host$aws:ec2/instance:Instance::agent-instance" in text


def test_fields_are_paths_and_empty_lists_are_marked() -> None:
    assert sorted(fields({"a": [{"b": 1}, {"c": []}], "versions": {"x": 1}})) == [".a[].b", ".a[].c[]", ".versions.*"]
