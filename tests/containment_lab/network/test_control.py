"""A network starts once: one that is too busy to answer still runs, and of several commands at once one starts it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.home_lock import take_lock
from containment_lab.network import control, deployed_host
from containment_lab.network.control import LabNetwork, LabNetworkError, compute_socket_name
from containment_lab.network.marks import compute_code_mark


def test_one_that_listens_and_does_not_answer_runs(tmp_path: Path) -> None:
    world = LabNetwork(LabHome(tmp_path), "dev")
    assert not world.is_running()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(compute_socket_name(world.home, "dev"))
        assert not world.is_running(), "it starts: its socket is there, and it does not listen yet"
        listening.listen()
        assert world.is_running()
        with pytest.raises(LabNetworkError, match=r"dev runs but did not answer within 0\.05 s \(log: .*keeper\.log\)"):
            world.send_command("status", timeout=0.05)


class StartedSupervisor:
    """A supervisor that listens a while after its start, as a real one does, and answers every command with its number."""

    def __init__(self, home: LabHome, number: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.number = number
        self.name = compute_socket_name(home, "dev")
        threading.Thread(target=self._serve, daemon=True).start()

    def poll(self) -> None:
        """Return None: it runs."""

    def _serve(self) -> None:
        time.sleep(0.2)
        with contextlib.suppress(OSError):  # a second one: the name is taken
            self.socket.bind(self.name)
            self.socket.listen()
            while True:
                handle, _ = self.socket.accept()
                with handle:
                    if handle.makefile("rb").readline():
                        status = {"instance": "i-1", "code": compute_code_mark(), "number": self.number}
                        handle.sendall(json.dumps({"ok": status}).encode() + b"\n")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[StartedSupervisor]]:
    """Yield the supervisors that were started, of a stack with one host and in place of real ones."""
    started: list[StartedSupervisor] = []

    def start(*_: Any, **__: Any) -> StartedSupervisor:
        started.append(StartedSupervisor(LabHome(tmp_path), len(started)))
        return started[-1]

    for name, answer in (("require_stack", None), ("require_remembered", None), ("list_missing", [])):
        monkeypatch.setattr(control, name, lambda *_, answer=answer: answer)
    monkeypatch.setattr(deployed_host, "find_target", lambda *_: SimpleNamespace(instance="i-1"))
    monkeypatch.setattr(control, "find_tool", str)
    monkeypatch.setattr(LabNetwork, "_clear", lambda _: None)
    monkeypatch.setattr(control.subprocess, "Popen", start)
    yield started
    for one in started:
        one.socket.close()


def test_two_commands_at_once_start_one_network_and_both_get_it(starts: list[StartedSupervisor], tmp_path: Path) -> None:
    network = LabNetwork(LabHome(tmp_path), "dev")
    with ThreadPoolExecutor(4) as pool:
        found = [each.result() for each in [pool.submit(network.bring_up) for _ in range(4)]]
    assert len(starts) == 1
    assert [one["number"] for one in found] == [0] * 4


def test_a_start_that_fails_frees_the_next_one(starts: list[StartedSupervisor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = LabNetwork(LabHome(tmp_path), "dev")
    with monkeypatch.context() as broken:
        broken.setattr(control, "list_missing", lambda: ["no nft"])
        with pytest.raises(LabNetworkError, match="no nft"):
            network.bring_up()
    assert network.bring_up()["number"] == 0
    assert len(starts) == 1


def test_the_start_of_another_stack_is_not_waited_for(starts: list[StartedSupervisor], tmp_path: Path) -> None:
    network = LabNetwork(LabHome(tmp_path), "dev")
    with take_lock(network.home, "network-other"):
        assert network.bring_up()["number"] == 0
