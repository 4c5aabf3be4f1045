"""An approval is about one call of an agent over HTTP: not the same call again, not another argument, not after the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from containment.record.action_entries import ActionRequest
from containment.record.log import verify_log
from tests.containment.approval_page.served import Served, serve
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office
from tests.containment.tools.served_agents import Agent, Place, run_agent
from tests.support.browser import MISSING, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))
LATE = timedelta(minutes=31)
"""More than a deployment waits."""


class Person:
    """A person at the page, in Chromium."""

    def __init__(self, tab: Page, served: Served) -> None:
        """Open the session."""
        self.tab, self.served = tab, served
        tab.goto(served.opened.page.link)
        tab.get_by_role("button", name="Open the session").click()

    def open(self, request: ActionRequest) -> None:
        """Open the page of one request."""
        self.tab.goto(f"{self.served.origin}{self.served.path}/action/{request.request}")

    def approve(self, request: ActionRequest) -> str:
        """Approve one request and return the page that follows."""
        self.open(request)
        self.tab.get_by_role("link", name="Approve this action").click()
        self.tab.get_by_role("button", name="Sign my").click()
        return self.tab.inner_text("body")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "room").mkdir()
    return Place(Room(Office(tmp_path / "room"), now=datetime.now(UTC).replace(microsecond=0)), tmp_path / "done")


@pytest.fixture
def person(place: Place) -> Iterator[Person]:
    with serve(place.room.office) as served, chromium() as browser:
        yield Person(browser.new_page(), served)


def test_the_approved_call_again_is_refused_in_every_form(place: Place, person: Person) -> None:
    """The same call, the same call that names its approval, and the same bytes on the wire: each waits, and silence refuses it."""
    found: list[str] = []

    async def work(agent: Agent) -> None:
        found.append(await agent.call("deploy", 4))
        first = place.list_cases()[0]
        found.append(await agent.call("deploy", 4))
        found.append(await agent.call("deploy", 4, {"reference": "decisions/log.jsonl:3", "approval": first.request.request}))
        found.append(await agent.send_again(agent.wire.sent[0], 2))

    with run_agent(place, work):
        person.approve(place.wait_for_request(1))
        for number in (2, 3):
            place.wait_for_request(number)
            place.ahead += LATE
    assert found[0] == "deployed 4"
    assert all(one.startswith("approval-needed: expired") for one in found[1:3]), found
    assert "deployed" not in found[3]
    assert place.read_done() == ["deploy 4"]
    assert [case.execution is not None for case in place.list_cases()][:3] == [True, False, False]
    assert verify_log(place.room.folder) == []


def test_an_approval_permits_no_other_argument(place: Place, person: Person) -> None:
    """Two calls wait, and one is approved: the other one is refused, also when it names the approval of the first."""
    found: dict[int, str] = {}

    async def work(agent: Agent) -> None:
        async def call(number: int) -> None:
            found[number] = await agent.call("deploy", number)

        async with asyncio.TaskGroup() as group:
            group.create_task(call(4))
            await asyncio.to_thread(place.wait_for_request, 1)
            group.create_task(call(5))
        approved = place.list_cases()[0].request
        found[6] = await agent.call("deploy", 6, {"approval": approved.request, "action_digest": approved.action_digest})

    with run_agent(place, work):
        place.wait_for_request(2)
        person.approve(place.wait_for_request(1, 0))
        for _ in range(1200):
            if place.read_done():
                break
            person.tab.wait_for_timeout(50)
        place.ahead += LATE
        place.wait_for_request(3)
        place.ahead += LATE
    assert found[4] == "deployed 4"
    assert all(found[number].startswith("approval-needed: expired") for number in (5, 6)), found
    assert place.read_done() == ["deploy 4"]


def test_an_approval_that_the_gate_sees_after_the_deadline_permits_nothing(place: Place, person: Person) -> None:
    """The person was in time; the gate, which had no time to look, was not."""
    found: list[str] = []

    async def work(agent: Agent) -> None:
        found.append(await agent.call("deploy", 4))

    with run_agent(place, work):
        request = place.wait_for_request(1)
        with place.stopped:
            person.approve(request)
            assert place.list_cases()[0].is_approved, "NOT TESTED: the approval has to be in the record before the deadline"
            place.ahead += LATE
    assert len(found) == 1
    assert found[0].startswith("approval-needed: expired")
    assert place.read_done() == []


def test_a_request_that_expired_cannot_be_approved_on_the_page(place: Place, person: Person) -> None:
    """The page that was opened in time signs nothing afterwards."""
    found: list[str] = []

    async def work(agent: Agent) -> None:
        found.append(await agent.call("deploy", 4))

    with run_agent(place, work):
        request = place.wait_for_request(1)
        person.open(request)
        person.tab.get_by_role("link", name="Approve this action").click()
        place.ahead += LATE
        for _ in range(1200):
            if found:
                break
            person.tab.wait_for_timeout(50)
        person.tab.get_by_role("button", name="Sign my").click()
    assert found[0].startswith("approval-needed: expired")
    assert not place.list_cases()[0].approvals
    assert place.read_done() == []
