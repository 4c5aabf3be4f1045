"""Each task succeeds confined by its own scope with the same result as bare, and its scope is data that is proved and shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.errors import InputError
from containment.loaders.presets import load_library
from tests.tasks.scopes import GUIDE, HERE, TASKS, TaskScope, format_table, read_library, write_table
from tests.tasks.world import World

PUBLISHED_TOOLS = {
    "research": {"web_search", "read_file"},
    "code-review": {"read_file", "run_tests"},
    "report": {"read_file", "write_file"},
    "deployment": {"deploy_api"},
}
"""The published table of tasks and their tools."""
TRIED_BY_THE_C_LIBRARY = {f"denied read: {path}" for path in ("/etc/nsswitch.conf", "/sys/devices/system/cpu/online")}
"""Events of programs whose C library tries these files and does without."""


def test_each_task_has_the_tools_of_the_table_and_no_others(scopes: dict[str, TaskScope]) -> None:
    assert {name: {*scope.tools} for name, scope in scopes.items()} == PUBLISHED_TOOLS
    assert all(len(scope.profile.tasks) == 1 for scope in scopes.values())


def test_only_tasks_that_need_a_network_have_one(scopes: dict[str, TaskScope]) -> None:
    reach = {name: {(one.program, one.host or one.networks) for one in scope.profile.egress} for name, scope in scopes.items()}
    assert reach == {
        "research": {("/usr/bin/curl", "api.crossref.org"), ("/usr/bin/curl", "export.arxiv.org")},
        "code-review": set(),
        "report": set(),
        "deployment": {("/usr/bin/curl", ("10.20.0.5/32",))},
    }


def test_the_guide_shows_the_scopes(scopes: dict[str, TaskScope]) -> None:
    assert write_table(GUIDE.read_text(), format_table(scopes)) == GUIDE.read_text(), "run python -m tests.tasks.scopes"


@pytest.mark.slow
@pytest.mark.namespaces
@pytest.mark.parametrize("name", TASKS)
def test_the_task_succeeds_confined_with_the_result_of_bare(world: World, scopes: dict[str, TaskScope], name: str) -> None:
    scope = scopes[name]
    results = []
    for confined in (False, True):
        world.clear_home(scope)
        done = world.run(scope, scope.command, confined=confined)
        assert done.code == 0, done.errors
        results.append(world.read_result(scope))
    assert results[0] == results[1]
    assert len(results[0].split()) > 3
    denied = {one["message"] for one in done.events if one["action"] == "Denied"}
    assert denied <= TRIED_BY_THE_C_LIBRARY, "a task needs nothing outside of its scope"
    starts = {one["process"]["file"]["path"] for one in done.events if one["class_uid"] == 1007}
    assert starts
    assert starts <= {str(Path(one).resolve()) for one in scope.profile.programs}
    assert {one["unmapped"]["task"] for one in done.events} == {name}


@pytest.mark.slow
@pytest.mark.namespaces
def test_a_task_without_its_grants_fails(world: World, scopes: dict[str, TaskScope]) -> None:
    scope = scopes["deployment"]
    world.clear_home(scope)
    done = world.run(scope, scope.command, confined=True, profile=scopes["report"].text.replace('"report"', '"deployment"'))
    assert done.code
    assert not (world.find_home(scope) / scope.result).exists()


def test_a_grant_of_a_secret_is_refused(tmp_path: Path) -> None:
    read_library(tmp_path)
    (tmp_path / "task-report.yaml").unlink()
    text = (HERE / "classes" / "task-report.yaml").read_text()
    (tmp_path / "task-report.yaml").write_text(text.replace("/srv/tasks/report", "/home/user/.ssh"))
    with pytest.raises(InputError, match=r"sandbox.read.1.path.*\.ssh"):
        load_library(tmp_path)
