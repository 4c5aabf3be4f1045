"""A real client and a real server: the task's tools work, and everything else is refused by a rule that the error names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from containment.actions.action import Action, ActionKind
from containment.human_gate.gate import Clocks, HumanGate
from containment.human_gate.waiting_queue import list_request_files
from containment.record.action_entries import ExecutionState
from containment.record.log import verify_log
from containment.tool_scopes.server import ToolServer
from containment.tools.action_gate import ActionDecision
from containment.tools.connection import ServerConnection
from containment.tools.decisions import CallPolicy
from containment.tools.processes import run_server
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office
from tests.containment.tools.gateways import LIMITS, Trial, list_pins, make_office, make_office_scope, open_trial


@pytest.fixture
def office() -> ToolServer:
    return make_office(list_pins())


def _run(server: ToolServer, tmp_path: Path, trial: Any, task: str = "adding", **options: Any) -> Any:
    async def run() -> Any:
        async with open_trial(make_office_scope(server), task, words=(str(tmp_path / "done"),), **options) as one:
            return await trial(one)

    return asyncio.run(run())


def _read_done(tmp_path: Path) -> list[str]:
    file = tmp_path / "done"
    return file.read_text().splitlines() if file.exists() else []


def test_a_task_sees_and_calls_its_own_tools_only(office: ToolServer, tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        assert await one.list_names() == ["add", "read_file"]
        assert await one.call("add", first=2, second=3) == "5"
        for name, rule in (("deploy", "tool-not-in-task"), ("unlisted", "unknown-tool"), ("ADD", "unknown-tool")):
            error = await one.refuse(name, number=1)
            assert error.data["rule"] == rule
            assert rule in error.message
            assert "ask for it" in error.data["ask"]
        assert one.log.get_outcomes()[-5:-3] == [("permitted", "permitted"), ("completed", "permitted")]

    _run(office, tmp_path, trial)
    assert _read_done(tmp_path) == ["add 2 3"]


@pytest.mark.long
def test_a_server_of_the_sdk_works_alike(tmp_path: Path) -> None:
    async def read() -> dict[str, str]:
        server = make_office({}, "office.py")
        assert server.command
        connection = ServerConnection(server, partial(run_server, (*server.command, str(tmp_path / "pins")), LIMITS.message), LIMITS)
        async with anyio.create_task_group() as group:
            connection.attach(group)
            found = {name: tool.digest for name, tool in (await connection.list_tools(is_fresh=True)).items()}
            group.cancel_scope.cancel()
        return found

    async def trial(one: Trial) -> None:
        assert await one.list_names() == ["add", "read_file"]
        assert await one.call("add", first=2, second=3) == "5"
        assert (await one.refuse("unlisted")).data["rule"] == "unknown-tool"

    _run(make_office(asyncio.run(read()), "office.py"), tmp_path, trial)
    assert _read_done(tmp_path) == ["add 2 3"]


def test_the_agent_sees_the_reviewed_arguments_with_their_limits(office: ToolServer, tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        tool = (await one.client.list_tools()).tools[0]
        assert tool.input_schema["properties"]["first"] == {"type": "integer", "maximum": 100}
        assert tool.input_schema["additionalProperties"] is False
        assert tool.description == "Add two numbers."

    _run(office, tmp_path, trial)


def test_arguments_beyond_the_review_do_not_reach_the_server(office: ToolServer, tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        for arguments, rule, code in (
            ({"first": 101, "second": 1}, "argument-limit", -32010),
            ({"first": "1", "second": 1}, "argument-type", types.INVALID_PARAMS),
            ({"second": 1}, "argument-missing", types.INVALID_PARAMS),
            ({"first": 1, "second": 1, "third": 1}, "argument-unknown", types.INVALID_PARAMS),
            ({"first": 1, "second": 2**60}, "arguments-malformed", types.INVALID_PARAMS),
        ):
            error = await one.refuse("add", **arguments)
            assert (error.data["rule"], error.code) == (rule, code)
        error = await one.refuse("read_file", path="/home/agent/../../etc/shadow")
        assert error.data["rule"] == "argument-limit"
        error = await one.refuse("read_file", path="/home/agent/" + "x" * (64 << 10))
        assert error.data["rule"] == "size-limit"

    _run(office, tmp_path, trial)
    assert _read_done(tmp_path) == []


def test_no_argument_value_is_in_the_log_or_in_an_error(office: ToolServer, tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        error = await one.refuse("read_file", path="/canary-7f3a/x")
        await one.refuse("canary-7f3a")
        text = json.dumps(one.log.events) + error.message + json.dumps(error.data)
        assert "canary-7f3a" not in text
        assert one.log.events[-2]["unmapped"]["argument_digest"].startswith("sha256:")
        assert one.log.events[-2]["policy"]["uid"] == one.policy.digest

    _run(office, tmp_path, trial)


def test_events_have_what_their_ocsf_class_requires(office: ToolServer, tmp_path: Path) -> None:
    """API Activity, OCSF 1.7.0: required attributes with their types, and one outcome per request."""
    required = {
        **dict.fromkeys(("activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time"), int),
        **dict.fromkeys(("actor", "api", "metadata", "src_endpoint", "policy", "device"), dict),
    }

    async def trial(one: Trial) -> None:
        await one.call("add", first=1, second=1)
        await one.refuse("add", first=1000)
        assert {one["disposition"] for one in one.log.events} == {"Allowed", "Blocked"}
        for event in one.log.events:
            assert all(isinstance(event[key], kind) for key, kind in required.items())
            assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (6003, 6, 600399)
            assert event["api"] == {"operation": "tools/call add", "service": {"name": "office"}}
            assert event["unmapped"]["task"] == "adding"
            assert event["time"] > 1_600_000_000_000, "milliseconds"

    _run(office, tmp_path, trial)


def test_methods_outside_of_the_closed_list_are_refused(office: ToolServer, tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        for request in (
            one.client.list_prompts,
            one.client.list_resources,
            one.client.list_resource_templates,
            lambda: one.client.read_resource("file:///etc/shadow"),
            lambda: one.client.get_prompt("x"),
        ):
            with pytest.raises(MCPError) as caught:
                await request()
            assert caught.value.code == types.METHOD_NOT_FOUND
        assert [rule for outcome, rule in one.log.get_outcomes() if outcome == "refused"] == ["method-not-served"] * 5

    _run(office, tmp_path, trial)


def test_a_tool_without_a_review_and_one_with_another_description_are_refused(tmp_path: Path) -> None:
    changed = make_office({"add": "sha256:" + "0" * 64})

    async def trial(one: Trial) -> None:
        assert await one.list_names() == []
        assert (await one.refuse("add", first=1)).data["rule"] == "tool-changed"
        error = await one.refuse("read_file", path="/home/agent/x")
        assert error.data["rule"] == "tool-not-reviewed"
        assert "containment tools pin" in error.data["ask"]

    _run(changed, tmp_path, trial)
    assert _read_done(tmp_path) == []


def test_a_call_that_cannot_be_recorded_is_not_made(office: ToolServer, tmp_path: Path) -> None:
    class Full:
        def write(self, _event: Mapping[str, Any]) -> None:
            raise OSError("the event log is full")

    async def trial(one: Trial) -> None:
        with pytest.raises(MCPError):
            await one.client.call_tool("add", {"first": 1, "second": 1})

    _run(office, tmp_path, trial, sink=Full())
    assert _read_done(tmp_path) == []


class Gate:
    """A gate with one answer, which keeps what it was asked, and the outcomes."""

    def __init__(self, make: Any) -> None:
        self.make, self.asked = make, list[Action]()
        self.outcomes = list[str]()

    def record_outcome(self, decision: ActionDecision, state: ExecutionState, detail: str = "") -> None:
        assert decision.is_approved
        self.outcomes.append(state.value)

    async def await_decision(self, action: Action) -> ActionDecision:
        self.asked.append(action)
        decision = self.make(action)
        assert isinstance(decision, ActionDecision)
        return decision


def _decide(digest: str, *, yes: bool = True) -> ActionDecision:
    return ActionDecision(is_approved=yes, digest=digest, rule="approved" if yes else "rejected", reason="a test", reference="entry 7")


def test_an_action_waits_and_is_done_once_after_its_approval(office: ToolServer, tmp_path: Path) -> None:
    gate = Gate(lambda action: _decide(action.digest))

    async def trial(one: Trial) -> None:
        assert await one.call("deploy", number=4) == "deployed 4"
        assert [outcome for outcome, _ in one.log.get_outcomes()] == ["waiting for a person", "approved", "permitted", "completed"]
        assert {event["unmapped"].get("action_digest") for event in one.log.events} == {gate.asked[0].digest}
        assert one.log.events[-1]["unmapped"]["reference"] == "entry 7"

    _run(office, tmp_path, trial, "deploying", gate=gate)
    assert gate.outcomes == ["done"]
    asked = gate.asked[0]
    assert (asked.kind, asked.tool, asked.target, dict(asked.arguments)) == (ActionKind.DEPLOYMENT, "deploy", "office", {"number": 4})
    assert _read_done(tmp_path) == ["deploy 4"]


@pytest.mark.parametrize(
    "make",
    [
        lambda action: _decide(action.digest, yes=False),
        lambda _: _decide("sha256:" + "0" * 64),
        lambda action: _decide(action.digest.upper()),
    ],
)
def test_an_action_is_not_done_without_an_approval_of_exactly_it(office: ToolServer, tmp_path: Path, make: Any) -> None:
    async def trial(one: Trial) -> None:
        assert (await one.refuse("deploy", number=4)).data["rule"] == "approval-needed"

    _run(office, tmp_path, trial, "deploying", gate=Gate(make))
    assert _read_done(tmp_path) == []


def test_without_an_approval_service_actions_are_denied(office: ToolServer, tmp_path: Path) -> None:
    async def trial(one: Trial) -> None:
        error = await one.refuse("deploy", number=4)
        assert "no approval service" in error.message

    _run(office, tmp_path, trial, "deploying")
    assert _read_done(tmp_path) == []


def test_a_person_is_not_asked_about_a_call_that_is_refused_anyway(office: ToolServer, tmp_path: Path) -> None:
    gate = Gate(lambda action: _decide(action.digest))

    async def trial(one: Trial) -> None:
        assert (await one.refuse("deploy", number="4")).data["rule"] == "argument-type"

    _run(office, tmp_path, trial, "deploying", gate=gate)
    assert gate.asked == []


def test_a_gate_that_fails_denies(office: ToolServer, tmp_path: Path) -> None:
    class Broken:
        async def await_decision(self, _action: Action) -> ActionDecision:
            raise RuntimeError("the approval service is gone")

        def record_outcome(self, decision: ActionDecision, state: ExecutionState, detail: str = "") -> None:
            raise AssertionError("nothing was approved")

    async def trial(one: Trial) -> None:
        with pytest.raises(MCPError):
            await one.client.call_tool("deploy", {"number": 4})

    _run(office, tmp_path, trial, "deploying", gate=Broken())
    assert _read_done(tmp_path) == []


def test_a_server_that_changes_while_a_person_decides_is_not_called(tmp_path: Path) -> None:
    """The approval was about a tool that was reviewed; another one of its name is not called in its place."""
    server = make_office(list_pins())
    calls = []

    class Slow(Gate):
        async def await_decision(self, action: Action) -> ActionDecision:
            calls.append(action)
            (tmp_path / "changed").touch()
            return await super().await_decision(action)

    gate = Slow(lambda action: _decide(action.digest))
    words = (str(tmp_path / "done"), str(tmp_path / "changed"))

    async def run() -> None:
        async with open_trial(make_office_scope(server), "deploying", words=words, gate=gate) as one:
            assert (await one.refuse("deploy", number=4)).data["rule"] == "tool-changed"

    asyncio.run(run())
    assert calls
    assert gate.outcomes == ["failed"]
    assert _read_done(tmp_path) == []


@pytest.mark.parametrize("answer", ["approve", "reject", "expire"])
def test_the_human_gate_decides_and_an_approved_action_runs_once(tmp_path: Path, answer: str) -> None:
    (tmp_path / "room").mkdir()
    room = Room(Office(tmp_path / "room"))
    clocks = Clocks(wall=lambda: room.now, poll=0.005)

    async def decide(one: asyncio.Task[Any]) -> None:
        while not (found := [file.request for file in list_request_files(room.folder) if file.request]) and not one.done():
            await asyncio.sleep(0.005)
        if found and answer == "expire":
            room.pass_time(minutes=31)
        elif found:
            room.decide(found[0], is_rejected=answer == "reject")

    async def run() -> None:
        scope = replace(make_office_scope(make_office(list_pins())), stack="coding")
        with HumanGate(
            room.folder, stack="coding", agent_class="coding", read_policy=lambda: CallPolicy(scope).digest, clocks=clocks
        ) as gate:
            async with open_trial(scope, "deploying", words=(str(tmp_path / "done"),), gate=gate) as one:
                call = asyncio.ensure_future(one.client.call_tool("deploy", {"number": 4}))
                await decide(call)
                if answer == "approve":
                    assert (await call).content[0].text == "deployed 4"  # type: ignore[union-attr]
                    again = asyncio.ensure_future(one.client.call_tool("deploy", {"number": 4}))
                    await asyncio.sleep(0.2)
                    assert not again.done(), "a second call waits for a decision of its own"
                    again.cancel()
                else:
                    with pytest.raises(MCPError) as caught:
                        await call
                    assert caught.value.data["rule"] == "approval-needed"
                    assert answer[:6] in caught.value.data["detail"]

    asyncio.run(run())
    assert _read_done(tmp_path) == (["deploy 4"] if answer == "approve" else [])
    entries = room.list_entries()
    assert (
        entries[:4] == ["action-request", "decision", "execution started", "execution done"]
        if answer == "approve"
        else "execution started" not in entries
    )
    assert verify_log(room.folder) == []
