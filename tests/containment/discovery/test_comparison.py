"""Whatever a class does not declare is a difference, and what is not known is an uncertain one, never agreement."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from containment.discovery.answer import build_answer
from containment.discovery.comparison import Subject, compare, is_permitted
from containment.discovery.declared import (
    Declared,
    DeclaredServer,
    DeclaredSkill,
    declare_stack,
    format_declared,
    read_declared,
)
from containment.discovery.inventory import Certainty, Inventory, Mark
from containment.errors import InputError
from containment.exit_code import Exit
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from tests.containment.discovery.recorded import (
    CONNECTION,
    DECLARED,
    INVENTORY,
    LISTENER,
    PROCESS,
    SERVER,
    SKILL,
)
from tests.support.child import REPOSITORY

SEEN = replace(INVENTORY, unseen=(), server_processes=())


def list_subjects(found: Inventory, declared: Declared = DECLARED) -> list[tuple[Subject, bool]]:
    return [(one.subject, one.is_certain) for one in compare(found, declared, all_programs=False)]


def test_what_is_declared_is_no_difference() -> None:
    assert list_subjects(SEEN) == []
    assert build_answer(SEEN, (), DECLARED).exit is Exit.OK


def test_what_is_not_seen_is_never_agreement() -> None:
    answer = build_answer(replace(INVENTORY, server_processes=()), (), DECLARED)
    assert answer.exit is Exit.INCONCLUSIVE
    assert "NOT SEEN: 4" in answer.headline


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("harnesses", Subject.HARNESS),
        ("programs", Subject.PROGRAM),
        ("models", Subject.MODEL_CONNECTION),
        ("local_ports", Subject.LISTENER),
        ("mcp_servers", Subject.MCP_SERVER),
        ("skills", Subject.SKILL),
    ],
)
def test_each_kind_that_is_not_declared_is_a_difference(key: str, subject: Subject) -> None:
    declared = DECLARED.model_copy(update={key: ()})
    assert list_subjects(SEEN, declared) == [(subject, True)]
    assert build_answer(SEEN, compare(SEEN, declared, all_programs=False), declared).exit is Exit.NO


def test_an_mcp_process_without_a_configuration_is_always_a_difference() -> None:
    assert list_subjects(INVENTORY) == [(Subject.MCP_PROCESS, True)]


def test_a_server_of_the_class_that_a_gateway_starts_is_no_difference() -> None:
    server = DeclaredServer(name="notes", command=("/usr/bin/python3", "notes.py"))
    declared = DECLARED.model_copy(update={"mcp_servers": (*DECLARED.mcp_servers, server)})
    running = replace(PROCESS, pid=9, program="/usr/bin/python3", marks=(Mark.MCP,))
    found = replace(INVENTORY, processes=(PROCESS, running))
    assert list_subjects(found, declared) == []
    other = DeclaredServer(name="notes", command=("/usr/bin/python3", "notes.py", "--all"))
    changed = DECLARED.model_copy(update={"mcp_servers": (*DECLARED.mcp_servers, other)})
    assert list_subjects(found, changed) == [(Subject.MCP_PROCESS, True)]
    assert list_subjects(replace(found, processes=(replace(running, marks=(Mark.CHILD,)),)), changed)[0][0] is Subject.MCP_PROCESS
    assert [one.subject for one in compare(found, DECLARED, all_programs=False)] == [Subject.MCP_PROCESS, Subject.PROGRAM]


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"command": ("mcp-files", "--root", "/")}, Subject.MCP_SERVER),
        ({"command": (), "url": "https://mcp.example.com/mcp"}, Subject.MCP_SERVER),
        ({"tools": ("read", "write")}, Subject.TOOL),
        ({"name": "Files"}, Subject.MCP_SERVER),
    ],
)
def test_a_server_of_the_same_name_with_another_reach_is_a_difference(changes: dict[str, Any], subject: Subject) -> None:
    assert list_subjects(replace(SEEN, servers=(replace(SERVER, **changes),))) == [(subject, True)]


def test_a_changed_skill_is_a_difference_and_one_without_a_declared_digest_uncertain() -> None:
    changed = replace(SEEN, skills=(replace(SKILL, digest=f"sha256:{'cd' * 32}"),))
    assert list_subjects(changed) == [(Subject.SKILL, True)]
    named = DECLARED.model_copy(update={"skills": (DeclaredSkill(name="pdf"),)})
    assert list_subjects(SEEN, named) == [(Subject.SKILL, False)]
    assert list_subjects(replace(SEEN, skills=(replace(SKILL, digest=""),))) == [(Subject.SKILL, False)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"names": ("models.example.com", "cdn.example.com"), "certainty": Certainty.SHARED}, [False]),
        ({"names": ("models.example.com", "api.openai.com")}, [False]),
        ({"names": ("api.mistral.ai", "api.openai.com")}, [True]),
        ({"names": ("a.example.org", "b.example.org"), "certainty": Certainty.SHARED}, [True]),
        ({"names": (), "endpoint": "", "certainty": Certainty.UNNAMED}, [False]),
        ({"names": (), "endpoint": "Ollama", "port": 11434, "certainty": Certainty.PORT}, [True]),
        ({"names": (), "endpoint": "", "certainty": Certainty.UNNAMED, "address": "10.8.0.9"}, []),
    ],
)
def test_a_connection_that_is_not_known_is_uncertain(changes: dict[str, Any], expected: list[bool]) -> None:
    declared = DECLARED.model_copy(update={"networks": ("10.8.0.0/24",)})
    found = compare(replace(SEEN, connections=(replace(CONNECTION, **changes),)), declared, all_programs=False)
    assert [one.is_certain for one in found] == expected


def test_a_deleted_program_is_not_the_declared_one() -> None:
    found = replace(SEEN, processes=(replace(PROCESS, marks=(Mark.HARNESS, Mark.DELETED)),))
    assert list_subjects(found) == [(Subject.PROGRAM, True)]


def test_processes_of_others_count_only_where_all_do() -> None:
    found = replace(SEEN, processes=(replace(PROCESS, program="/usr/sbin/sshd", marks=(Mark.CONTAINED,)),))
    assert list_subjects(found) == []
    assert [one.subject for one in compare(found, DECLARED, all_programs=True)] == [Subject.PROGRAM]


def test_a_listener_without_a_known_port_is_no_difference() -> None:
    assert list_subjects(replace(SEEN, listeners=(replace(LISTENER, port=9999, title=""),))) == []


def test_a_denied_name_is_denied_although_a_pattern_permits_it() -> None:
    declared = Declared(models=("*.openai.com",), denied_models=("api.openai.com",))
    assert is_permitted("eu.openai.com", declared)
    assert not is_permitted("api.openai.com", declared)
    assert not is_permitted("example.com", declared)


@pytest.mark.parametrize("stack", ["coding-enforce", "research-enforce", "locked-down-enforce"])
def test_a_stack_declares_its_class(stack: str, tmp_path: Path) -> None:
    library = load_library()
    spec = read_stack(stack, None, REPOSITORY, library)
    declared = declare_stack(spec, library)
    assert declared.agent_class == spec.preset.name
    assert spec.harness.value in declared.harnesses
    assert is_permitted("integrate.api.nvidia.com", declared) == ("integrate.api.nvidia.com" in declared.models)
    assert not is_permitted("api.x.ai", declared)
    (tmp_path / "declared.json").write_text(format_declared(declared))
    assert read_declared(tmp_path / "declared.json") == declared


def test_a_launcher_profile_is_a_declaration(tmp_path: Path) -> None:
    from containment.queries.render import answer_rendering
    from containment.renderings.kinds import RenderingKind

    library = load_library()
    spec = read_stack("coding-enforce", None, REPOSITORY, library)
    _, text = answer_rendering(RenderingKind.LAUNCHER, spec, library, given=None, name="profile.json", with_schema=False)
    (tmp_path / "profile.json").write_text(text)
    declared = read_declared(tmp_path / "profile.json")
    assert "/usr/bin/git" in declared.programs
    assert is_permitted("github.com", declared)
    assert "nemoclaw" in declared.harnesses


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "schema"),
        ('{"schema": "containment-declared/v2"}', "schema"),
        ('{"schema": "containment-declared/v1", "servers": []}', "servers"),
        ('{"schema": "containment-declared/v1", "mcpServers": [{"name": "a"}]}', "mcpServers.0"),
        ('{"schema": "containment-declared/v1", "models": ["a b"]}', "models.0"),
        ("{", "line 2"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_place(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "declared.json"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_declared(path)


def test_two_declarations_together_deny_what_either_denies() -> None:
    servers = (DeclaredServer(name="web", url="https://mcp.example.com/mcp"),)
    merged = DECLARED.merge(Declared(denied_models=("models.example.com",), mcp_servers=servers))
    assert [one.name for one in merged.mcp_servers] == ["files", "web"]
    assert not is_permitted("models.example.com", merged)
    assert json.loads(format_declared(merged))["stack"] == "coding-enforce"


def test_servers_that_a_class_defines_are_declared() -> None:
    library = load_library()
    spec = read_stack("research-monitor", {}, REPOSITORY, library)
    servers = {one.name: one for one in declare_stack(spec, library).mcp_servers}
    assert servers["search"].url == "https://search-mcp.example.com/mcp"
    assert servers["files"].command[0] == "/usr/local/bin/node"
    assert "read_file" in servers["files"].tools
