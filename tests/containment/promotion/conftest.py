"""A project of its own, in which promotions are written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from containment.cli.app import build

ROOT = Path(__file__).parents[3]
OPTIONS = ("--owner", "team crm", "--reason", "Reads tickets.", "--until", "2999-12-31", "--ticket", "T-9")

Run = Callable[..., Result]


def make_project(folder: Path) -> Path:
    shutil.copytree(ROOT / "presets", folder / "presets")
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, folder / path.name)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture
def run(project: Path) -> Run:
    """Return a function that runs a command in the project."""

    def invoke(*arguments: Any) -> Result:
        words = [*map(str, arguments), "-C", str(project)]
        return CliRunner().invoke(build(words), words)

    return invoke
