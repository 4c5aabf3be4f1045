"""`containment vend` writes a file once, whole, with the pull request; what is missing is one list, and asked for on a terminal only."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.config.spec import ContainmentSpec
from containment.fleet.new_stack import NewStack, resolve_stack
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment.vending.loader import read_agents
from tests.containment.vending.files import write_agent, write_stacks

VALUES = {
    "--stack": "customer-support-monitor",
    "--owner-business": "finance-team",
    "--owner-security-approver": "security-team",
    "--owner-data-steward": "data-office",
    "--purpose": "Reads invoices: all of them, from #finance",
    "--data-classification": "confidential",
    "--until": "2099-03-31",
}
STACK = VALUES["--stack"]
MARKER = Path(f"agents/{STACK}.by-request")
ANSWERS = "\n".join([*VALUES.values(), "", ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_stacks(tmp_path, "customer-support-monitor", "coding-monitor")


def vend(folder: Path, *words: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(build(), ["vend", *words, "-C", str(folder)], input=answers)


def given(**changed: str | None) -> list[str]:
    values = VALUES | {f"--{key.replace('_', '-')}": value for key, value in changed.items()}
    return [word for option, value in values.items() if value is not None for word in (option, value)]


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_file_is_what_the_loader_reads(folder: Path) -> None:
    found = data(vend(folder, "invoice-reader", *given(), "--forbid", "payment", "--size", "small", "--json"))
    (agent,) = read_agents(folder).require_all()
    assert (agent.name, agent.owner.data_steward, agent.purpose) == ("invoice-reader", "data-office", VALUES["--purpose"])
    assert agent.size == "small"
    assert found["agent"]["forbiddenActions"] == ["payment"]
    assert found["adoptsSingleHost"] is True
    assert (folder / "agents" / "invoice-reader.yaml").read_text().startswith("# yaml-language-server: $schema=")
    assert sorted(path.name for path in (folder / "agents").iterdir()) == [MARKER.name, "invoice-reader.yaml"]
    assert found["marker"] == str(MARKER)


def test_open_questions_of_the_class_are_printed_until_a_key_answers_them(folder: Path) -> None:
    asked = {one["question"] for one in data(vend(folder, "a", *given(), "--dry-run", "--json"))["openQuestions"]}
    assert "name your CRM" in asked
    stack = folder / "Pulumi.customer-support-monitor.yaml"
    entry = "{name: crm.example.com, owner: support-team, reason: Reads cases, function: support, until: 2099-01-01}"
    stack.write_text(stack.read_text() + f"  agent-containment:approvedSaasApiDomains: [{entry}]\n")
    left = {one["question"] for one in data(vend(folder, "a", *given(), "--dry-run", "--json"))["openQuestions"]}
    assert left < asked
    assert "name your CRM" not in left


def test_a_file_is_never_overwritten(folder: Path) -> None:
    path = write_agent(folder, "invoice-reader")
    before = path.read_bytes()
    result = vend(folder, "invoice-reader", *given())
    assert result.exit_code == 1
    assert "exists already" in result.output
    assert path.read_bytes() == before


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    assert data(vend(folder, "invoice-reader", *given(), "--dry-run", "--json"))["written"] is False
    assert not (folder / "agents").exists()


def test_without_a_terminal_every_missing_option_and_every_mistake_is_one_error(folder: Path) -> None:
    result = vend(folder, "Bad", "--stack", "nowhere", "--purpose", "-", "--until", "2020-01-01")
    assert result.exit_code == 1
    for text in (
        "agent name 'Bad'",
        "--stack: has no file",
        "--purpose: contains no word",
        "--owner-business: is not given",
        "--owner-security-approver: is not given",
        "--owner-data-steward: is not given",
        "--data-classification: is not given",
    ):
        assert text in result.output
    assert not (folder / "agents").exists()


def test_a_stack_without_a_file_is_refused_with_the_file_to_add(folder: Path) -> None:
    result = vend(folder, "a", *given(stack="research-monitor"))
    assert result.exit_code == 1
    content = result.output.partition("with ")[2].partition(", or let")[0].replace("\n", " ")
    (folder / "Pulumi.research-monitor.yaml").write_text(content)
    assert data(vend(folder, "a", *given(stack="research-monitor"), "--json"))["stackFile"] is None
    assert read_stack("research-monitor", folder=folder).mode is PolicyMode.MONITOR


def test_a_new_stack_is_written_with_its_agent_on_a_free_network(folder: Path) -> None:
    words = ["a", *given(stack="research-enforce"), "--new-stack", "--json"]
    assert data(vend(folder, *words, "--dry-run"))["stackFile"] == "Pulumi.research-enforce.yaml"
    assert not (folder / "Pulumi.research-enforce.yaml").exists()
    found = data(vend(folder, *words))
    network = read_stack("research-enforce", folder=folder).config.vpc_cidr
    assert f"Pulumi.research-enforce.yaml: the stack, on {network}" in found["pullRequest"]
    assert not any(read_stack(one, folder=folder).config.vpc_cidr.overlaps(network) for one in (STACK, "coding-monitor"))
    assert (folder / "agents" / "research-enforce.by-request").exists()


@pytest.mark.parametrize("changed", [{"harness": "hermes"}, {"until": "2020-01-01"}])
def test_a_refused_agent_leaves_no_stack_behind(folder: Path, changed: dict[str, str]) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    assert vend(folder, "a", *given(stack="coding-enforce", **changed), "--new-stack").exit_code == 1
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_class_that_needs_a_decision_in_its_file_is_refused_with_the_file_to_add(folder: Path) -> None:
    result = vend(folder, "a", *given(stack="regulated-data-monitor"), "--new-stack")
    assert result.exit_code == 1
    assert "Pulumi.regulated-data-monitor.yaml:harnessWaivers" in result.output
    assert "agent-containment:vpcCidr: 10." in result.output
    assert not (folder / "agents").exists()


def find_shared_networks(folder: Path) -> list[str]:
    """Return the stacks of a folder whose network another of them has too."""
    networks = {path.name: yaml.safe_load(path.read_text())["config"]["agent-containment:vpcCidr"] for path in folder.glob("Pulumi.*.yaml")}
    return sorted(name for name, one in networks.items() if sum(one == other for other in networks.values()) > 1)


def vend_at_once(folder: Path, stacks: Sequence[str]) -> None:
    """Vend an agent with each new stack, all at once in processes of their own; each succeeds."""
    children = []
    for stack in stacks:
        if (pid := os.fork()) == 0:
            result = vend(folder, f"agent-of-{stack}", *given(stack=stack), "--new-stack")
            os._exit(result.exit_code)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * len(stacks)


NEW_STACKS = [
    *(f"{name}-{mode}" for name in ("research", "open-demo", "locked-down") for mode in ("monitor", "enforce")),
    "coding-enforce",
    "customer-support-enforce",
]


def test_stacks_that_are_vended_at_once_never_get_the_same_network(folder: Path) -> None:
    vend_at_once(folder, NEW_STACKS)
    assert len(list(folder.glob("Pulumi.*.yaml"))) == 2 + len(NEW_STACKS)
    assert find_shared_networks(folder) == []


def test_without_the_lock_they_would(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits until all have chosen a network, which the lock makes impossible."""
    chosen = multiprocessing.get_context("fork").Barrier(len(NEW_STACKS))

    def resolve_and_wait(new: NewStack, place: Path) -> ContainmentSpec:
        spec = resolve_stack(new, place)
        chosen.wait(120)
        return spec

    monkeypatch.setattr("containment.files.locks.lock_folder", lambda _: contextlib.nullcontext())
    monkeypatch.setattr("containment.fleet.new_stack.resolve_stack", resolve_and_wait)
    vend_at_once(folder, NEW_STACKS)
    assert len(find_shared_networks(folder)) == len(NEW_STACKS)


