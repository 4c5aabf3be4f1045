"""A change in a daemon wakes who follows it, and so does a daemon that goes away or comes back; what is unchanged wakes nobody."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pytest

from containment_lab.home import LabHome
from containment_lab.network import deployment_state


class Daemon:
    """What a daemon answers, one answer per question; an error stands for one that is away."""

    def __init__(self) -> None:
        self.answers: queue.Queue[str | Exception] = queue.Queue()
        self.known: list[str] = []

    def version(self, home: LabHome, known: str, seconds: float) -> str:
        self.known.append(known)
        answer = self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_each_change_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment_state, "_PAUSE_SECONDS", 0.0)
    daemon, reported = Daemon(), queue.Queue[str]()
    for answer in ("a-0", "a-0", "a-1", ConnectionRefusedError(), TimeoutError(), ValueError("no JSON"), "b-0", "b-0"):
        daemon.answers.put(answer)
    work = threading.Thread(
        target=deployment_state.follow_version, args=(LabHome(tmp_path), daemon.version, lambda: reported.put("change")), daemon=True
    )
    work.start()
    for _ in range(4):  # a-0, a-1, away, b-0
        assert reported.get(timeout=20) == "change"
    daemon.answers.put("b-1")
    assert reported.get(timeout=20) == "change"
    assert reported.empty()
    assert daemon.known[:9] == ["", "a-0", "a-0", "a-1", "", "", "", "b-0", "b-0"]
