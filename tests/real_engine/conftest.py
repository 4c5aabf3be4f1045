"""The official CLI for tests, and one lab with the program's stacks; each test that has no CLI is skipped with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.lab import Lab
from tests.real_engine import cli
from tests.real_engine.driver import Official, copy_programs, make_tools
from tests.support.warm import interpreter

REASON = "OFFICIAL_PULUMI_UNAVAILABLE"
"""The environment variable by which the runner passes on why there is no CLI."""

LIVES = {
    "life-coding": ("coding-monitor", "10.70.0.0/16"),
    "life-healthcare": ("healthcare-phi-monitor", "10.71.0.0/16"),
}
"""Stacks that live a whole life: the shipped stack that each starts as, whose name would fix its mode, and its own network."""
PLACES = {**LIVES, "life-agents": ("coding-monitor", "10.72.0.0/16")}
"""All further stacks; `test_agents` has one of its own."""


def cli_or_skip() -> Path:
    """Return the official CLI; skip with the reason where there is none."""
    found = cli.find()
    if found is None:
        pytest.skip(os.environ.get(REASON) or "there is no official `pulumi` here: `make real-engine` builds it")
    return found


@pytest.fixture(scope="session")
def pulumi() -> Path:
    """Return the official CLI; skip with the reason where there is none."""
    return cli_or_skip()


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for PATH: the language host, and a Python that starts in milliseconds."""
    folder = tmp_path_factory.mktemp("tools")
    make_tools(folder, interpreter())
    return folder


@pytest.fixture(scope="session")
def official(pulumi: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """Return the CLI on a copy of the program, on the providers of a lab with nothing in it."""
    folder = tmp_path_factory.mktemp("official")
    copy_programs(folder, PLACES)
    with Lab(tmp_path_factory.mktemp("official-lab")) as lab:
        yield Official(pulumi, tools, folder, lab)


@pytest.fixture(scope="session")
def platform(official: Official) -> Official:
    """Return the CLI, the platform up with a place for the further stacks."""
    project = official.folder / "platform"
    official.prepare(project, "platform")
    for number, stack in enumerate(PLACES):
        official.configure(project, "platform", f"extraStacks[{number}]", stack)
    official.up(project, "platform")
    return official
