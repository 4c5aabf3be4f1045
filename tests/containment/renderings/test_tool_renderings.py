"""The Cedar policy and the harness's configuration are proved from their text, and every widening is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from containment.analysis.proofs import ProofStatus
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.renderings.cedar import render_cedar
from containment.renderings.kinds import RenderingKind
from containment.renderings.proofs import RenderingProof
from containment.renderings.render import render
from containment.renderings.tool_servers import find_denied_connections, find_ways_around, is_host_permitted, render_server
from containment.sandbox.profile import parse_profile
from containment.sandbox.section import GrantedEgress, SandboxSection
from containment.tool_scopes.server import ToolServer
from tests.containment.renderings.artifacts import library, prover_of, spec_of

STACK = "coding-enforce"
ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/tools"


def prove(kind: RenderingKind, text: str) -> RenderingProof:
    """Return the only proof of a text."""
    (found,) = prover_of(STACK).prove_rendering(kind, text, "file")
    return found


def render_for(stack: str) -> tuple[ContainmentSpec, Library]:
    """Return the arguments of a rendering."""
    return spec_of(stack), library()


@pytest.mark.parametrize("gateway", ["local", ARN])
def test_the_policy_is_proved_for_every_gateway(gateway: str) -> None:
    assert prove(RenderingKind.CEDAR, render_cedar(*render_for(STACK), gateway)).verdict is ProofStatus.PROVED


@pytest.mark.parametrize(
    "widen",
    [
        lambda text: text.replace('like "/home/agent/reports/*"', 'like "/home/agent/*"'),
        lambda text: text.replace('principal.getTag("task") == "report"', 'principal.getTag("task") == "code-review"'),
        lambda text: text.replace('principal.hasTag("approval") && principal.getTag("approval") == "deployment" &&\n', ""),
        lambda text: text.replace('principal.getTag("stack") == "coding-enforce"', 'principal.hasTag("stack")'),
        lambda text: text.replace('action == AgentCore::Action::"files___write_file"', "action"),
        lambda text: text.replace('resource == AgentCore::Gateway::"local"', "resource"),
        lambda text: text.replace('["staging", "production"]', '["staging", "production", "other"]'),
        lambda text: text + "\npermit (principal, action, resource);",
        lambda text: text + '\npermit (principal, action == AgentCore::Action::"mail___send", resource) when { true };',
    ],
)
def test_a_wider_policy_is_found(widen: Callable[[str], str]) -> None:
    text = render_cedar(*render_for(STACK))
    changed = widen(text)
    assert changed != text
    found = prove(RenderingKind.CEDAR, changed)
    assert found.verdict is ProofStatus.BROKEN
    assert "permits" in found.shown[0][1]


@pytest.mark.parametrize("text", ["permit (", "permit (principal == ?principal, action, resource);", ""])
def test_a_text_that_is_no_policy_proves_nothing_wider(text: str) -> None:
    found = prove(RenderingKind.CEDAR, text)
    assert (found.verdict is ProofStatus.PROVED) is (text == ""), "an empty policy permits nothing"


def test_a_narrower_policy_is_proved() -> None:
    text = render_cedar(*render_for(STACK))
    narrower = text[: text.index("@id", 1)] + "forbid (principal, action, resource);"
    assert prove(RenderingKind.CEDAR, narrower).verdict is ProofStatus.PROVED


def test_without_cedar_nothing_is_proved_and_the_reason_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containment.extras.find_spec", lambda name: None if name == "cedarpy" else object())
    found = prove(RenderingKind.CEDAR, render_cedar(*render_for(STACK)))
    assert found.verdict is ProofStatus.SKIPPED
    assert "cedarpy" in found.why


def test_the_research_class_leaves_no_shell_and_no_messages_to_the_harness() -> None:
    for harness, names in (("openclaw", {"exec", "process", "message"}), ("hermes", {"terminal", "code_execution", "messaging"})):
        document = json.loads(render(RenderingKind.HARNESS, spec_of("research-enforce", harness), library()))
        key = {"openclaw": ("tools", "deny"), "hermes": ("agent", "disabled_toolsets")}[harness]
        assert names <= {*document[key[0]][key[1]]}


def test_a_built_in_tool_that_is_left_is_found() -> None:
    document = json.loads(render(RenderingKind.HARNESS, spec_of(STACK), library()))
    assert prove(RenderingKind.HARNESS, json.dumps(document)).verdict is ProofStatus.PROVED
    document["tools"]["deny"].remove("exec")
    found = prove(RenderingKind.HARNESS, json.dumps(document))
    assert found.shown == (("tools.deny", "does not deny the built-in tool exec (shell)"),)
    for other in ({}, {"tools": {"deny": "exec"}}, []):
        assert prove(RenderingKind.HARNESS, json.dumps(other)).verdict is ProofStatus.BROKEN


def _get_server(name: str) -> ToolServer:
    return library().tools.servers[name]


def test_a_servers_profile_has_its_own_files_programs_and_no_connection() -> None:
    profile = parse_profile(render_server(_get_server("files"), spec_of(STACK)), "profile")
    assert (profile.programs, profile.egress, profile.tasks) == (("/usr/local/bin/node",), (), ())
    assert profile.harness == "mcp-server files"


def test_a_server_gets_no_connection_that_its_stack_does_not_permit() -> None:
    server = _get_server("files")
    program = server.sandbox.programs[0].model_copy(
        update={"egress": (GrantedEgress(to="wg-approved-saas-apis"), GrantedEgress(to="wg-package-registries"))}
    )
    wide = server.model_copy(update={"sandbox": SandboxSection(programs=(program,))})
    assert not parse_profile(render_server(wide, spec_of("research-enforce")), "profile").egress
    assert parse_profile(render_server(wide, spec_of(STACK)), "profile").egress
    assert find_denied_connections(wide, spec_of(STACK)) == []


def test_a_remote_server_needs_its_host_among_the_stacks_destinations() -> None:
    server = _get_server("search")
    assert not is_host_permitted(server, spec_of("research-enforce"))
    at_a_permitted_host = server.model_copy(update={"url": "https://github.com/mcp"})
    assert is_host_permitted(at_a_permitted_host, spec_of(STACK))
    denied = server.model_copy(update={"url": "https://api.openai.com/mcp"})
    assert not is_host_permitted(denied, replace(spec_of(STACK)))


def test_a_way_past_the_gateway_is_found() -> None:
    """customer-support's own sandbox may connect to its MCP gateways; a server at one of them is reached directly."""
    server = _get_server("search").model_copy(update={"url": "https://mcp.example.com/mcp"})
    spec = spec_of("customer-support-monitor")
    assert "mcp.example.com" in find_ways_around(server, spec, library())[0]
    assert find_ways_around(_get_server("search"), spec, library()) == []
    assert find_ways_around(_get_server("files"), spec, library()) == []
