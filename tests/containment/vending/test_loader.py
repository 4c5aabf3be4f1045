"""Agent files are read strictly: each mistake is found, all at once, at its file and key, with a fix."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from containment.errors import InputError
from containment.vending.agent import LONGEST_NAME, find_agent_name_problem
from containment.vending.listing import check_agents
from containment.vending.loader import AgentFiles, find_unknown_stacks, parse_agent, read_agents
from tests.containment.vending.files import CONTENT, write_agent

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no stack": ({"stack": None}, "stack"),
    "a stack of another type": ({"stack": 7}, "stack"),
    "a path as stack": ({"stack": "../coding"}, "stack"),
    "no owner": ({"owner": None}, "owner"),
    "an owner as text": ({"owner": "payments-team"}, "owner"),
    "an owner too few": ({"owner": {"business": "payments-team", "securityApprover": "security-team"}}, "owner.dataSteward"),
    "an owner without a word": ({"owner": {**CONTENT["owner"], "business": "-"}}, "owner.business"),
    "an owner that is no tag": ({"owner": {**CONTENT["owner"], "business": "team\nx: y"}}, "owner.business"),
    "an owner of another kind": ({"owner": {**CONTENT["owner"], "legal": "law-team"}}, "owner.legal"),
    "an empty purpose": ({"purpose": ""}, "purpose"),
    "a purpose of two lines": ({"purpose": "reads\ninvoices"}, "purpose"),
    "an unknown classification": ({"dataClassification": "secret"}, "dataClassification"),
    "a day as a number": ({"until": 20270331}, "until"),
    "a day that does not exist": ({"until": "2027-02-30"}, "until"),
    "a time in place of a day": ({"until": datetime(2027, 3, 31, 12)}, "until"),  # noqa: DTZ001 - as YAML reads it
    "an unknown harness": ({"harness": "openclav"}, "harness"),
    "an unknown size": ({"size": "xxl"}, "size"),
    "an instance type as size": ({"size": "t3.large"}, "size"),
    "an unknown action": ({"forbiddenActions": ["fly"]}, "forbiddenActions.0"),
    "an action as text": ({"forbiddenActions": "payment"}, "forbiddenActions"),
    "an action twice": ({"forbiddenActions": ["payment", "payment"]}, "forbiddenActions"),
    "a class, which the stack has": ({"agentClass": "coding"}, "agentClass"),
    "a mode, which the stack has": ({"policyMode": "enforce"}, "policyMode"),
    "a name, which the file has": ({"name": "other"}, "name"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_found_at_its_key_with_a_fix(tmp_path: Path, mistake: str) -> None:
    changed, key = MISTAKES[mistake]
    write_agent(tmp_path, "reviewer", **changed)
    found = read_agents(tmp_path)
    assert found.agents == ()
    assert [problem.where for _, problem in found.problems] == [f"agents/reviewer.yaml:{key}"]
    assert all(problem.fix and problem.why for _, problem in found.problems)


def test_a_file_without_mistakes_is_an_agent(tmp_path: Path) -> None:
    write_agent(tmp_path, "reviewer", harness="openclaw", size="large", forbiddenActions=["payment", "deployment"])
    (agent,) = read_agents(tmp_path).require_all()
    assert (agent.name, agent.stack, agent.until) == ("reviewer", "coding-monitor", date(2099, 3, 31))
    assert [action.value for action in agent.forbidden_actions] == ["payment", "deployment"]


def test_every_mistake_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    write_agent(tmp_path, "one", purpose="", size="xxl", until="soon")
    write_agent(tmp_path, "two", stack=None, nickname="x")
    with pytest.raises(InputError) as caught:
        read_agents(tmp_path).require_all()
    assert [one.where for one in caught.value.problems] == [
        "agents/one.yaml:purpose",
        "agents/one.yaml:size",
        "agents/one.yaml:until",
        "agents/two.yaml:nickname",
        "agents/two.yaml:stack",
    ]


@pytest.mark.parametrize(
    "text",
    ["stack: a\nstack: b\n", "- stack\n", "", "stack: [", "stack: !!str a\n", "base: &a {x: 1}\n<<: *a\n", b"stack: \xff\n"],
    ids=["repeated key", "list", "empty", "no YAML", "tag", "merge", "no UTF-8"],
)
def test_text_that_two_readers_could_read_differently_is_refused(tmp_path: Path, text: str | bytes) -> None:
    path = write_agent(tmp_path, "reviewer")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = read_agents(tmp_path)
    assert found.agents == ()
    assert len(found.problems) >= 1


@pytest.mark.parametrize(
    "name",
    ["Reviewer", "re_viewer", "1st", "a--b", "-a", "a-", "host", "my-host", "host-a", "list", "show", "a" * (LONGEST_NAME + 1), "a.b"],
)
def test_a_name_that_is_unsafe_in_a_logical_name_is_refused_with_a_better_one(tmp_path: Path, name: str) -> None:
    write_agent(tmp_path, name)
    found = read_agents(tmp_path)
    assert found.agents == ()
    (problem,) = [problem for _, problem in found.problems]
    assert problem.where == f"agents/{name}.yaml"
    proposed = problem.fix.rpartition(" ")[2]
    assert find_agent_name_problem(proposed) is None


@pytest.mark.parametrize("name", ["reviewer.yml", "notes.txt"])
def test_a_file_that_would_silently_be_no_agent_is_refused(tmp_path: Path, name: str) -> None:
    write_agent(tmp_path, "reviewer").rename(tmp_path / "agents" / name)
    assert [problem.where for _, problem in read_agents(tmp_path).problems] == [f"agents/{name}"]


def test_a_folder_in_place_of_a_file_and_a_file_in_place_of_the_folder_are_problems(tmp_path: Path) -> None:
    (tmp_path / "agents" / "reviewer.yaml").mkdir(parents=True)
    assert len(read_agents(tmp_path).problems) == 1
    other = tmp_path / "other"
    other.mkdir()
    (other / "agents").write_text("")
    assert len(read_agents(other).problems) == 1


def test_no_folder_means_no_agents(tmp_path: Path) -> None:
    assert read_agents(tmp_path) == AgentFiles()


def test_a_mistake_in_a_file_of_another_stack_stops_only_that_stack(tmp_path: Path) -> None:
    write_agent(tmp_path, "reviewer")
    write_agent(tmp_path, "broken", stack="research-monitor", size="xxl")
    files = read_agents(tmp_path)
    assert [agent.name for agent in files.find_agents("coding-monitor")] == ["reviewer"]
    with pytest.raises(InputError):
        files.find_agents("research-monitor")


def test_a_file_whose_stack_cannot_be_read_stops_every_stack(tmp_path: Path) -> None:
    write_agent(tmp_path, "reviewer")
    write_agent(tmp_path, "unknown", stack=["coding-monitor"])
    with pytest.raises(InputError):
        read_agents(tmp_path).find_agents("coding-monitor")


def test_a_misspelled_stack_is_found_with_the_nearest_one(tmp_path: Path) -> None:
    write_agent(tmp_path, "reviewer", stack="coding-montor")
    (problem,) = find_unknown_stacks(read_agents(tmp_path), ["coding-monitor", "research-monitor"])
    assert "write coding-monitor" in problem.fix


def test_an_unquoted_and_a_quoted_day_are_the_same() -> None:
    days = [parse_agent("a", {**CONTENT, "until": day})[0] for day in ("2027-03-31", date(2027, 3, 31))]
    assert days[0] == days[1]
    assert days[0] is not None


def test_a_marker_is_read_by_its_name_and_is_no_agent(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "coding-monitor.by-request").write_text("stack: [\n")
    files = read_agents(tmp_path)
    assert (files.by_request, files.names, files.problems) == ({"coding-monitor"}, frozenset(), ())
    assert list(find_unknown_stacks(files, ["coding-monitor"])) == []
    (tmp_path / "Pulumi.coding-monitor.yaml").touch()
    found = check_agents("coding-monitor", date(2026, 11, 29), tmp_path)
    assert found is not None
    assert "has no host" in found.detail


def test_a_marker_of_a_stack_without_a_file_is_named_with_the_nearest_stack(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "coding-monitr.by-request").touch()
    (problem,) = find_unknown_stacks(read_agents(tmp_path), ["coding-monitor"])
    assert problem.where == "agents/coding-monitr.by-request"
    assert "coding-monitor" in problem.fix
