"""The `sandbox:` section: what no class may grant is refused by file and key, all at once, with a fix."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.sandbox.section import SandboxSection
from containment.sandbox.section_checks import find_merged_problems, find_section_problems
from tests.support.child import REPOSITORY

WHO = {"owner": "platform-team", "reason": "needed by a test"}


def problems_of(**section: Any) -> list[str]:
    return [f"{one.where} {one.what}" for one in find_section_problems(SandboxSection.model_validate(section), "f:sandbox")]


@pytest.mark.parametrize(
    "path",
    ["/", "/etc", "/etc/shadow", "/root", "/root/.ssh", "/proc", "/proc/self", "/dev/fd", "/sys", "/run/docker.sock", "/var/run", "/home",
     "/home/agent/.aws", "/srv/.env", "/dev", "/dev/sda", "/boot", "/var"],
)  # fmt: skip
def test_a_path_with_secrets_can_be_read_by_no_class(path: str) -> None:
    assert problems_of(read=[{"path": path, **WHO}])


@pytest.mark.parametrize(
    "path", ["/usr", "/bin", "/usr/local/bin", "/etc/cron.d", "/opt/tool", "/lib", "/var/log", "/var/lib/x", "/tmp/.ssh"]
)
def test_a_path_of_the_system_can_be_written_by_no_class(path: str) -> None:
    assert problems_of(write=[{"path": path, **WHO}])


@pytest.mark.parametrize("path", ["/usr", "/etc/ssl/certs", "/opt/openclaw-harness", "/dev/null", "/home/agent", "/etc/hosts"])
def test_an_ordinary_path_can_be_read(path: str) -> None:
    assert not problems_of(read=[{"path": path, **WHO}])


def test_a_program_that_the_agent_can_replace_is_refused() -> None:
    found = problems_of(write=[{"path": "/home/agent", **WHO}], programs=[{"path": "/home/agent/bin/tool", **WHO}])
    assert found == ["f:sandbox.programs.0.path '/home/agent/bin/tool' is within write.0.path, '/home/agent'"]


def test_a_read_only_path_within_a_writable_one_is_refused() -> None:
    assert problems_of(write=[{"path": "/home/agent", **WHO}], read=[{"path": "/home/agent/config", **WHO}])


def test_a_gateway_without_tasks_and_an_unknown_task_are_refused() -> None:
    program = {"path": "/usr/bin/x", **WHO}
    assert problems_of(programs=[{**program, "egress": [{"to": "wg-approved-mcp-gateways"}]}])
    assert problems_of(programs=[{**program, "egress": [{"to": "wg-approved-mcp-gateways", "tasks": ["unknown"]}]}])
    assert problems_of(programs=[{**program, "egress": [{"to": "wg-public-reference", "tasks": ["unknown"]}]}])


def test_repeats_are_refused() -> None:
    assert problems_of(read=[{"path": "/usr", **WHO}, {"path": "/usr", **WHO}])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("read", [{"path": "/usr"}]),
        ("read", [{"path": "/usr", "owner": "x", "reason": "-"}]),
        ("read", [{"path": "usr", **WHO}]),
        ("read", [{"path": "/usr/", **WHO}]),
        ("read", [{"path": "/a/../etc", **WHO}]),
        ("read", [{"path": "/usr/*", **WHO}]),
        ("programs", [{"path": "/usr/**", **WHO}]),
        ("programs", [{"path": "/usr/*/git", **WHO}]),
        ("programs", [{"path": "/usr/bin/{a,b}", **WHO}]),
        ("programs", [{"path": "/usr/bin/x", **WHO, "egress": [{"to": "wg-unapproved-model-providers"}]}]),
        ("programs", [{"path": "/usr/bin/x", **WHO, "egress": [{"to": "anywhere"}]}]),
        ("programs", [{"path": "/usr/bin/x", **WHO, "egress": [{"to": "wg-public-reference", "requests": ["/v1"]}]}]),
        ("programs", [{"path": "/usr/bin/x", **WHO, "egress": [{"to": "wg-public-reference", "requests": ["GET /../x"]}]}]),
        ("programs", [{"path": "/usr/bin/x", **WHO, "egress": [{"to": "wg-public-reference", "requests": ["* /x"]}]}]),
        ("tasks", [{"name": "t", "tools": [], **WHO}]),
        ("tasks", [{"name": "t", "tools": ["tickets.*"], **WHO}]),
        ("network", "host"),
    ],
)
def test_a_value_that_is_not_understood_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        SandboxSection.model_validate({key: value})


def test_every_mistake_of_a_class_file_is_reported_at_once_with_its_key(tmp_path: Path) -> None:
    presets = tmp_path / "presets"
    shutil.copytree(REPOSITORY / "presets", presets)
    path = presets / "research.yaml"
    document = yaml.safe_load(path.read_text())
    document["sandbox"]["read"] = [{"path": "/proc", **WHO}, {"path": "/etc/shadow", **WHO}]
    document["sandbox"]["programs"] = [{"path": "/tmp/tool", **WHO}]
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(InputError) as raised:
        load_library(presets)
    assert [one.where for one in raised.value.problems] == [
        "presets/research.yaml:sandbox.programs.0.path",
        "presets/research.yaml:sandbox.read.0.path",
        "presets/research.yaml:sandbox.read.1.path",
    ]
    assert all(one.fix for one in raised.value.problems)


def test_a_class_may_not_write_to_a_program_of_its_harness() -> None:
    own = SandboxSection.model_validate({"write": [{"path": "/srv/agent", **WHO}]})
    harness = SandboxSection.model_validate({"programs": [{"path": "/srv/agent/bin/tool", **WHO}]})
    (found,) = find_merged_problems(own, harness, "f:sandbox, with hermes")
    assert "/srv/agent/bin/tool" in found.what
    assert not list(find_merged_problems(own, SandboxSection(), "f"))


def test_a_mistyped_key_of_the_section_names_the_right_one(tmp_path: Path) -> None:
    presets = tmp_path / "presets"
    shutil.copytree(REPOSITORY / "presets", presets)
    path = presets / "research.yaml"
    path.write_text(path.read_text().replace("  runtimePaths:", "  runtimePath:"))
    with pytest.raises(InputError) as raised:
        load_library(presets)
    (problem,) = raised.value.problems
    assert problem.where == "presets/research.yaml:sandbox.runtimePath"
    assert "runtimePaths" in problem.fix


def test_a_class_without_the_section_grants_nothing_with_any_harness(tmp_path: Path) -> None:
    presets = tmp_path / "presets"
    shutil.copytree(REPOSITORY / "presets", presets)
    path = presets / "research.yaml"
    document = yaml.safe_load(path.read_text())
    del document["sandbox"]
    path.write_text(yaml.safe_dump(document))
    library = load_library(presets)
    preset = library.presets["research"]
    assert library.get_sandbox(preset, preset.harness).is_empty