def test_an_end_in_the_past_is_refused(folder: Path) -> None:
    yesterday = str(date.today() - timedelta(days=2))  # noqa: DTZ011
    result = vend(folder, "a", *given(until=yesterday))
    assert result.exit_code == 1
    assert "has passed" in result.output


def test_missing_values_are_read_from_a_terminal_and_again_after_a_mistake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containment.cli.decisions.vend._is_terminal", lambda: True)
    result = vend(folder, "invoice-reader", *given(until=None), answers="soon\n2099-03-31\nfly\npayment, deployment\n")
    assert result.exit_code == 0, result.output
    assert "is not a day" in result.output
    (agent,) = read_agents(folder).require_all()
    assert agent.until == date(2099, 3, 31)
    assert [action.value for action in agent.forbidden_actions] == ["payment", "deployment"]


def test_everything_can_be_entered_on_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containment.cli.decisions.vend._is_terminal", lambda: True)
    assert vend(folder, "invoice-reader", answers=ANSWERS).exit_code == 0
    (agent,) = read_agents(folder).require_all()
    assert agent.owner.security_approver == "security-team"


def test_an_agent_that_its_stack_cannot_have_is_not_written(folder: Path) -> None:
    result = vend(folder, "a", *given(harness="hermes", stack="coding-monitor"))
    assert result.exit_code == 1
    assert "agents/a.yaml:harness" in result.output
    assert not (folder / "agents").exists()


