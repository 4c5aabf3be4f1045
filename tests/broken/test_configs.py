"""A hundred broken configurations: each is told by key, value and fix, on the command line and by the program, and registers nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import containment.loaders.stack_file
from containment.cli.app import build
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.loaders.presets import load_library
from tests.broken.tables import read

ROOT = Path(__file__).parents[2]
TABLES: dict[str, list[dict[str, Any]]] = read("configs.yaml")
ROWS = [*TABLES["values"], *TABLES["between"]]
AS_TEXT = [row for row in ROWS if not any(value is None or isinstance(value, float) for value in row["config"].values())]
"""Rows that stack configuration, which is text, can hold: `null` and `9.0` are texts there like others."""
BY_HAND = [row for row in AS_TEXT if all(row["config"]) and row["key"] != "agentImageId"]
"""Rows that `containment plan --config KEY=VALUE` can say; only a deployment needs the image."""
QUIET = {"syslogCaCertificate"}
"""Keys whose value a message never quotes."""
LIBRARY = load_library()
APP = build(["plan"])

PROGRAM = """
import json, runpy, sys
import pulumi
from pulumi.runtime.settings import get_monitor
import containment.loaders.stack_file
from containment.loaders.presets import load_library

library = load_library()
containment.loaders.stack_file.load_library = lambda: library  # read once for all rows

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", args.inputs

    def call(self, args):
        return {}

for line in sys.stdin:
    task = json.loads(line)
    pulumi.runtime.set_mocks(Mocks(), project="agent-containment", stack="made-up")
    pulumi.runtime.set_all_config(task)
    error = None

    @pulumi.runtime.test
    def program():
        runpy.run_path(sys.argv[1])

    try:
        program()
    except pulumi.RunError as raised:
        error = str(raised)
    made = [urn for urn in get_monitor().get_registered_resources() if "pulumi:pulumi:Stack" not in urn]
    print(json.dumps({"error": error, "made": made}), flush=True)
"""


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def as_words(row: dict[str, Any]) -> list[str]:
    base = {"agentImageId": "ami-0123456789abcdef0", "awsAccessAccount": "lab"}
    given = {**base, **row["config"]}
    return [word for key, value in given.items() for word in ("--config", f"{key}={text(value)}")]


def named(row: dict[str, Any]) -> str:
    return f"{row['key']}={json.dumps(row['config'])[:40]}"


def test_there_are_a_hundred_for_every_kind_of_key() -> None:
    assert len(ROWS) >= 100
    assert len({json.dumps(row["config"], sort_keys=True) for row in ROWS}) == len(ROWS)
    switches = {get_alias(name) for name, field in StackConfig.model_fields.items() if field.annotation is bool}
    assert {get_alias(name) for name in StackConfig.model_fields} - switches - {row["key"] for row in ROWS} == set()


@pytest.mark.slow
@pytest.mark.parametrize("row", BY_HAND, ids=named)
def test_the_command_line_reports_it_and_ends_with_an_error(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(containment.loaders.stack_file, "load_library", lambda: LIBRARY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.made-up.yaml").write_text("config: {}\n")
    said = CliRunner().invoke(APP, ["plan", "--stack", "made-up", *as_words(row)])
    assert said.exit_code == 1, said.output
    assert isinstance(said.exception, SystemExit)
    assert "Traceback" not in said.output
    place = f"-c {row['key']}=" if row["key"] in row["config"] else f"Pulumi.made-up.yaml:{row['key']}: "
    assert place in said.output
    assert said.output.count("      why: ") == said.output.count("      fix: ") >= 1


@pytest.mark.parametrize("row", [row for row in TABLES["values"] if row["key"] not in QUIET], ids=named)
def test_the_value_that_is_wrong_is_shown(row: dict[str, Any]) -> None:
    from tests.containment.config.test_stack_config import refused

    value = row["config"][row["key"]]
    said = " ".join(problem.what for problem in refused(LIBRARY, row["config"]))
    parts = _leaves(value)
    assert value in (None, "", [], {}) or any(part in said for part in parts) or row["says"] in said


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield json.dumps(value)
        yield str(value)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Run the program, on mocks, with every row in one process."""
    keys = "agent-containment:{}".format
    base = {"aviatrix:controllerIp": "192.0.2.1", "aviatrix:username": "admin", "aviatrix:password": "x", keys("awsAccessAccount"): "lab"}
    base[keys("agentImageId")] = "ami-0123456789abcdef0"
    tasks = [{**base, **{keys(key): text(value) for key, value in row["config"].items()}} for row in AS_TEXT]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT / "__main__.py")],
        input="".join(json.dumps(task) + "\n" for task in tasks),
        capture_output=True,
        text=True,
        cwd=tmp_path_factory.mktemp("no-other-stacks"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.slow
def test_the_program_stops_with_the_same_words_before_anything_is_registered(told: list[dict[str, Any]]) -> None:
    assert len(told) == len(AS_TEXT) >= 100
    for row, answer in zip(AS_TEXT, told, strict=True):
        assert answer["error"], f"{named(row)} was taken"
        assert f":{row['key']}: " in answer["error"], named(row)
        assert "      fix: " in answer["error"]
        assert answer["made"] == [], f"{named(row)} registered {answer['made']}"
