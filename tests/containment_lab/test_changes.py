"""A version is answered once it is another, from a thread or a loop, without polling; a process that ends keeps no question waiting."""

from __future__ import annotations

import asyncio
import threading

import pytest

from containment_lab.changes import Changes

LONG = 30.0


def later(work: object, seconds: float = 0.05) -> None:
    threading.Timer(seconds, work).start()  # type: ignore[arg-type]


def test_a_version_that_is_not_known_is_answered_at_once() -> None:
    changes = Changes()
    assert changes.wait("", LONG) == changes.version
    assert changes.wait("of-another-process-0", LONG) == changes.version
    assert asyncio.run(changes.wait_async("", LONG)) == changes.version


@pytest.mark.parametrize("asynchronous", [False, True], ids=["thread", "loop"])
def test_a_change_ends_the_wait(asynchronous: bool) -> None:
    changes = Changes()
    known = changes.version
    later(changes.record_change)
    found = asyncio.run(changes.wait_async(known, LONG)) if asynchronous else changes.wait(known, LONG)
    assert found == changes.version != known


@pytest.mark.parametrize("asynchronous", [False, True], ids=["thread", "loop"])
def test_without_a_change_the_known_version_is_answered_when_the_time_is_over(asynchronous: bool) -> None:
    changes = Changes()
    known = changes.version
    assert (asyncio.run(changes.wait_async(known, 0.05)) if asynchronous else changes.wait(known, 0.05)) == known


def test_the_end_of_the_process_ends_every_wait() -> None:
    changes = Changes()
    known = changes.version
    later(changes.close)

    async def both() -> list[str]:
        return await asyncio.wait_for(
            asyncio.gather(changes.wait_async(known, LONG), asyncio.to_thread(changes.wait, known, LONG)), LONG / 2
        )

    assert asyncio.run(both()) == [known, known]


def test_a_change_that_comes_between_two_questions_is_not_lost() -> None:
    changes = Changes()
    known = changes.version
    changes.record_change()
    assert changes.wait(known, LONG) != known


def test_two_processes_have_no_version_in_common() -> None:
    assert Changes().version != Changes().version
