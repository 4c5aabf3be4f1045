"""A project folder with stack files, a platform and a fleet.yaml, made for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Write = Callable[..., Path]

SITES: dict[str, Any] = {
    "us": {"account": "aws-us", "region": "us-east-1", "controller": "us.example.com", "cidrs": ["10.64.0.0/12"]},
    "eu": {
        "account": "aws-eu",
        "region": "eu-central-1",
        "controller": "eu.example.com",
        "cidrs": ["10.80.0.0/12"],
        "platform": "platform-eu",
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project without stacks, with a platform for the shipped ones."""
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "Pulumi.platform.yaml").write_text("config: {}\n")
    return tmp_path


@pytest.fixture
def write_stack(project: Path) -> Write:
    """Return a function that writes a stack file from camelCase keys."""

    def write(stack: str, **keys: Any) -> Path:
        values = {key if ":" in key else f"agent-containment:{key}": value for key, value in keys.items()}
        path = project / f"Pulumi.{stack}.yaml"
        path.write_text(yaml.safe_dump({"config": values}))
        return path

    return write


@pytest.fixture
def write_fleet(project: Path) -> Write:
    """Return a function that writes fleet.yaml, and a platform stack per site with attachment points for the named stacks."""

    def write(sites: dict[str, Any] | None = None, points: dict[str, list[str]] | None = None, **more: Any) -> Path:
        path = project / "fleet.yaml"
        path.write_text(yaml.safe_dump({"sites": SITES if sites is None else sites, **more}))
        for platform, stacks in (points or {}).items():
            text = yaml.safe_dump({"config": {"agent-containment-platform:extraStacks": stacks}})
            (project / "platform" / f"Pulumi.{platform}.yaml").write_text(text)
        return path

    return write
