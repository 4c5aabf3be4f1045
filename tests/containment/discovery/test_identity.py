"""What a command line runs is found by script, package and module, whatever the program is called."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from containment.discovery.files import OWN_ROOT
from containment.discovery.identity import Identifier, find_launched_package, has_same_command
from containment.discovery.known_data import load_harness_signs


@pytest.fixture
def identifier() -> Identifier:
    return Identifier(signs=load_harness_signs())


def find_harness(identifier: Identifier, words: Sequence[str], folder: str = "/", program: str = "") -> str | None:
    found = identifier.find_harness(identifier.identify(words, folder, OWN_ROOT, program))
    return found[0].id if found else None


@pytest.mark.parametrize(
    ("words", "harness"),
    [
        (["/usr/local/bin/openclaw", "gateway", "run"], "openclaw"),
        (["openclaw-gateway"], "openclaw"),
        (["npx", "-y", "@openai/codex@latest", "exec"], "codex"),
        (["npm", "exec", "--", "@google/gemini-cli"], "gemini-cli"),
        (["uvx", "--from", "aider-chat", "aider"], "aider"),
        (["python3.11", "-m", "hermes_cli.main", "chat"], "hermes"),
        (["/opt/venv/bin/python", "-u", "/opt/venv/bin/hermes", "gateway"], "hermes"),
        (["env", "KEY=1", "claude", "-p", "fix it"], "claude-code"),
        (["sudo", "-E", "opencode"], "opencode"),
        (["/usr/bin/vim", "/srv/openclaw/openclaw.mjs"], None),
        (["grep", "-r", "openclaw", "."], None),
        (["/usr/bin/node", "/srv/app/server.js"], None),
        ([], None),
    ],
)
def test_a_harness_is_found_by_what_runs_and_not_by_other_arguments(identifier: Identifier, words: list[str], harness: str | None) -> None:
    assert find_harness(identifier, words) == harness


def test_a_package_is_found_beside_a_script_through_links(identifier: Identifier, tmp_path: Path) -> None:
    package = tmp_path / "lib" / "node_modules" / "@anthropic-ai" / "claude-code"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "@anthropic-ai/claude-code"}))
    (package / "start.js").write_text("")
    (tmp_path / "run").symlink_to(package / "start.js")
    assert find_harness(identifier, ["node", "--max-old-space-size=512", "-r", "x", str(tmp_path / "run")]) == "claude-code"
    assert find_harness(identifier, ["node", "./run"], str(tmp_path)) == "claude-code"


def test_a_renamed_runtime_is_found_by_its_content(identifier: Identifier, tmp_path: Path) -> None:
    copy = tmp_path / "backup"
    shutil.copy(Path(sys.executable).resolve(), copy)
    found = identifier.identify([str(copy), "-c", "pass"], "/", OWN_ROOT, str(copy), str(copy))
    assert (found.runtime, found.is_renamed, found.code_at) == ("python", True, 2)
    other = identifier.identify(["/bin/sleep", "1"], "/", OWN_ROOT, "/bin/sleep", "/bin/sleep")
    assert (other.runtime, other.is_renamed) == ("", False)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["python3", "-c", "pass"], 2),
        (["python3", "-Bc", "pass"], 2),
        (["python3", "-W", "ignore", "-c", "pass"], 4),
        (["node", "-e", "0"], 2),
        (["node", "--eval=0"], 1),
        (["env", "A=1", "python3", "-c", "pass"], 4),
        (["python3", "server.py", "-c", "x"], None),
    ],
)
def test_code_on_the_command_line_has_its_place(identifier: Identifier, words: list[str], place: int | None) -> None:
    assert identifier.identify(words, "/").code_at == place


@pytest.mark.parametrize(
    ("words", "package"),
    [
        (["npx", "-y", "@modelcontextprotocol/server-git@1.2", "/srv"], "@modelcontextprotocol/server-git"),
        (["npx", "--package=mcp-tool", "start"], "mcp-tool"),
        (["uv", "tool", "run", "mcp-server-time==1.0"], "mcp-server-time"),
        (["pipx", "run", "mcp-server-fetch"], "mcp-server-fetch"),
        (["npm", "install", "left-pad"], None),
        (["npx"], None),
    ],
)
def test_a_launcher_runs_a_package(words: list[str], package: str | None) -> None:
    assert find_launched_package(words) == package


@pytest.mark.parametrize(
    ("words", "is_server"),
    [
        (["npx", "-y", "@modelcontextprotocol/server-filesystem", "/"], True),
        (["uvx", "mcp-server-git"], True),
        (["python3", "-m", "mcp_server_time"], True),
        (["/opt/tools/github-mcp-server", "stdio"], True),
        (["python3", "-c", "from mcp.server import Server"], True),
        (["python3", "-c", "print('mcp')"], False),
        (["/usr/bin/python3", "-m", "http.server"], False),
        (["/usr/sbin/dhcpd"], False),
    ],
)
def test_an_mcp_server_is_found_by_name_or_library(identifier: Identifier, words: list[str], is_server: bool) -> None:
    found = identifier.find_mcp_evidence(identifier.identify(words, "/"), words, OWN_ROOT)
    assert bool(found) is is_server


def test_commands_are_equal_whatever_path_their_program_has() -> None:
    assert has_same_command(["/usr/bin/python3", "a.py"], ["python3", "a.py"])
    assert not has_same_command(["python3", "a.py"], ["python3", "a.py", "--all"])
    assert not has_same_command([], [])
