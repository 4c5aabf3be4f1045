"""The checks of operators' sessions on one host: the document, the session, its user, its end, its record, and what must stay closed.

Nothing is assumed: a part that could not be tried is NOT TESTED with its reason, and never a pass. A session that was opened is always
ended, also when a later part fails.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from containment.attestation.statement import CheckedItem
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.session_check.terminal import PluginProblem, find_plugin, type_commands
from containment.sessions.documents import OPERATOR, REMOTE_FORWARDING

WHAT: Final = {
    "document": "the deployed document is the one that the stack's files build",
    "host-connected": "the host's agent of Systems Manager is connected",
    "session-opens": "a session opens through the document",
    "runs-as-operator": f"it runs as {OPERATOR}, without rights of root",
    "terminal-launch": "in it, core endpoints resolve and connect, and no SSH from outside is needed",
    "session-ends": "the session ends on request",
    "record-appears": "its record is in the encrypted log group",
    "default-document": "the default document opens nothing with these credentials",
    "remote-forwarding": "forwarding to hosts behind the agent host opens nothing with these credentials",
}
"""Checks by id, in the order of reports."""
_DENIED: Final = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_PROBE: Final = re.compile(r"^PROBE 2 (\S+) (\S+) (PASS|FAIL|NOT-TESTED) (.*)$", re.MULTILINE)
_IDENTITY: Final = re.compile(r"^uid=(\d+)\((\S+?)\) .*$", re.MULTILINE)
_SCRIPT: Final = "/opt/openclaw-vca/verify-egress.sh"
_REASON: Final = "containment session verify"
_POLL: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTarget:
    """The session to open: host, document with its content, log group, region and the stack's mode."""

    instance: str
    document: str
    content: str
    log_group: str
    region: str
    mode: PolicyMode


@dataclass(frozen=True, slots=True)
class Waiting:
    """Seconds for the whole session, before each command, and for the record; clock and pause are replaced by tests."""

    session: float = 120.0
    typing: float = 1.0
    record: float = 60.0
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def check_session(
    target: SessionTarget, clients: Callable[[str], Any], waiting: Waiting, *, plugin: str | PluginProblem | None = None
) -> list[CheckedItem]:
    """Return the checks of one session.

    Args:
        target: the session.
        clients: service name -> boto3 client.
        waiting: the patience.
        plugin: the plugin; looked for by default.
    """
    ssm, found = clients("ssm"), find_plugin() if plugin is None else plugin
    checks = [check_document(target, ssm), *_check_connection(target, ssm)]
    checks += _check_opened(target, ssm, clients("logs"), found, waiting)
    return [*checks, *_check_closed(target, ssm)]


def list_untested(target: SessionTarget, clients: Callable[[str], Any], reason: str) -> list[CheckedItem]:
    """Return the checks where no session can be opened: the document is compared, all others are NOT TESTED.

    Args:
        target: the session.
        clients: service name -> boto3 client.
        reason: why no session can be opened.
    """
    return [check_document(target, clients("ssm")), *(_make(id_, Status.NOT_TESTED, reason) for id_ in WHAT if id_ != "document")]


def check_document(target: SessionTarget, ssm: Any) -> CheckedItem:
    """Compare the deployed document with the one that the stack's files build."""
    code, answer = _call(lambda: ssm.get_document(Name=target.document, DocumentFormat="JSON"))
    if code:
        return _make(
            "document", Status.FAIL, f"{target.document} cannot be read ({code})", fix="deploy the stack with operatorSessions: true"
        )
    try:
        is_same = json.loads(answer["Content"]) == json.loads(target.content) and answer["DocumentType"] == "Session"
    except ValueError:
        is_same = False
    if not is_same:
        return _make("document", Status.FAIL, f"{target.document} was changed outside of the program", answer["Content"], "deploy it again")
    return _make("document", Status.PASS, f"{target.document}, version {answer['DocumentVersion']}", answer["Content"])


def _check_connection(target: SessionTarget, ssm: Any) -> Iterator[CheckedItem]:
    code, answer = _call(lambda: ssm.get_connection_status(Target=target.instance))
    if code in _DENIED:
        yield _make("host-connected", Status.NOT_TESTED, f"these credentials lack the right ({code})", fix="allow ssm:GetConnectionStatus")
    elif code or answer.get("Status") != "connected":
        detail = code or f"{target.instance} is {answer.get('Status')}"
        yield _make(
            "host-connected", Status.FAIL, detail, fix="look at the endpoints ssm, ssmmessages and ec2messages, and at the host's role"
        )
    else:
        yield _make("host-connected", Status.PASS, f"{target.instance} is connected")


