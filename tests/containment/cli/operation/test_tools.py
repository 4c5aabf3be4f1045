"""`containment tools serve` speaks MCP on stdin and stdout and nothing else; wrong usage is named."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from typer.testing import CliRunner

from containment.cli.app import build
from containment.exit_code import Exit
from tests.support.child import REPOSITORY


def test_a_real_client_is_served_on_standard_input_and_output(tmp_path: Path) -> None:
    words = ["-m", "containment", "tools", "serve", "--stack", "coding-monitor", "--task", "code-review", "--cwd", str(REPOSITORY)]
    words += ["--state-folder", str(tmp_path / "state"), "--event-log", str(tmp_path / "events.jsonl")]

    async def run() -> None:
        server = StdioServerParameters(command=sys.executable, args=words, cwd=REPOSITORY)
        async with Client(server, mode="legacy", cache=None, read_timeout_seconds=60) as client:
            with pytest.raises(MCPError) as caught:
                await client.call_tool("deploy_api", {"service": "shop"})
            assert caught.value.data["rule"] == "tool-not-in-task"
            with pytest.raises(MCPError):
                await client.list_prompts()

    asyncio.run(run())
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(one["unmapped"]["task"], one["unmapped"]["rule"]) for one in events] == [
        ("code-review", "tool-not-in-task"),
        ("code-review", "method-not-served"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--task", "research"], Exit.ERROR, "is no task of coding"),
        (["--task", "report", "--socket", "x", "--port", "0"], Exit.USAGE, "--socket and --port: are both given"),
        (["--task", "report", "--workspace", "file=/tmp"], Exit.ERROR, "name one of files, tests"),
        (["--task", "report", "--socket", str(REPOSITORY / "README.md")], Exit.ERROR, "is a file"),
        (["--task", "report", "--decisions", "/no/such/folder"], Exit.ERROR, "/no/such/folder"),
    ],
)
def test_wrong_usage_is_named(words: list[str], code: Exit, text: str, tmp_path: Path) -> None:
    known = ["--stack", "coding-monitor", "--state-folder", str(tmp_path), "--event-log", str(tmp_path / "log"), "--cwd", str(REPOSITORY)]
    result = CliRunner().invoke(build(["tools"]), ["tools", "serve", *known, *words])
    assert result.exit_code == code, result.output
    assert text in result.output


def test_without_the_extra_the_command_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containment.extras.find_spec", lambda _: None)
    result = CliRunner().invoke(build(["tools"]), ["tools", "serve", "--task", "report"])
    assert result.exit_code == Exit.ERROR
    assert "agent-containment[tools]" in result.output


@pytest.mark.parametrize(("words", "code"), [(["list"], Exit.OK), (["show", "files"], Exit.OK), (["check"], Exit.NO)])
def test_the_other_commands_answer(words: list[str], code: Exit) -> None:
    folder = [] if words[0] == "show" else ["--stack", "coding-monitor", "--cwd", str(REPOSITORY)]
    assert CliRunner().invoke(build(["tools"]), ["tools", *words, *folder]).exit_code == code


def test_cedar_is_rendered_for_a_gateway_on_aws() -> None:
    arn = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/tools"
    known = ["--stack", "research-enforce", "--cwd", str(REPOSITORY), "--gateway", arn]
    assert f'AgentCore::Gateway::"{arn}"' in CliRunner().invoke(build(["render"]), ["render", "--as", "cedar", *known]).output
    assert CliRunner().invoke(build(["render"]), ["render", "--as", "launcher", *known]).exit_code == Exit.ERROR