def test_the_pull_request_names_owners_and_questions(folder: Path, tmp_path: Path) -> None:
    text = tmp_path / "pr.md"
    assert vend(folder, "invoice-reader", *given(), "--forbid", "payment", "--pr-text", str(text)).exit_code == 0
    written = text.read_text()
    for words in ("finance-team", "security-team", "data-office", "name your CRM", "the network does not enforce them"):
        assert words in written


def test_list_shows_days_left_and_what_is_wrong(folder: Path) -> None:
    write_agent(folder, "builder", until="2026-12-10")
    write_agent(folder, "ended", until="2026-11-28")
    write_agent(folder, "lost", stack="nowhere")
    write_agent(folder, "reviewer")
    found = {one["name"]: one for one in data(vend(folder, "list", "--today", "2026-11-29", "--json"))["agents"]}
    assert {name: one["state"] for name, one in found.items()} == {
        "builder": "ends soon",
        "ended": "ended",
        "lost": "no stack",
        "reviewer": "active",
    }
    assert (found["builder"]["daysLeft"], found["ended"]["daysLeft"]) == (11, -1)
    assert found["reviewer"]["class"] == "coding"
    assert "builder" not in vend(folder, "list", "--stack", "nowhere", "--today", "2026-11-29").output
    assert vend(folder, "list", "--stack", "coding-enforce").exit_code == 6


def test_show_is_the_file_and_what_the_stack_adds(folder: Path) -> None:
    write_agent(folder, "reviewer", forbiddenActions=["code-merge"])
    found = data(vend(folder, "show", "reviewer", "--json"))
    assert (found["class"], found["mode"], found["host"]["logicalName"]) == ("coding", "monitor", "agent-reviewer")
    assert "code-merge (recorded as evidence; the network does not enforce them)" in vend(folder, "show", "reviewer").output


def test_an_agent_without_a_file_is_wrong_usage_with_the_nearest_name(folder: Path) -> None:
    write_agent(folder, "reviewer")
    for verb in ("show", "remove"):
        result = vend(folder, verb, "reviewr")
        assert result.exit_code == 2
        assert "use reviewer" in result.output


def test_remove_deletes_one_file_and_names_the_hosts_that_stay(folder: Path) -> None:
    write_agent(folder, "reviewer")
    path = write_agent(folder, "builder")
    assert data(vend(folder, "remove", "builder", "--dry-run", "--json"))["removed"] is False
    assert path.exists()
    found = data(vend(folder, "remove", "builder", "--reason", "The project ended", "--json"))
    assert not path.exists()
    assert "no step for the hosts of reviewer" in found["pullRequest"]
    assert "The project ended" in found["pullRequest"]
    assert found["isLast"] is False
    assert found["marker"] == "agents/coding-monitor.by-request"
    last = data(vend(folder, "remove", "reviewer", "--json"))
    assert (last["isLast"], last["marker"]) == (True, None)
    assert "keeps its VPC and policy without a host" in last["pullRequest"]


