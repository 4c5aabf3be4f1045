"""The removal of ended agents is a branch with one commit: neither the checkout nor its current branch changes."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.exit_code import Exit
from containment.fleet.checks import FleetFacts
from containment.fleet.reap import propose_removal
from containment.queries.results import Answer
from tests.containment.fleet.conftest import Write
from tests.containment.vending import files

TODAY = date(2026, 11, 29)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write_agent(folder: Path, name: str, until: str) -> None:
    files.write_agent(folder, name, until=until)


@pytest.fixture
def checkout(project: Path, write_stack: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a clone with two ended agents and one that ends today."""
    write_stack("coding-monitor", vpcCidr="10.42.0.0/16")
    for name, until in (("old", "2026-11-01"), ("yesterday", "2026-11-28"), ("today", "2026-11-29")):
        write_agent(project, name, until)
    for key in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{key}_NAME", "platform-team")
        monkeypatch.setenv(f"GIT_{key}_EMAIL", "platform-team@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "start")
    return project


def reap(folder: Path, *, writes: bool) -> Answer:
    return propose_removal(FleetFacts(folder, one_controller=True), {}, TODAY, writes=writes)


def test_without_write_nothing_is_made_and_the_text_names_the_agents(checkout: Path) -> None:
    found = reap(checkout, writes=False)
    assert found.data["commit"] is None
    assert git(checkout, "branch", "--format", "%(refname:short)") == "main"
    for word in ("agents/old.yaml", "agents/yesterday.yaml", "containment fleet up coding-monitor"):
        assert word in found.data["pullRequest"]["text"]
    assert "today" not in found.data["pullRequest"]["text"]


def test_the_branch_removes_the_ended_files_and_the_checkout_stays(checkout: Path) -> None:
    (checkout / "unsaved.txt").write_text("work in progress")
    (checkout / "Pulumi.coding-monitor.yaml").open("a").write("# edited\n")
    git(checkout, "add", "unsaved.txt")
    before = (git(checkout, "rev-parse", "HEAD"), git(checkout, "status", "--porcelain"), git(checkout, "branch", "--show-current"))
    found = reap(checkout, writes=True)
    after = (git(checkout, "rev-parse", "HEAD"), git(checkout, "status", "--porcelain"), git(checkout, "branch", "--show-current"))
    assert after == before
    assert (checkout / "agents" / "old.yaml").exists()
    branch = found.data["branch"]
    assert git(checkout, "rev-parse", branch) == found.data["commit"]
    changes = git(checkout, "diff", "--name-status", "main", branch).splitlines()
    assert changes == ["A\tagents/coding-monitor.by-request", "D\tagents/old.yaml", "D\tagents/yesterday.yaml"]
    assert "made by request" in git(checkout, "show", f"{branch}:agents/coding-monitor.by-request")
    assert not (checkout / "agents" / "coding-monitor.by-request").exists()


def test_a_stack_that_is_marked_already_keeps_its_file(checkout: Path) -> None:
    marker = checkout / "agents" / "coding-monitor.by-request"
    marker.write_text("Written by the platform team.\n")
    git(checkout, "add", "agents")
    git(checkout, "commit", "--quiet", "-m", "mark")
    found = reap(checkout, writes=True)
    assert found.data["markers"] == []
    assert git(checkout, "show", f"{found.data['branch']}:agents/coding-monitor.by-request") == "Written by the platform team."
    marker.unlink()  # it is in the commit, so it is kept as it is there
    again = reap(checkout, writes=True)
    assert (again.data["markers"], again.data["commit"]) == (["agents/coding-monitor.by-request"], found.data["commit"])


def test_in_a_folder_below_the_checkout_the_marker_is_next_to_the_agents(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outer = tmp_path_factory.mktemp("outer")
    (checkout / ".git").rename(outer / ".git")
    checkout.rename(outer / "project")
    git(outer, "add", "-A")
    git(outer, "commit", "--quiet", "-m", "move")
    found = reap(outer / "project", writes=True)
    changes = git(outer, "diff", "--name-status", "main", found.data["branch"]).splitlines()
    assert changes[0] == "A\tproject/agents/coding-monitor.by-request"


def test_running_again_is_a_no_op_and_another_branch_of_this_name_is_refused(checkout: Path) -> None:
    first = reap(checkout, writes=True)
    assert reap(checkout, writes=True).data["commit"] == first.data["commit"]
    git(checkout, "update-ref", f"refs/heads/{first.data['branch']}", "HEAD")
    with pytest.raises(InputError, match="no branch is made"):
        reap(checkout, writes=True)


def test_a_file_that_is_not_committed_makes_no_branch(checkout: Path) -> None:
    write_agent(checkout, "untracked", "2026-01-01")
    with pytest.raises(InputError) as raised:
        reap(checkout, writes=True)
    assert "untracked" in str(raised.value)
    assert git(checkout, "branch", "--format", "%(refname:short)") == "main"


def test_a_folder_without_a_clone_makes_no_branch(project: Path, write_stack: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    write_stack("coding-monitor", vpcCidr="10.42.0.0/16")
    write_agent(project, "old", "2026-11-01")
    with pytest.raises(InputError, match="no branch is made"):
        reap(project, writes=True)


def test_no_ended_agent_is_nothing_to_do_and_an_unreadable_file_is_not(checkout: Path) -> None:
    for name in ("old", "yesterday"):
        (checkout / "agents" / f"{name}.yaml").unlink()
    assert reap(checkout, writes=True).exit is Exit.NOTHING
    write_agent(checkout, "broken", "soon")
    assert reap(checkout, writes=True).exit is Exit.NO
