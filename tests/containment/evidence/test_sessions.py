"""Sessions count only with the deployed settings, a key, and a recent verified session of this stack; what was not tried is no pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from containment.evidence.model import Origin, PartName
from containment.preflight.finding import Status
from containment.session_check.opening import WHAT
from containment.sessions.documents import build_shell_content
from tests.containment.evidence.desk import NOW, STACK, Desk, get_status, judge

ON = {"operatorSessions": "true", "sessionOwner": "platform-team"}
GROUP = f"/containment/{STACK}/sessions"
CONTENT = build_shell_content(GROUP, 15, 240)


def build_state(content: str = CONTENT, **group: Any) -> dict[str, Any]:
    document = {"name": f"containment-vca-openclaw-{STACK}-shell", "documentType": "Session", "content": content}
    log = {"name": GROUP, "kmsKeyId": "arn:aws:kms:us-east-1:210987654321:key/1", **group}
    kinds = {"aws:ssm/document:Document": document, "aws:cloudwatch/logGroup:LogGroup": log}
    resources = [{"urn": f"urn:{kind}", "type": kind, "inputs": outputs, "outputs": outputs} for kind, outputs in kinds.items()]
    return {"version": 3, "deployment": {"resources": resources}}


def build_session(**changes: Any) -> dict[str, Any]:
    checks = [{"id": id_, "what": what, "status": "PASS", "detail": "", "witness": "", "fix": ""} for id_, what in WHAT.items()]
    return {
        "schema": "containment-session/v1",
        "stack": STACK,
        "time": f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "simulated": False,
        "settings": json.loads(CONTENT),
        "checks": checks,
        **changes,
    }


def judge_sessions(desk: Desk, state: dict[str, Any] | None, session: dict[str, Any] | None) -> Any:
    path = desk.write("state.json", state) if state is not None else desk.folder / "none.json"
    if session is not None:
        desk.write(f"sessions/{STACK}/20261128T120000Z.json", session)
    return judge(desk, PartName.SESSIONS, overrides=ON, **({"state": path} if state is not None else {}))


def test_a_verified_session_with_the_deployed_settings_passes(desk: Desk) -> None:
    part = judge_sessions(desk, build_state(), build_session())
    assert (part.status, part.origin) == (Status.PASS, Origin.UNKNOWN), part.claims


def test_a_stack_without_sessions_is_not_tested(desk: Desk) -> None:
    part = judge(desk, PartName.SESSIONS)
    assert (part.status, part.origin) == (Status.NOT_TESTED, None)
    assert "operatorSessions" in part.reason


def test_settings_without_a_verified_session_are_not_tested(desk: Desk) -> None:
    part = judge_sessions(desk, build_state(), None)
    assert part.status == Status.NOT_TESTED
    assert (get_status(part, "document"), get_status(part, "record-key"), get_status(part, "session")) == ("PASS", "PASS", "NOT TESTED")


def test_a_session_of_the_lab_is_simulated(desk: Desk) -> None:
    assert judge_sessions(desk, build_state(), build_session(simulated=True)).origin == Origin.SIMULATED


def spoil(check: str, status: str) -> dict[str, Any]:
    found = build_session()
    for one in found["checks"]:
        if one["id"] == check:
            one |= {"status": status, "detail": "planted"}
    return found


Case = tuple[Callable[[], dict[str, Any]], Callable[[], dict[str, Any]], str, str]
CASES: dict[str, Case] = {
    "a changed document": (lambda: build_state(build_shell_content(GROUP, 60, 240)), build_session, "document", "FAIL"),
    "a document that cannot be read": (lambda: build_state("{"), build_session, "document", "FAIL"),
    "no document": (lambda: {"version": 3, "deployment": {"resources": []}}, build_session, "document", "FAIL"),
    "no key": (lambda: build_state(kmsKeyId=None), build_session, "record-key", "FAIL"),
    "another stack's session": (build_state, lambda: build_session(stack="coding-monitor"), "session-stack", "FAIL"),
    "an old session": (build_state, lambda: build_session(time="2026-10-01T00:00:00Z"), "session-recent", "FAIL"),
    "a session of tomorrow": (build_state, lambda: build_session(time="2026-11-29T13:00:00Z"), "session-recent", "FAIL"),
    "a session with other settings": (build_state, lambda: build_session(settings={}), "session-settings", "NOT TESTED"),
    "a session as root": (build_state, lambda: spoil("runs-as-operator", "FAIL"), "check-runs-as-operator", "FAIL"),
    "a record that nobody looked for": (build_state, lambda: spoil("record-appears", "NOT TESTED"), "check-record-appears", "NOT TESTED"),
    "a session without checks": (build_state, lambda: build_session(checks=[]), "session", "NOT TESTED"),
}


@pytest.mark.parametrize("what", CASES)
def test_anything_else_is_no_pass(desk: Desk, what: str) -> None:
    state, session, claim, expected = CASES[what]
    part = judge_sessions(desk, state(), session())
    assert part.status == expected
    assert get_status(part, claim) == expected
