"""A session is opened, used, ended and found in its record; whatever could not be tried is NOT TESTED, and never a pass.

AWS is played by botocore's stubber, which refuses other arguments; the plugin by a program that demands a terminal, as AWS's does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.session_check.opening import WHAT, SessionTarget, Waiting, check_session, list_untested
from containment.session_check.terminal import PLUGIN, PluginProblem, find_plugin
from containment.sessions.documents import OPERATOR, REMOTE_FORWARDING, build_shell_content

TARGET = SessionTarget(
    instance="i-0123456789abcdef0",
    document="containment-x-shell",
    content=build_shell_content("/containment/x/sessions", 15, 240),
    log_group="/containment/x/sessions",
    region="us-east-1",
    mode=PolicyMode.ENFORCE,
)
SESSION = {"SessionId": "person-0a1b", "TokenValue": "secret-token", "StreamUrl": "wss://ssmmessages.us-east-1.amazonaws.com/x"}
UNTOUCHED = PluginProblem("no plugin here")
PROBES = """PROBE 2 core openclaw.ai:443 PASS delivered: HTTP 200 nonce=a-1
PROBE 2 ssm-endpoint ssm.us-east-1.amazonaws.com:443 PASS delivered: HTTP 404 from 10.42.20.5 nonce=a-2
PROBE 2 ssm-session - PASS delivered: this run was started in a Session Manager session nonce=a-3
PROBE 2 ssh-out 8.8.8.8:22 PASS blocked: no connection nonce=a-4
"""
PROGRAM = """#!{python}
import json, os, sys
if sys.argv[1:] == ["--version"]:
    print("{version}"); sys.exit(0)
assert sys.stdin.isatty() and sys.stdout.isatty(), "no terminal"
assert "secret-token" not in " ".join(sys.argv), "the token is on the command line"
answer = json.loads(os.environ["AWS_SSM_START_SESSION_RESPONSE"])
assert answer["TokenValue"] == "secret-token" and sys.argv[3] == "StartSession"
print("Starting session with SessionId: " + answer["SessionId"], flush=True)
for line in sys.stdin:
    if line.strip() == "id":
        print({identity!r}, flush=True)
    elif "verify-egress.sh" in line:
        assert line.startswith("POLICY_MODE=enforce ")
        print({probes!r}, flush=True)
    elif line.strip() == "exit":
        break
