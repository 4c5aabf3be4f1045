"""A stack's name is a file's name and nothing else, and a mistyped one is recognized."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.config.stack_name import LONGEST_NAME, find_closest, find_name_problem, find_site_problem, parse_stack_name, suggest_name
from containment.errors import InputError
from containment.loaders.stack_file import read_stack, resolve_stack
from containment.names import PolicyMode

DOTS = (".", "..", "...")
WRONG = (
    "",
    *DOTS,
    "../../../escaped",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "a b",
    "a\n",
    "a\0b",
    "\u00e9",
    "x" * (LONGEST_NAME + 1),
    "org/project/dev",
)


@pytest.mark.parametrize("name", ["coding-monitor", "a", "A.b_c-9", ".hidden", "x" * LONGEST_NAME, "..a"])
def test_names_of_the_official_engine_are_allowed(name: str) -> None:
    assert find_name_problem(name) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    assert find_name_problem(name)
    assert find_name_problem(suggest_name(name)) is None or suggest_name(name) == ""


@pytest.mark.parametrize("name", WRONG)
def test_questions_refuse_it_before_a_file_is_looked_for(name: str) -> None:
    with pytest.raises(InputError, match="no such stack"):
        read_stack(name)


def test_the_closest_name_is_one_that_exists_or_none() -> None:
    known = ["coding-monitor", "coding-enforce", "locked-down-monitor"]
    assert find_closest("coding-montor", known) == "coding-monitor"
    assert find_closest("codingenforce", known) == "coding-enforce"
    assert find_closest("zzz", known) is None
    assert find_closest("zzz", []) is None


IMAGE = "ami-00000000"
CLASSES = ("coding", "coding-plus", "research", "locked-down")


@pytest.mark.parametrize(
    ("name", "agent_class", "mode", "site"),
    [
        ("coding", "coding", None, ""),
        ("coding-eu", "coding", None, "eu"),
        ("coding-eu-west-1", "coding", None, "eu-west-1"),
        ("coding-enforce", "coding", "enforce", ""),
        ("coding-monitor-eu-1", "coding", "monitor", "eu-1"),
        ("locked-down-enforce-lab", "locked-down", "enforce", "lab"),
        ("coding-plus", "coding-plus", None, ""),
        ("coding-plus-enforce", "coding-plus", "enforce", ""),
        ("coding-enforced", "coding", None, "enforced"),
        ("coding-eu-enforce", "coding", "enforce", "eu"),
        ("codingeu-enforce", None, "enforce", ""),
        ("dev", None, None, ""),
        ("payments-enforce-eu", None, None, ""),
    ],
)
def test_a_name_has_a_class_a_mode_and_a_site(name: str, agent_class: str | None, mode: str | None, site: str) -> None:
    found = parse_stack_name(name, CLASSES)
    assert (found.agent_class, found.mode and found.mode.value, found.site) == (agent_class, mode, site)
    assert find_site_problem(found, CLASSES) is None
    for other in PolicyMode:
        renamed = parse_stack_name(found.replace_mode(other), CLASSES)
        assert (renamed.agent_class, renamed.site) == (agent_class, site)
        assert renamed.mode is (other if mode else None)


@pytest.mark.parametrize("site", ["research", "coding", "locked-down", "enforce", "Enforce", "eu-enforce", "enforce-eu", "monitor"])
def test_a_site_is_no_class_and_no_mode(site: str) -> None:
    assert find_site_problem(parse_stack_name(f"coding-monitor-{site}", CLASSES), CLASSES)


def test_a_class_whose_name_ends_in_a_mode_does_not_change_the_meaning_of_other_names() -> None:
    assert parse_stack_name("coding-monitor", (*CLASSES, "coding-monitor")).mode is PolicyMode.MONITOR


def write_stack(folder: Path, stack: str, **values: str) -> Path:
    lines = [f"  agent-containment:{key}: {value}" for key, value in {**values, "vpcCidr": "10.77.0.0/16"}.items()]
    (folder / f"Pulumi.{stack}.yaml").write_text("\n".join(["config:", *lines, ""]))
    return folder


def test_class_and_mode_follow_the_name(tmp_path: Path) -> None:
    spec = read_stack("research-enforce-eu", folder=write_stack(tmp_path, "research-enforce-eu"))
    assert (spec.config.agent_class, spec.mode) == ("research", PolicyMode.ENFORCE)


def test_defaults_that_the_engine_passes_do_not_override_the_name(tmp_path: Path) -> None:
    write_stack(tmp_path, "research-enforce-eu")
    raw = {
        "awsAccessAccount": "a",
        "agentClass": "coding",
        "policyMode": "monitor",
        "vpcCidr": "10.77.0.0/16",
        "agentImageId": "ami-00000000",
    }
    spec = resolve_stack(raw, "research-enforce-eu", tmp_path)
    assert (spec.config.agent_class, spec.mode) == ("research", PolicyMode.ENFORCE)
    with pytest.raises(InputError, match="disagrees with the stack's name"):
        resolve_stack(raw, "research-enforce-eu", tmp_path, options={"policyMode": "monitor"})


def test_a_stack_without_a_mode_in_its_name_has_that_of_its_configuration(tmp_path: Path) -> None:
    assert read_stack("research-eu", folder=write_stack(tmp_path, "research-eu")).mode is PolicyMode.MONITOR
    assert read_stack("research-eu", folder=write_stack(tmp_path, "research-eu", policyMode="enforce")).mode is PolicyMode.ENFORCE


@pytest.mark.parametrize(
    ("stack", "values", "key"),
    [
        ("coding-enforce-eu", {"policyMode": "monitor"}, "policyMode"),
        ("coding-monitor-eu", {"policyMode": "enforce"}, "policyMode"),
        ("research", {"agentClass": "coding"}, "agentClass"),
        ("research-eu", {"agentClass": "coding"}, "agentClass"),
    ],
)
def test_a_contradiction_between_name_and_configuration_is_refused(tmp_path: Path, stack: str, values: dict[str, str], key: str) -> None:
    with pytest.raises(InputError) as caught:
        read_stack(stack, folder=write_stack(tmp_path, stack, **values))
    assert [problem.where for problem in caught.value.problems] == [f"Pulumi.{stack}.yaml:{key}"]
    assert all(problem.what and problem.why and problem.fix for problem in caught.value.problems)


def test_a_site_that_is_a_class_is_refused_with_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is the name of a class"):
        read_stack("coding-research", folder=write_stack(tmp_path, "coding-research"))
