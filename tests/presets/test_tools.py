"""The shipped tasks are the published table, no task has a shell or mail, and contradictions in the files are found by place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from containment.loaders.presets import PresetsError, load_library
from containment.tool_scopes.kinds import Capability, Reach
from tests.containment.renderings.artifacts import library
from tests.support.child import REPOSITORY

TABLE = {
    "research": (["web_search", "read_file"], False),
    "code-review": (["read_file", "run_tests"], False),
    "report": (["read_file", "write_file"], False),
    "deployment": (["deploy_api"], True),
}


def test_the_tasks_are_the_published_table() -> None:
    assert {name: ([*task.tools], task.hitl) for name, task in library().tools.tasks.items()} == TABLE


def test_no_task_has_a_shell_mail_or_messages() -> None:
    tools = library().tools
    for task in tools.tasks.values():
        assert not {*task.built_in} & {Capability.SHELL, Capability.MESSAGES}
    assert not any(entry.kind is Reach.MAIL for server in tools.servers.values() for entry in server.reaches)


def _copy(tmp_path: Path, file: str, old: str, new: str) -> Path:
    folder = tmp_path / "presets"
    shutil.copytree(REPOSITORY / "presets", folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return folder


FILES = "tools/servers/files.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "words"),
    [
        ("research.yaml", "servers: [search, files]", "servers: [serch, files]", "research.yaml:tools.servers.0", "name search"),
        ("research.yaml", "tasks: [research, report]", "tasks: [research, reports]", "research.yaml:tools.tasks.1", "name report"),
        ("research.yaml", "servers: [search, files]", "servers: [files]", "research.yaml:tools.tasks", "web_search is of no server"),
        ("tools/tasks.yaml", "hitl: true", "hitl: false", "tasks.yaml:tasks.deployment.hitl", "set hitl: true"),
        ("tools/tasks.yaml", "hitl: false", "hitl: true", "tasks.yaml:tasks.research.hitl", "or hitl: false"),
        (FILES, "name: write_file", "name: read_fi1e", "coding.yaml:tools.servers", "looks like read_file"),
        (FILES, "name: write_file", "name: read-file", "research.yaml:tools.servers", "looks like read_file"),
        (FILES, "name: write_file", "name: wr\u0456te_file", f"{FILES}:tools.1.name", "ASCII"),
        (FILES, "within: [/home/agent]", "within: [/home/agent/../..]", f"{FILES}:tools.0.arguments.path.within.0", "one folder"),
        (FILES, "within: [/home/agent]", "within: []", f"{FILES}:tools.0.arguments.path", "without `within`"),
        (FILES, "{type: string, required: true}", "{type: string, within: [/x]}", f"{FILES}:tools.1.arguments.content", "the limit within"),
        (FILES, "command: [/usr/local/bin/node", "command: [node", f"{FILES}:command", "/usr/bin/node"),
        (FILES, "command: [/usr/local/bin/node", "command: [/usr/bin/deno", f"{FILES}:", "add /usr/bin/deno to sandbox.programs"),
        (FILES, "path: /opt/mcp/files\n", "path: /root/.ssh\n", f"{FILES}:sandbox.read.1.path", "/root"),
        ("tools/servers/search.yaml", "https://search-mcp", "http://search-mcp", "search.yaml:url", "https://search-mcp.example.com/mcp"),
        ("tools/servers/search.yaml", "https://search-mcp", "https://user@search-mcp", "search.yaml:url", "without a user"),
        ("tools/servers/search.yaml", "https://search-mcp", "https://*", "search.yaml:url", "host"),
        ("tools/servers/search.yaml", "maximum: 20", "maximum: 0", "search.yaml:tools.0.arguments.count", "minimum above"),
        (
            "tools/servers/search.yaml",
            "query: {type: string, required: true}",
            'query: {type: string, like: ["https://*.example.com/*"]}',
            "search.yaml:tools.0.arguments.query.like.0",
            "host of a URL",
        ),
        ("tools/harnesses.yaml", "  hermes:", "  hermess:", "harnesses.yaml:harnesses", "add hermes"),
    ],
)
def test_a_contradiction_is_found_by_its_place(tmp_path: Path, file: str, old: str, new: str, where: str, words: str) -> None:
    with pytest.raises(PresetsError) as caught:
        load_library(_copy(tmp_path, file, old, new))
    assert any(where in one.where and words in str(one) for one in caught.value.problems), str(caught.value)
