"""The whole way: a client, the gateway, a person at the page in Chromium, a server: an action runs once, and nothing else does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp.shared.exceptions import MCPError

from containment.human_gate.gate import HumanGate
from containment.human_gate.waiting_queue import list_request_files
from containment.record.log import verify_log
from containment.tools.decisions import CallPolicy
from tests.containment.approval_page.served import serve
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office
from tests.containment.tools.gateways import list_pins, make_office, make_office_scope, open_trial
from tests.support.browser import MISSING, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))


class Agent(threading.Thread):
    """An agent that calls its tools one after the other, in a thread of its own."""

    def __init__(self, room: Room, done: Path) -> None:
        """Prepare the calls."""
        super().__init__()
        self.room, self.done = room, done
        self.listed: list[str] = []
        self.answers: list[str] = []

    def run(self) -> None:
        """Call."""
        asyncio.run(self._call())

    async def _call(self) -> None:
        scope = replace(make_office_scope(make_office(list_pins())), stack="coding")
        digest = CallPolicy(scope).digest
        with HumanGate(self.room.folder, stack="coding", agent_class="coding", read_policy=lambda: digest) as gate:
            async with open_trial(scope, "deploying", words=(str(self.done),), gate=gate) as one:
                self.listed = await one.list_names()
                for name, number in (("deploy", 4), ("unlisted", 4), ("deploy", 5)):
                    try:
                        self.answers.append(await one.call(name, number=number))
                    except MCPError as error:
                        self.answers.append(f"{error.data['rule']}: {error.data['detail']}")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[Page, Room]]:
    """Return a tab with the page's session, and the folder of the gate."""
    (tmp_path / "room").mkdir()
    room = Room(Office(tmp_path / "room"), now=datetime.now(UTC).replace(microsecond=0))
    with serve(room.office) as served, chromium() as browser:
        tab = browser.new_page()
        tab.goto(served.opened.page.link)
        tab.get_by_role("button", name="Open the session").click()
        yield tab, room


def test_an_approved_action_runs_once_and_everything_else_is_refused(page: tuple[Page, Room], tmp_path: Path) -> None:
    tab, room = page
    agent = Agent(room, tmp_path / "done")
    agent.start()
    try:
        _decide_next(tab, room, "Approve", {"number": 4})
        while len(agent.answers) < 2:
            tab.wait_for_timeout(50)
        _decide_next(tab, room, "Reject", {"number": 5})
    finally:
        agent.join(60)
    assert agent.listed == ["deploy"]
    assert agent.answers[:2] == ["deployed 4", "unknown-tool: no server of the class has a reviewed tool of this name"]
    assert agent.answers[2].startswith("approval-needed: rejected")
    assert (tmp_path / "done").read_text().splitlines() == ["deploy 4"]
    assert [one for one in room.list_entries() if one.startswith("execution")] == ["execution started", "execution done"]
    assert verify_log(room.folder) == []


def _decide_next(tab: Page, room: Room, verdict: str, arguments: dict[str, int]) -> None:
    """Decide about the action that waits, after it is seen that nothing was executed for it."""
    for _ in range(600):
        if found := [one.request for one in list_request_files(room.folder) if one.request]:
            break
        tab.wait_for_timeout(50)
    assert found[0].action["arguments"] == arguments
    tab.get_by_role("link", name="What waits now" if verdict == "Approve" else "Look again").click()
    tab.get_by_role("link", name=f"{verdict} this action").click()
    if verdict == "Reject":
        tab.get_by_label("Reason").fill("not this release")
    tab.get_by_role("button", name="Sign my").click()
