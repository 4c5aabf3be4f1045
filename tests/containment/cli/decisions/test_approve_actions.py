"""`approve list|show|approve|reject|serve` and `audit` about actions: exactly the action is shown, and one person decides at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.exit_code import Exit
from containment.record.action_entries import ExecutionState
from containment.record.refusal import Refusal, RefusalCode
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office, make_private_pem


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(Office(tmp_path), now=datetime.now(UTC).replace(microsecond=0))
    for name, key in room.office.keys.items():
        (tmp_path / f"{name.split()[-1].lower()}.pem").write_bytes(make_private_pem(key))
    return room


def _run(room: Room, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(build(arguments), [*arguments, "--cwd", str(room.folder)], input=typed)


def _decide(room: Room, verb: str, name: str, *more: str, key: str = "one.pem", person: str = "Approver One") -> Result:
    return _run(room, "approve", verb, name, "--key", str(room.folder / key), "--as", person, "--yes", *more)


def test_nothing_waits_in_an_empty_folder(room: Room) -> None:
    done = _run(room, "approve", "list")
    assert (done.exit_code, "0 actions wait" in done.output) == (Exit.NOTHING, True)


def test_an_action_is_listed_shown_approved_and_recorded(room: Room) -> None:
    """The unique beginning of its name is enough; the decision is refused the second time."""
    action, request = room.submit()
    listed = _run(room, "approve", "list", "--json")
    assert listed.exit_code == Exit.OK
    assert [one["action"] for one in json.loads(listed.output)["waiting"]] == [action.describe()]
    shown = _run(room, "approve", "show", request.request[:8])
    assert shown.exit_code == Exit.OK
    for text in ("UPDATE orders SET state = 'paid' WHERE id = 1", "orders-db", "run_sql", "1 person", action.digest, action.policy_digest):
        assert text in shown.output
    assert json.loads(_run(room, "approve", "show", request.request, "--json").output)["state"] == "waiting"
    done = _decide(room, "approve", request.request)
    assert done.exit_code == Exit.OK, done.output
    assert "UPDATE orders" in done.output
    assert "Approver One approved it: entry 2 of the log" in done.output
    again = _decide(room, "approve", request.request)
    assert (again.exit_code, "same-person-twice" in again.output) == (Exit.NO, True)
    room.now = datetime.now(UTC)
    room.ledger.start(request, action)
    room.ledger.record_outcome(request, ExecutionState.DONE)
    assert _run(room, "audit", "verify").exit_code == Exit.OK
    what = [one["what"] for one in json.loads(_run(room, "audit", "list", "--json").output)["entries"]]
    assert what == ["action requested", "action", "refused: same-person-twice", "action started", "action done"]
    assert "UPDATE orders" in _run(room, "audit", "show", "1").output


def test_a_rejection_needs_a_reason_in_words(room: Room) -> None:
    _, request = room.submit()
    assert _decide(room, "reject", request.request).exit_code == Exit.USAGE
    assert _decide(room, "reject", request.request, "--reason", "!!").exit_code == Exit.ERROR
    done = _decide(room, "reject", request.request, "--reason", "not on a Friday")
    assert (done.exit_code, "rejected it" in done.output) == (Exit.OK, True)
    assert _run(room, "approve", "list").exit_code == Exit.NOTHING


def test_without_a_terminal_nothing_is_signed_by_accident(room: Room) -> None:
    _, request = room.submit()
    done = _run(room, "approve", "approve", request.request, "--key", str(room.folder / "one.pem"), "--as", "Approver One")
    assert (done.exit_code, room.list_entries()) == (Exit.USAGE, ["action-request"])


@pytest.mark.parametrize("name", ["", "all", "*", "a" * 32, "../log"])
def test_a_name_of_no_single_request_decides_nothing(room: Room, name: str) -> None:
    """There is no way to decide about several at once."""
    room.submit()
    room.submit()
    done = _decide(room, "approve", name)
    assert (done.exit_code, "no such request" in done.output) == (Exit.ERROR, True)
    assert room.list_entries() == ["action-request"] * 2


def test_two_names_are_wrong_usage(room: Room) -> None:
    _, first = room.submit()
    _, second = room.submit()
    assert _decide(room, "approve", first.request, second.request).exit_code == Exit.USAGE
    assert room.list_entries() == ["action-request"] * 2


def test_every_character_is_visible(room: Room) -> None:
    """Controls and marks of direction are named, line breaks keep their ruler, and nothing is cut."""
    text = "DELETE\u202e;\x1b[2J\nrisk:\n  \u2502 none " + "x" * 5000 + " END"
    _, request = room.submit(tool=text)
    output = _run(room, "approve", "show", request.request).output
    assert "U+202E right-to-left override" in output
    assert "U+001B escape" in output
    assert f"{'x' * 5000} END" in output
    assert "characters, 3 lines, shown in full" in output
    assert not {"\u202e", "\x1b"} & set(output)
    assert [line for line in output.splitlines() if line.startswith("risk")] == ["risk:"]


def test_a_half_written_file_is_listed_as_unusable(room: Room) -> None:
    _, request = room.submit()
    path = room.folder / "decisions" / "actions" / f"{request.request}.json"
    path.write_bytes(path.read_bytes()[:100])
    done = _run(room, "approve", "list")
    assert (done.exit_code, "queue-file" in done.output) == (Exit.NO, True)
    assert _decide(room, "approve", request.request).exit_code == Exit.NO
    assert room.list_entries() == ["action-request", "refusal malformed"]


def test_another_persons_key_is_refused(room: Room) -> None:
    _, request = room.submit()
    done = _decide(room, "approve", request.request, key="two.pem")
    assert (done.exit_code, "none of this person's keys" in done.output) == (Exit.ERROR, True)


def test_the_page_is_served_on_loopback_only(room: Room) -> None:
    key = ("--key", str(room.folder / "one.pem"), "--as", "Approver One")
    done = _run(room, "approve", "serve", *key, "--host", "0.0.0.0")
    assert (done.exit_code, "is no loopback address" in done.output) == (Exit.ERROR, True)


def test_fatigue_about_actions_is_counted(room: Room) -> None:
    """Prompts per hour and the share of approvals per reviewer; above the limits there is a warning."""
    for number in range(21):
        _, request = room.submit()
        room.decide(request, is_rejected=False)
        room.ledger.refuse(request, _withdraw())
        if number == 10:
            quiet = json.loads(_run(room, "audit", "stats", "--per-hour", "30", "--json").output)
            assert quiet["actions"]["fatigue"] == ""
            assert quiet["actions"]["reviewers"][0]["fatigue"] == ""
    found = json.loads(_run(room, "audit", "stats", "--json").output)["actions"]
    assert (found["prompts"], found["started"]) == (21, 0)
    assert "actions in one hour (more than 10)" in found["fatigue"]
    assert "100% of 21 approved (more than 95%)" in found["reviewers"][0]["fatigue"]
    output = _run(room, "audit", "stats").output
    assert "approval-fatigue" in output
    assert "Approver One, about actions" in output


def _withdraw() -> Refusal:
    return Refusal(RefusalCode.WITHDRAWN, "the client left")
