"""Agent files by the official engine: the first adopts the single host of an older state, and removing one leaves the other `same`."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.containment.vending.files import write_agent
from tests.real_engine.conftest import PLACES
from tests.real_engine.driver import Official

pytestmark = pytest.mark.real_engine

STACK = "life-agents"
"""A stack with a place on the Controller."""


def read_ids(platform: Official) -> dict[str, Any]:
    """Return the ids of the stack's hosts by logical name."""
    found = platform.resources(platform.folder, STACK)
    return {one["urn"].rpartition("::")[2]: one["id"] for one in found if one["type"] == "aws:ec2/instance:Instance"}


def test_the_first_file_adopts_the_host_and_removing_one_leaves_the_other(platform: Official) -> None:
    assert STACK in PLACES
    project = platform.folder
    platform.prepare(project, STACK)
    platform.up(project, STACK)
    single = read_ids(platform)["agent-instance"]
    try:
        write_agent(project, "reviewer", stack=STACK)
        adopted = platform.up(project, STACK)
        assert {operation for operation, _ in adopted.changed_types} == {"update"}, adopted.differences
        assert read_ids(platform) == {"agent-reviewer-instance": single}
        assert set(platform.preview(project, STACK).changes) == {"same"}

        write_agent(project, "builder", stack=STACK)
        added = platform.up(project, STACK)
        assert {operation for operation, _ in added.changed_types} == {"create"}, added.differences
        assert read_ids(platform)["agent-reviewer-instance"] == single

        (project / "agents" / "reviewer.yaml").unlink()
        removed = platform.up(project, STACK)
        assert {operation for operation, _ in removed.changed_types} == {"delete"}, removed.differences
        assert all("agent-reviewer" in one for one in removed.differences), removed.differences
        assert set(read_ids(platform)) == {"agent-builder-instance"}
    finally:
        shutil.rmtree(project / "agents")
        platform.must(project, "destroy", "--yes", "--skip-preview", "--stack", STACK)
