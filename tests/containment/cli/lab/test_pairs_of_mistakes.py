"""The commands of the lab that run a program name the mistakes of all their options at once, before anything is made."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.exit_code import Exit

REPOSITORY = Path(__file__).parents[4]
WRONG = {
    "stack": (["--stack", "codng-monitor"], "codng-monitor"),
    "pair": (["-c", "novalue"], "--config 'novalue'"),
    "second pair": (["-c", "=value"], "--config ''"),
    "secret": (["--config-secret", "hidden"], "--config-secret 'hidden'"),
}


@pytest.mark.parametrize("verb", ["preview", "up", "refresh", "destroy"])
@pytest.mark.parametrize("broken", [*itertools.combinations(WRONG, 1), *itertools.combinations(WRONG, 2)], ids=", ".join)
def test_no_mistake_hides_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, broken: tuple[str, ...]) -> None:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(REPOSITORY)
    words = [word for name in broken for word in WRONG[name][0]]
    done = CliRunner().invoke(build(), ["lab", verb, *([] if "stack" in broken else ["--stack", "coding-monitor"]), *words])
    assert done.exit_code == Exit.USAGE, done.output
    assert [WRONG[name][1] for name in broken if WRONG[name][1] not in done.output] == []
    assert done.output.count("why: ") == done.output.count("fix: ") >= len(broken)
    assert not (tmp_path / "home").exists()