def _check_opened(target: SessionTarget, ssm: Any, logs: Any, plugin: str | PluginProblem, waiting: Waiting) -> Iterator[CheckedItem]:
    code, session = _call(lambda: ssm.start_session(Target=target.instance, DocumentName=target.document, Reason=_REASON))
    if code:
        fix = "run it as an operator of the host's owner, with a second factor; attach the output operatorPolicyArn"
        yield _make("session-opens", Status.FAIL, f"StartSession was refused: {code}", fix=fix)
        reason = "no session opened"
        yield from (
            _make(id_, Status.NOT_TESTED, reason) for id_ in ("runs-as-operator", "terminal-launch", "session-ends", "record-appears")
        )
        return
    ident = session["SessionId"]
    try:
        yield _make("session-opens", Status.PASS, f"{ident} on {target.instance}")
        if isinstance(plugin, PluginProblem):
            yield from (_make(id_, Status.NOT_TESTED, plugin.reason) for id_ in ("runs-as-operator", "terminal-launch"))
        else:
            commands = ("id", f"POLICY_MODE={target.mode.value} {_SCRIPT}", "exit")
            printed = type_commands(
                plugin, {**session, "Target": target.instance}, target.region, commands, waiting.session, waiting.typing
            )
            yield _judge_user(printed)
            yield _judge_launch(printed)
    finally:
        code, _ = _call(lambda: ssm.terminate_session(SessionId=ident))
    yield (
        _make("session-ends", Status.FAIL, f"TerminateSession was refused: {code}", fix="end it in the console of Systems Manager")
        if code
        else _make("session-ends", Status.PASS, f"{ident} was ended")
    )
    yield _find_record(target, logs, ident, plugin, waiting)


def _judge_user(printed: str) -> CheckedItem:
    found = _IDENTITY.search(printed)
    if found is None:
        return _make("runs-as-operator", Status.NOT_TESTED, "the session printed no user", printed[-500:])
    is_right = found[1] != "0" and found[2] == OPERATOR and "(sudo)" not in found[0] and "(wheel)" not in found[0]
    fix = "" if is_right else "deploy the document again, and create the user at first boot"
    return _make("runs-as-operator", Status.PASS if is_right else Status.FAIL, f"it runs as {found[2]}", found[0].strip(), fix)


def _judge_launch(printed: str) -> CheckedItem:
    """Judge the second validation test, as the host's script printed it inside the session."""
    probes = [(one[1], one[2], one[3], one[4]) for one in _PROBE.finditer(printed)]
    tested = {id_ for id_, _, result, _ in probes if result != "NOT-TESTED"}
    failed = [f"{id_} {where}: {detail}" for id_, where, result, detail in probes if result == "FAIL"]
    if failed:
        return _make("terminal-launch", Status.FAIL, failed[0], "\n".join(failed), "read the whole output in the session's record")
    missing = [id_ for id_ in ("core", "ssm-endpoint", "ssm-session") if id_ not in tested]
    if missing:
        return _make("terminal-launch", Status.NOT_TESTED, f"{_SCRIPT} tested no {', '.join(missing)}", printed[-500:])
    return _make("terminal-launch", Status.PASS, f"{len(probes)} probes of the second validation test passed inside the session")


def _find_record(target: SessionTarget, logs: Any, ident: str, plugin: str | PluginProblem, waiting: Waiting) -> CheckedItem:
    if isinstance(plugin, PluginProblem):
        return _make("record-appears", Status.NOT_TESTED, f"{plugin.reason}: a session without input has no record")
    deadline = waiting.clock() + waiting.record
    while True:
        code, answer = _call(lambda: logs.describe_log_streams(logGroupName=target.log_group, logStreamNamePrefix=ident))
        if code:
            return _make(
                "record-appears", Status.NOT_TESTED, f"{target.log_group} cannot be read ({code})", fix="allow logs:DescribeLogStreams"
            )
        written = [one["logStreamName"] for one in answer["logStreams"] if one.get("lastEventTimestamp") or one.get("lastIngestionTime")]
        if written:
            return _make("record-appears", Status.PASS, f"{target.log_group} has {written[0]}")
        if waiting.clock() >= deadline:
            fix = "look at the key of the log group, and at the host's right to write to it"
            return _make("record-appears", Status.FAIL, f"{target.log_group} has no stream of {ident} after {waiting.record:g} s", fix=fix)
        waiting.pause(_POLL)


def _check_closed(target: SessionTarget, ssm: Any) -> Iterator[CheckedItem]:
    """Try what must be refused; a session that opens nevertheless is ended at once."""
    remote = {"host": ["169.254.169.254"], "portNumber": ["80"], "localPortNumber": ["0"]}
    for id_, more in (("default-document", {}), ("remote-forwarding", {"DocumentName": REMOTE_FORWARDING, "Parameters": remote})):
        code, session = _call(partial(ssm.start_session, Target=target.instance, Reason=_REASON, **more))
        if code in _DENIED:
            yield _make(id_, Status.PASS, "StartSession was refused")
        elif code:
            yield _make(id_, Status.NOT_TESTED, f"StartSession failed for another reason: {code}")
        else:
            ended, _ = _call(partial(ssm.terminate_session, SessionId=session["SessionId"]))
            rest = f"; it could not be ended ({ended})" if ended else "; it was ended"
            fix = "remove the other policy that allows ssm:StartSession, or run this as an operator and not as an administrator"
            yield _make(id_, Status.FAIL, f"{session['SessionId']} opened{rest}", fix=fix)


def _call(call: Callable[[], Any]) -> tuple[str, Any]:
    """Return ("", answer), or the error's code and an empty answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return "", call()
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code") or "an unknown error"), {}
    except BotoCoreError as error:
        return type(error).__name__, {}


def _make(id_: str, status: Status, detail: str, witness: str = "", fix: str = "") -> CheckedItem:
    return CheckedItem(id_, WHAT[id_], status, detail, witness, fix)
