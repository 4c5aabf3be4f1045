"""A folder with stack files, and the command line run in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from containment.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder of the test, which holds coding and locked-down in both modes."""
    for at, (name, mode) in enumerate(itertools.product(("coding", "locked-down"), ("monitor", "enforce"))):
        keys = {"agentClass": name, "policyMode": mode, "vpcCidr": f"10.{42 + at}.0.0/16"}
        text = "config:\n" + "".join(f"  agent-containment:{key}: {value}\n" for key, value in keys.items())
        (tmp_path / f"Pulumi.{name}-{mode}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke
