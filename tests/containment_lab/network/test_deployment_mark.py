"""A network is up to date while it runs this code and no deployment has written a checkpoint since it read the deployed state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.network.control import LabNetwork, LabNetworkError
from containment_lab.network.marks import compute_code_mark, compute_deployments_mark

DEPLOYED = '{"version": 3, "deployment": {}}'


@pytest.fixture
def home(tmp_path: Path) -> LabHome:
    (tmp_path / "stacks" / "project").mkdir(parents=True)
    return LabHome(tmp_path)


def deploy(home: LabHome, stack: str, text: str) -> None:
    (home.root / "stacks" / "project" / f"{stack}.json").write_text(text)


def test_every_deployment_of_any_stack_changes_the_mark(home: LabHome) -> None:
    seen = {compute_deployments_mark(home)}
    for stack, text in (("one", "{}"), ("two", "{}"), ("one", '{"a": 1}')):
        deploy(home, stack, text)
        seen.add(compute_deployments_mark(home))
    assert len(seen) == 4
    assert compute_deployments_mark(home) in seen


def world(home: LabHome, monkeypatch: pytest.MonkeyPatch, read: str | None, code: str | None = None) -> list[str]:
    """Return what is done to a network that last read these deployments; None: it does not run."""
    done: list[str] = []

    def ask(self: LabNetwork, do: str, timeout: float = 60, **more: Any) -> Any:
        if read is None:
            raise LabNetworkError("does not answer", why="it ended", fix="start it")
        return {"read": read} | ({} if code == "" else {"code": code or compute_code_mark()})

    monkeypatch.setattr(LabNetwork, "send_command", ask)
    monkeypatch.setattr(LabNetwork, "bring_up", lambda self: done.append("up") or {})
    LabNetwork(home, "one").ensure_current()
    return done


def test_one_that_is_up_to_date_is_left_alone(home: LabHome, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(home, "one", DEPLOYED)
    assert world(home, monkeypatch, compute_deployments_mark(home)) == []


@pytest.mark.parametrize("read", ["", "an older mark", None])
def test_one_that_is_not_is_brought_up(home: LabHome, monkeypatch: pytest.MonkeyPatch, read: str | None) -> None:
    deploy(home, "one", DEPLOYED)
    assert world(home, monkeypatch, read) == ["up"]


@pytest.mark.parametrize("code", ["", "of an older release"])
def test_one_that_runs_other_code_is_brought_up(home: LabHome, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    deploy(home, "one", DEPLOYED)
    assert world(home, monkeypatch, compute_deployments_mark(home), code) == ["up"]
