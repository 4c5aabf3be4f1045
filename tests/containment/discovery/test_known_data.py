"""The reviewed data has every path that the facts about harnesses list, each once, and its names refer to each other."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from containment.discovery.known_data import load_config_files, load_harness_signs, load_model_ports, load_skill_folders

LISTED = (
    "~/.claude.json",
    "~/.claude/settings.json",
    "~/.claude/plugins/cache/**/.mcp.json",
    "<project>/.mcp.json",
    "~/.config/Claude/claude_desktop_config.json",
    "~/.cursor/mcp.json",
    "<project>/.cursor/mcp.json",
    "~/.config/Code/User/settings.json",
    "~/.config/Code/User/mcp.json",
    "~/.vscode/mcp.json",
    "<project>/.vscode/mcp.json",
    "~/.copilot/mcp-config.json",
    "~/.codeium/windsurf/mcp_config.json",
    "~/.gemini/settings.json",
    "~/.gemini/antigravity/mcp_config.json",
    "~/.kiro/settings/mcp.json",
    "~/.aws/amazonq/mcp.json",
    "~/.aws/amazonq/agents/default.json",
    "~/.codex/config.toml",
    "~/.config/opencode/opencode.json",
    "~/.openclaw/openclaw.json",
    "<project>/config/mcporter.json",
    "~/.hermes/config.yaml",
    "<project>/.codex/config.toml",
    "<project>/opencode.json",
)


@pytest.mark.parametrize("path", LISTED)
def test_every_listed_path_is_read(path: str) -> None:
    assert path in {one.path for one in load_config_files()}


def test_no_entry_is_there_twice() -> None:
    folders = [(one.path, one.marker) for one in load_skill_folders()]
    for listed in ([one.path for one in load_config_files()], [one.id for one in load_harness_signs().harnesses], folders):
        assert [one for one, count in Counter(listed).items() if count > 1] == []


def test_harnesses_refer_to_each_other_and_to_runtimes_by_id() -> None:
    signs = load_harness_signs()
    known = {one.id for one in signs.harnesses}
    assert {part for one in signs.harnesses for part in one.runs} <= known
    assert {one.harness for one in load_skill_folders()} <= known
    assert {"node", "python"} <= {one.id for one in signs.runtimes if one.marker}


def test_every_entry_has_a_review_that_is_not_in_the_future() -> None:
    signs = load_harness_signs()
    entries = [*signs.harnesses, *signs.runtimes, *load_config_files(), *load_skill_folders()]
    assert all(date(2026, 1, 1) <= one.reviewed <= date(2026, 12, 31) and one.owner and one.source for one in entries)
    assert {11434, 1234, 4000, 8000, 18789} <= {*load_model_ports()}
