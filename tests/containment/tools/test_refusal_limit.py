"""A flood of refused calls stops at its own gateway: bounded decisions, bounded log, bounded requests, and no other agent notices."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from containment.human_gate.gate import Clocks, HumanGate
from containment.human_gate.rules import load_gate_rules
from containment.human_gate.waiting_queue import list_request_files
from containment.renderings.tool_servers import build_tool_scope
from containment.tool_scopes.kinds import Rule
from containment.tool_scopes.tasks import ToolSection
from containment.tools.action_gate import DenyingGate
from containment.tools.assembly import build_gateway
from containment.tools.confined import Places
from containment.tools.decisions import CallPolicy
from containment.tools.events import ToolEvents
from containment.tools.processes import run_server
from containment.tools.refusal_limit import RefusalLimit
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office
from tests.containment.renderings.artifacts import library, spec_of
from tests.containment.tools.gateways import LIMITS, ListSink, Trial, list_pins, make_office, make_office_scope, open_trial
from tests.containment.tools.test_transports import make_gateway, serve_gateway

MOST = 5
FLOOD = 200
BOUND = replace(LIMITS, refusals=MOST)


async def _flood(one: Trial, count: int = FLOOD) -> Counter[str]:
    """Call a tool that no server has, again and again."""
    return Counter([(await one.refuse("rm")).data["rule"] for _ in range(count)])


def _run(trial: Any, tmp_path: Path, task: str = "adding", **options: Any) -> Any:
    async def run() -> Any:
        scope = make_office_scope(make_office(list_pins()))
        async with open_trial(scope, task, words=(str(tmp_path / "done"),), **{"limits": BOUND, **options}) as one:
            return await trial(one)

    return asyncio.run(run())


def test_a_flood_gets_no_decisions_and_says_so(tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        assert await _flood(one) == {"unknown-tool": MOST, "too-many-refusals": FLOOD - MOST}
        error = await one.refuse("add", first=1, second=2)
        assert error.data["rule"] == "too-many-refusals"
        assert f"{MOST} requests of this agent were refused within 60 s" in error.message
        assert "wait as long as it says" in error.message
        with pytest.raises(MCPError):
            await one.client.list_tools()

    _run(trial, tmp_path)
    assert not (tmp_path / "done").exists()


def test_the_log_has_the_flood_in_two_events(tmp_path: Path) -> None:
    logs = []

    async def trial(one: Trial) -> None:
        logs.append(one.log)
        await _flood(one)
        assert one.log.get_outcomes() == [("refused", "unknown-tool")] * MOST + [("refused", "too-many-refusals")]

    _run(trial, tmp_path)
    assert logs[0].get_outcomes()[MOST:] == [("refused", "too-many-refusals")] * 2
    assert logs[0].events[-1]["unmapped"]["requests"] == FLOOD - MOST - 1


def test_refusals_below_the_bound_stop_nothing(tmp_path: Path) -> None:
    """The control: without the flood the same calls are decided."""

    async def trial(one: Trial) -> None:
        await _flood(one, MOST - 1)
        assert [await one.call("add", first=1, second=number) for number in range(MOST * 2)] == [str(1 + n) for n in range(MOST * 2)]

    _run(trial, tmp_path)


def test_another_agent_goes_on(tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        async with open_trial(make_office_scope(make_office(list_pins())), "adding", limits=BOUND) as other:
            await _flood(one)
            assert await other.call("add", first=1, second=2) == "3"

    _run(trial, tmp_path)


def test_methods_that_are_not_served_count_too(tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        for _ in range(MOST):
            with pytest.raises(MCPError):
                await one.client.list_prompts()
        assert (await one.refuse("add", first=1)).data["rule"] == "too-many-refusals"

    _run(trial, tmp_path)


def test_a_new_connection_does_not_end_the_pause() -> None:
    async def run() -> list[str]:
        office = make_office(list_pins())
        assert office.command
        scope = make_office_scope(office)
        gateway = make_gateway(partial(run_server, office.command, LIMITS.message), office, scope, "adding", BOUND)
        found = []
        async with serve_gateway(gateway) as address:
            for _ in range(MOST + 1):
                async with Client(address, mode="legacy", cache=None) as client:
                    with pytest.raises(MCPError) as caught:
                        await client.call_tool("rm", {})
                    found.append(caught.value.data["rule"])
        return found

    assert asyncio.run(run()) == ["unknown-tool"] * MOST + ["too-many-refusals"]


def _open_gate(room: Room, digest: str) -> HumanGate:
    clocks = Clocks(wall=lambda: room.now, poll=0.01)
    return HumanGate(room.folder, stack="coding", agent_class="coding", read_policy=lambda: digest, clocks=clocks)


def _make_room(folder: Path) -> Room:
    folder.mkdir()
    return Room(Office(folder))


def test_a_flood_of_actions_fills_a_part_of_one_list_only(tmp_path: Path) -> None:
    """As many wait as the reviewed rules have; the rest is refused, and the agent next to it can ask its own person."""
    rooms = [_make_room(tmp_path / name) for name in ("flooded", "other")]
    scope = replace(make_office_scope(make_office(list_pins())), stack="coding")
    most = load_gate_rules().most_waiting
    limits = replace(LIMITS, refusals=100, calls=100)

    async def run() -> list[Any]:
        digest = CallPolicy(scope).digest
        with _open_gate(rooms[0], digest) as first, _open_gate(rooms[1], digest) as second:
            async with (
                open_trial(scope, "deploying", gate=first, limits=limits) as one,
                open_trial(scope, "deploying", gate=second, limits=limits) as other,
            ):
                calls = [asyncio.ensure_future(one.client.call_tool("deploy", {"number": number})) for number in range(most + 8)]
                while sum(call.done() for call in calls) < 8:
                    await asyncio.sleep(0.02)
                assert len(list_request_files(rooms[0].folder)) == most
                decided = asyncio.ensure_future(other.call("deploy", number=1))
                while not (found := [file.request for file in list_request_files(rooms[1].folder) if file.request]):
                    await asyncio.sleep(0.02)
                rooms[1].decide(found[0])
                assert await decided == "deployed 1"
                refused = [call.exception() for call in calls if call.done()]
                for call in calls:
                    call.cancel()
                return refused

    refused = asyncio.run(run())
    assert [error.data["detail"].partition(":")[0] for error in refused] == ["too-many-waiting"] * 8


def test_actions_that_the_agent_asks_for_and_leaves_count(tmp_path: Path) -> None:
    """A request that is withdrawn at once would otherwise flicker on the list for ever."""
    room = _make_room(tmp_path / "room")
    scope = replace(make_office_scope(make_office(list_pins())), stack="coding")

    async def run() -> str:
        with _open_gate(room, CallPolicy(scope).digest) as gate:
            async with open_trial(scope, "deploying", gate=gate, limits=BOUND) as one:
                for number in range(MOST):
                    call = asyncio.ensure_future(one.client.call_tool("deploy", {"number": number}))
                    while not list_request_files(room.folder):
                        await asyncio.sleep(0.01)
                    call.cancel()
                    while list_request_files(room.folder):
                        await asyncio.sleep(0.01)
                error = await asyncio.wait_for(one.refuse("deploy", number=9), 60)  # without the bound it would wait for a person
                return str(error.data["rule"])

    assert asyncio.run(run()) == "too-many-refusals"
    assert room.list_entries() == ["action-request", "refusal withdrawn"] * MOST


def test_a_pause_ends_by_itself_whatever_was_asked_meanwhile() -> None:
    log, now = ListSink(), [1000.0]
    events = ToolEvents(sink=log, stack="coding", agent_class="coding", task="adding", policy_digest="sha256:0")
    limit = RefusalLimit(2, events, lambda: now[0])
    for moment, is_refused, is_paused in (
        (0, True, False),
        (10, True, False),
        (11, False, True),
        (59, False, True),
        (60, True, False),
        (60.5, False, True),
        (70, False, False),
    ):
        now[0] = 1000.0 + moment
        assert bool(limit.find_pause("tools/call")) is is_paused, moment
        if is_refused:
            limit.count()
    assert [one["unmapped"].get("requests") for one in log.events] == [None, 1, None]


def test_the_bound_is_data_of_the_class_with_a_safe_default(tmp_path: Path) -> None:
    assert ToolSection().refusals_per_minute == LIMITS.refusals == 30
    for wrong in (0, -1, 601, "30", True):
        with pytest.raises(ValidationError):
            ToolSection.model_validate({"refusalsPerMinute": wrong})
    spec = spec_of("coding-enforce")
    bounded = replace(
        spec, preset=spec.preset.model_copy(update={"tools": spec.preset.tools.model_copy(update={"refusals_per_minute": 2})})
    )
    places = Places(state=tmp_path / "state", event_log=tmp_path / "launcher.jsonl")
    policy = CallPolicy(build_tool_scope(bounded, library()))
    task = next(iter(policy.scope.tasks))
    gateway = build_gateway(bounded, policy, task, places, gate=DenyingGate(), event_log=tmp_path / "log", limits=LIMITS)

    async def run() -> list[str]:
        async with gateway.run_servers(), Client(gateway.build_server(), mode="legacy", cache=None) as client:
            found = []
            for _ in range(4):
                with pytest.raises(MCPError) as caught:
                    await client.call_tool("rm", {})
                found.append(caught.value.data["rule"])
            return found

    assert asyncio.run(run()) == [Rule.UNKNOWN_TOOL] * 2 + [Rule.TOO_MANY_REFUSALS] * 2
