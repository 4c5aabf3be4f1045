"""Agent files for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from containment.vending.agent import Agent
from containment.vending.loader import parse_agent
from tests.support.child import REPOSITORY

CONTENT: dict[str, Any] = {
    "stack": "coding-monitor",
    "owner": {"business": "payments-team", "securityApprover": "security-team", "dataSteward": "data-office"},
    "purpose": "Reviews merge requests of the payments service",
    "dataClassification": "internal",
    "until": "2099-03-31",
}


def write_agent(folder: Path, name: str, /, **changed: Any) -> Path:
    """Write an agent file; a key with the value None is left out."""
    content = {key: value for key, value in {**CONTENT, **changed}.items() if value is not None}
    path = folder / "agents" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def make_agent(name: str, /, **changed: Any) -> Agent:
    """Return a valid agent."""
    agent, _, problems = parse_agent(name, {**CONTENT, **changed})
    assert agent is not None, problems
    return agent


def write_stacks(folder: Path, *stacks: str) -> Path:
    """Copy stack files of the repository."""
    for stack in stacks or ("coding-monitor",):
        (folder / f"Pulumi.{stack}.yaml").write_text((REPOSITORY / f"Pulumi.{stack}.yaml").read_text())
    return folder