"""


@dataclass
class Cloud:
    """Stubbed clients; `deny` makes StartSession with another document refuse, as the operators' policy does."""

    ssm: Any = field(default_factory=lambda: boto3.client("ssm", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"))
    logs: Any = field(default_factory=lambda: boto3.client("logs", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"))

    def __post_init__(self) -> None:
        self.stubs = {"ssm": Stubber(self.ssm), "logs": Stubber(self.logs)}
        for stub in self.stubs.values():
            stub.activate()

    def __call__(self, service: str) -> Any:
        return {"ssm": self.ssm, "logs": self.logs}[service]

    def answer(self, call: str, answer: dict[str, Any], **expected: Any) -> None:
        self.stubs["logs" if "log" in call else "ssm"].add_response(call, answer, expected or None)

    def refuse(self, call: str, code: str = "AccessDeniedException", **expected: Any) -> None:
        self.stubs["logs" if "log" in call else "ssm"].add_client_error(call, code, expected_params=expected or None)

    def show_document(self, content: str = TARGET.content) -> None:
        self.answer("get_document", {"Name": "d", "Content": content, "DocumentType": "Session", "DocumentVersion": "1"})

    def connect(self, status: str = "connected") -> None:
        self.answer("get_connection_status", {"Target": TARGET.instance, "Status": status}, Target=TARGET.instance)

    def open(self) -> None:
        self.answer("start_session", SESSION, Target=TARGET.instance, DocumentName=TARGET.document, Reason=ANY)

    def end(self) -> None:
        self.answer("terminate_session", {"SessionId": SESSION["SessionId"]}, SessionId=SESSION["SessionId"])

    def deny_others(self) -> None:
        self.refuse("start_session", Target=TARGET.instance, Reason=ANY)
        self.refuse("start_session", Target=TARGET.instance, Reason=ANY, DocumentName=REMOTE_FORWARDING, Parameters=ANY)

    def record(self, *streams: dict[str, Any]) -> None:
        expected = {"logGroupName": TARGET.log_group, "logStreamNamePrefix": SESSION["SessionId"]}
        self.answer("describe_log_streams", {"logStreams": list(streams)}, **expected)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    for stub in made.stubs.values():
        stub.assert_no_pending_responses()


def make_plugin(
    folder: Path,
    identity: str = f"uid=1001({OPERATOR}) gid=1001({OPERATOR}) groups=1001({OPERATOR})",
    probes: str = PROBES,
    version: str = "1.2.707.0",
) -> str:
    path = folder / PLUGIN
    path.write_text(PROGRAM.format(python=sys.executable, identity=identity, probes=probes, version=version))
    path.chmod(0o755)
    return str(path)


def run(cloud: Cloud, plugin: str | PluginProblem, record: float = 0.0) -> dict[str, tuple[Status, str]]:
    ticks = iter(range(10_000))
    waiting = Waiting(session=30.0, typing=0.1, record=record, clock=lambda: float(next(ticks)), pause=lambda _: None)
    found = check_session(TARGET, cloud, waiting, plugin=plugin)
    assert [one.id for one in found] == list(WHAT)
    assert not any("secret-token" in f"{one.detail}{one.witness}{one.fix}" for one in found)
    return {one.id: (one.status, one.detail) for one in found}


def test_a_whole_session_passes(cloud: Cloud, tmp_path: Path) -> None:
    cloud.show_document()
    cloud.connect()
    cloud.open()
    cloud.end()
    cloud.record()
    cloud.record({"logStreamName": "person-0a1b", "lastIngestionTime": 1})
    cloud.deny_others()
    found = run(cloud, make_plugin(tmp_path), record=10.0)
    assert {status for status, _ in found.values()} == {Status.PASS}, found


def test_without_the_plugin_the_session_is_opened_and_ended_and_the_rest_is_not_tested(cloud: Cloud) -> None:
    cloud.show_document()
    cloud.connect()
    cloud.open()
    cloud.end()
    cloud.deny_others()
    found = run(cloud, UNTOUCHED)
    not_tested = {id_ for id_, (status, _) in found.items() if status is Status.NOT_TESTED}
    assert not_tested == {"runs-as-operator", "terminal-launch", "record-appears"}
    assert {status for id_, (status, _) in found.items() if id_ not in not_tested} == {Status.PASS}


BROKEN: dict[str, tuple[dict[str, Any], str, Status]] = {
    "it runs as root": ({"identity": "uid=0(root) gid=0(root) groups=0(root)"}, "runs-as-operator", Status.FAIL),
    "it runs as ssm-user": ({"identity": "uid=1001(ssm-user) gid=1001(ssm-user) groups=1001(ssm-user)"}, "runs-as-operator", Status.FAIL),
    "the operator may use sudo": (
        {"identity": f"uid=1001({OPERATOR}) gid=1001({OPERATOR}) groups=1001({OPERATOR}),27(sudo)"},
        "runs-as-operator",
        Status.FAIL,
    ),
    "no user is printed": ({"identity": "sh: id: not found"}, "runs-as-operator", Status.NOT_TESTED),
    "a core endpoint is blocked": ({"probes": PROBES.replace("443 PASS", "443 FAIL", 1)}, "terminal-launch", Status.FAIL),
    "the script is missing": ({"probes": "bash: no such file\n"}, "terminal-launch", Status.NOT_TESTED),
    "the session is not one of Session Manager": (
        {"probes": PROBES.replace("ssm-session - PASS", "ssm-session - NOT-TESTED")},
        "terminal-launch",
        Status.NOT_TESTED,
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_the_session_shows_decides(cloud: Cloud, tmp_path: Path, what: str) -> None:
    changes, check, expected = BROKEN[what]
    cloud.show_document()
    cloud.connect()
    cloud.open()
    cloud.end()
    cloud.record({"logStreamName": "person-0a1b", "lastEventTimestamp": 1})
    cloud.deny_others()
    found = run(cloud, make_plugin(tmp_path, **changes))
    assert found[check][0] is expected
    assert {id_ for id_, (status, _) in found.items() if status is not Status.PASS} == {check}


def test_a_session_without_a_record_fails(cloud: Cloud, tmp_path: Path) -> None:
    cloud.show_document()
    cloud.connect()
    cloud.open()
    cloud.end()
    for _ in range(2):
        cloud.record({"logStreamName": "person-0a1b"})  # created, and nothing written
    cloud.deny_others()
    assert run(cloud, make_plugin(tmp_path), record=1.5)["record-appears"][0] is Status.FAIL


Change = Callable[[Cloud], None]


def test_a_refused_session_fails_and_tests_nothing_behind_it(cloud: Cloud) -> None:
    cloud.show_document()
    cloud.connect()
    cloud.refuse("start_session")
    cloud.deny_others()
    found = run(cloud, UNTOUCHED)
    assert found["session-opens"][0] is Status.FAIL
    behind = ("runs-as-operator", "terminal-launch", "session-ends", "record-appears")
    assert {found[id_] for id_ in behind} == {(Status.NOT_TESTED, "no session opened")}


def test_another_document_that_opens_fails_and_is_ended(cloud: Cloud) -> None:
    cloud.show_document()
    cloud.connect("notconnected")
    cloud.open()
    cloud.end()
    for _ in range(2):
        cloud.answer("start_session", {**SESSION, "SessionId": "person-wide"})
        cloud.answer("terminate_session", {"SessionId": "person-wide"}, SessionId="person-wide")
    found = run(cloud, UNTOUCHED)
    assert {found[id_][0] for id_ in ("default-document", "remote-forwarding", "host-connected")} == {Status.FAIL}


def test_a_refusal_for_another_reason_shows_nothing(cloud: Cloud) -> None:
    cloud.show_document()
    cloud.refuse("get_connection_status")
    cloud.open()
    cloud.refuse("terminate_session", "InternalServerError")
    cloud.refuse("start_session", "TargetNotConnected")
    cloud.refuse("start_session", "InvalidDocument")
    found = run(cloud, UNTOUCHED)
    assert found["session-ends"][0] is Status.FAIL
    assert {found[id_][0] for id_ in ("host-connected", "default-document", "remote-forwarding")} == {Status.NOT_TESTED}


@pytest.mark.parametrize("content", [build_shell_content("/elsewhere", 15, 240), "{"])
def test_a_changed_document_fails(cloud: Cloud, content: str) -> None:
    cloud.show_document(content)
    found = list_untested(TARGET, cloud, "no sessions here")
    assert (found[0].id, found[0].status) == ("document", Status.FAIL)
    assert {one.status for one in found[1:]} == {Status.NOT_TESTED}


def test_a_plugin_that_takes_the_token_on_its_command_line_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(find_plugin(), PluginProblem)
    path = make_plugin(tmp_path, version="1.2.497.0")
    assert isinstance(find_plugin(), PluginProblem)
    make_plugin(tmp_path, version="1.2.498.0")
    assert find_plugin() == path