@pytest.mark.parametrize("removal", ["by vend remove", "by hand after vend", "of a file that cannot be read"])
def test_no_removal_gives_a_stack_a_host_that_no_person_requested(folder: Path, removal: str) -> None:
    """The last file may go in any way: the plan has no host, where a stack that never had an agent has one."""
    plan = ["plan", "-s", STACK, "-C", str(folder), "--json"]
    assert "hosts" not in data(CliRunner().invoke(build(), plan))
    if removal == "by hand after vend":
        assert vend(folder, "invoice-reader", *given()).exit_code == 0
        (folder / "agents" / "invoice-reader.yaml").unlink()
    else:
        write_agent(folder, "invoice-reader", stack=STACK, **({"size": "xxl"} if "cannot" in removal else {}))
        assert data(vend(folder, "remove", "invoice-reader", "--dry-run", "--json"))["marker"] == f"agents/{STACK}.by-request"
        assert not (folder / "agents" / f"{STACK}.by-request").exists()
        found = data(vend(folder, "remove", "invoice-reader", "--json"))
        assert f"agents/{STACK}.by-request: without an agent file the stack has no host" in found["pullRequest"]
    found = data(CliRunner().invoke(build(), plan))
    assert found["hosts"] == []
    assert [one["where"] for one in found["warnings"]] == [f"agents/{STACK}.by-request"]


def test_an_unusable_file_can_be_removed(folder: Path) -> None:
    path = write_agent(folder, "broken", size="xxl")
    assert vend(folder, "remove", "broken").exit_code == 0
    assert not path.exists()


def test_plan_lists_the_agents_and_warns_of_ended_ones(folder: Path) -> None:
    write_agent(folder, "reviewer")
    write_agent(folder, "ended", until="2020-01-01")
    result = CliRunner().invoke(build(), ["plan", "-s", "coding-monitor", "-C", str(folder), "--json"])
    found = data(result)
    assert [(host["agent"], host["owner"]) for host in found["hosts"]] == [("reviewer", "payments-team")]
    assert any(one["where"] == "agents/ended.yaml:until" for one in found["warnings"])


def test_plan_refuses_unusable_agent_files(folder: Path) -> None:
    write_agent(folder, "reviewer", size="xxl")
    result = CliRunner().invoke(build(), ["plan", "-s", "coding-monitor", "-C", str(folder)])
    assert result.exit_code == 1
    assert "agents/reviewer.yaml:size" in result.output


def test_host_shows_the_files_of_an_agents_harness(folder: Path) -> None:
    write_agent(folder, "bare", harness="none")
    write_agent(folder, "usual")
    write_agent(folder, "ended", until="2020-01-01")

    def list_files(*words: str) -> Result:
        return CliRunner().invoke(build(), ["host", "-s", "coding-monitor", "-C", str(folder), *words, "--json"])

    usual, bare = (data(list_files("--agent", name))["files"] for name in ("usual", "bare"))
    assert usual == data(list_files())["files"]
    assert any("install-nemoclaw" in one["path"] for one in usual)
    assert not any("install-" in one["path"] for one in bare)
    assert list_files("--agent", "ended").exit_code == 2


def test_a_bundle_is_for_the_harness_of_the_agent(folder: Path, tmp_path: Path) -> None:
    write_agent(folder, "bare", harness="none")

    def build_bundle(*words: str) -> dict[str, Any]:
        options = ["-s", "coding-monitor", "-C", str(folder), "--revision", "1", "--until", "2099-12-31", "--json", *words]
        found: dict[str, Any] = json.loads(CliRunner().invoke(build(), ["bundle", "build", *options]).stdout)
        return found["bundle"]

    usual = build_bundle("--out", str(tmp_path / "usual"))
    bare = build_bundle("--out", str(tmp_path / "bare"), "--agent", "bare")
    assert (usual["harness"], bare["harness"], bare["stack"]) == ("nemoclaw", "none", "coding-monitor")
    assert usual["digest"] != bare["digest"]
