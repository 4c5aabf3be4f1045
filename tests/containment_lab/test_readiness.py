"""A check that fails or times out means "not ready yet"; only the deadline or the end of a process is an error, and it is a clear one."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from containment_lab.readiness import NotReadyError, Readiness


def after(failures: list[Exception]) -> Callable[[], bool]:
    """Return a check that raises some errors, one per call, and then succeeds."""
    left = list(failures)

    def check() -> bool:
        if left:
            raise left.pop(0)
        return True

    return check


FAILURES = [TimeoutError("timed out"), ConnectionRefusedError(), http.client.BadStatusLine(""), socket.gaierror(), BrokenPipeError()]


def test_a_check_that_fails_or_times_out_is_repeated(tmp_path: Path) -> None:
    check = after(FAILURES)
    Readiness(what="Envoy", log=tmp_path / "log", is_ready=check, is_alive=lambda: True).wait()
    assert check() is True


def test_the_wait_in_an_event_loop_is_the_same(tmp_path: Path) -> None:
    check = after(FAILURES)
    asyncio.run(Readiness(what="Envoy", log=tmp_path / "log", is_ready=check, is_alive=lambda: True).wait_async())
    never = Readiness(what="Envoy", log=tmp_path / "log", is_ready=lambda: False, is_alive=lambda: True, seconds=0)
    with pytest.raises(NotReadyError, match="Envoy is not ready"):
        asyncio.run(never.wait_async())


def test_at_the_deadline_the_error_names_process_deadline_reason_and_log(tmp_path: Path) -> None:
    log = tmp_path / "gateway.err"
    log.write_text("first\n\nloading\nbusy\nstill busy\n")

    def busy() -> bool:
        raise TimeoutError("timed out")

    with pytest.raises(NotReadyError) as caught:
        Readiness(what="Envoy with the new rules", log=log, is_ready=busy, is_alive=lambda: True, seconds=0.05).wait()
    expected = "Envoy with the new rules is not ready after 0.05 s: last check: timed out; loading; busy; still busy"
    assert caught.value.what == f"{expected} (log: {log})"
    assert str(log) in caught.value.fix


def test_a_process_that_ends_is_an_error_at_once(tmp_path: Path) -> None:
    log = tmp_path / "cloud.log"
    with pytest.raises(NotReadyError) as caught:
        Readiness(what="the cloud", log=log, is_ready=lambda: False, is_alive=lambda: False).wait()
    assert caught.value.what == f"the cloud ended before it was ready: its log is empty (log: {log})"


def test_an_error_that_no_waiting_mends_is_raised(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="refuses"):
        Readiness(what="x", log=tmp_path / "log", is_ready=after([RuntimeError("Envoy refuses")]), is_alive=lambda: True).wait()
