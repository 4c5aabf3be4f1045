"""A folder with stack files, and the command line run in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from containment.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder of the test, which holds coding and locked-down in both modes."""
    for name in ("coding", "locked-down"):
        for mode in ("monitor", "enforce"):
            text = f"config:\n  agent-containment:agentClass: {name}\n  agent-containment:policyMode: {mode}\n"
            (tmp_path / f"Pulumi.{name}-{mode}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke
