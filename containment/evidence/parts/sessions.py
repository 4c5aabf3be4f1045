"""Part `sessions`: the settings of operators' sessions as deployed, and the last session that was verified.

The file of a verified session is not signed, so it is never live evidence: it is simulated if the lab wrote it, else of unknown origin.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import AwareDatetime

from containment.config.spec import ContainmentSpec
from containment.evidence.inputs import Inputs, JsonFile, list_resources, read_json_file
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import (
    CheckContent,
    ContentModel,
    PartForm,
    judge_check,
    make_claim,
    make_shown,
    make_yes_or_no,
    parse_content,
)
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.preflight.finding import Status
from containment.session_check.storage import FOLDER, SCHEMA
from containment.sessions.documents import build_shell_content, make_log_group_name, make_shell_name
from containment.times import CLOCK_SLACK

MOST_DAYS: Final = 30
_HOW: Final = "make a new one: containment session verify STACK"
_DOCUMENT: Final = "aws:ssm/document:Document"
_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"


class Settings(ContentModel):
    """The deployed document and log group; None where the state has none."""

    expected: dict[str, Any]
    deployed: dict[str, Any] | None
    has_key: bool | None


class Session(ContentModel):
    """The verified session."""

    stack: str
    time: AwareDatetime
    simulated: bool
    settings: dict[str, Any]
    checks: tuple[CheckContent, ...]


class SessionsContent(ContentModel):
    """The facts that the judges read; `unread` is why there is no state, "" where there is one."""

    settings: Settings
    unread: str
    session: Session | None


def collect(inputs: Inputs) -> Collected:
    """Return the deployed settings and the newest verified session; raises InputError for a file that cannot be read."""
    spec = inputs.spec
    if not spec.config.operator_sessions:
        return Collected(None, f"operatorSessions is false in Pulumi.{inputs.stack}.yaml: sessions have no record, limit or second factor")
    sources: list[Source] = []
    state, unread = inputs.deployed, ""
    resources: list[Mapping[str, Any]] = []
    if isinstance(state, JsonFile):
        resources, sources = list_resources(state.document), [state.source]
    else:
        unread = state.missing or "there is no deployed state"
    last = _find_last(inputs.folder / FOLDER / inputs.stack)
    if last is not None:
        sources.append(last.source)
    content = {"settings": _describe_settings(spec, resources), "unread": unread, "session": last.document if last else None}
    return Collected(content, sources=tuple(sources))


def _find_last(folder: Path) -> JsonFile | None:
    """Return the newest file by its name, which is its time; None if there is none of the schema."""
    for path in sorted(folder.glob("*.json"), reverse=True) if folder.is_dir() else ():
        found = read_json_file(path, _HOW)
        if isinstance(found.document, dict) and found.document.get("schema") == SCHEMA:
            return found
    return None


def _describe_settings(spec: ContainmentSpec, resources: list[Mapping[str, Any]]) -> dict[str, Any]:
    group, config = make_log_group_name(spec.stack), spec.config
    expected = build_shell_content(group, config.session_idle_minutes, config.session_max_minutes)
    document = _find_named(resources, _DOCUMENT, make_shell_name(spec.object_prefix))
    log = _find_named(resources, _GROUP, group)
    return {
        "expected": json.loads(expected),
        "deployed": _parse(document.get("content")) if document else None,
        "hasKey": bool(log.get("kmsKeyId")) if log else None,
    }


def _find_named(resources: list[Mapping[str, Any]], kind: str, name: str) -> Mapping[str, Any] | None:
    outputs = (one.get("outputs") or {} for one in resources if one.get("type") == kind)
    return next((one for one in outputs if one.get("name") == name), None)


def _parse(content: Any) -> dict[str, Any]:
    """Return a document's content, empty where it is not readable: it then differs from the expected one."""
    try:
        found = json.loads(content)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims about sessions."""
    found = parse_content(SessionsContent, content)
    configuration = parse_configuration(contents)
    origin = Origin.SIMULATED if found.session and found.session.simulated else Origin.UNKNOWN if found.session else Origin.FILES
    return Judgement((*_judge_settings(found), *_judge_session(found, configuration)), origin)


def _judge_settings(found: SessionsContent) -> Iterator[Claim]:
    document, key = "the deployed document is the configured one", "records are encrypted with a key"
    if found.unread:
        yield make_claim("document", document, Status.NOT_TESTED, found.unread)
        yield make_claim("record-key", key, Status.NOT_TESTED, found.unread)
        return
    settings = found.settings
    reason = "the state has no such document" if settings.deployed is None else "its settings are others"
    yield make_yes_or_no("document", document, settings.deployed == settings.expected, reason)
    reason = "the state has no such log group" if settings.has_key is None else "the log group has no kmsKeyId"
    yield make_yes_or_no("record-key", key, settings.has_key is True, reason)


def _judge_session(found: SessionsContent, configuration: ConfigurationContent) -> Iterator[Claim]:
    session, stack = found.session, configuration.stack
    if session is None:
        reason = f"no session was verified: containment session verify {stack}"
        yield make_claim("session", "a session was opened, ended and found in its record", Status.NOT_TESTED, reason)
        return
    yield make_yes_or_no("session-stack", f"the verified session is of {stack}", session.stack == stack, f"it is of {session.stack}")
    is_same = session.settings == found.settings.expected
    why = "it was verified with other settings; verify one again"
    yield make_shown("session-settings", "it had today's settings", is_same, why)
    age = configuration.made - session.time
    is_recent = -CLOCK_SLACK <= age <= timedelta(days=MOST_DAYS)
    yield make_yes_or_no("session-recent", f"it is at most {MOST_DAYS} days old", is_recent, f"it is of {session.time.isoformat()}")
    if not session.checks:
        yield make_claim("session", "the session has checks", Status.NOT_TESTED, "the file lists none")
    yield from map(judge_check, session.checks)


PART = PartForm(
    PartName.SESSIONS, "Operators' sessions", "Who gets a shell on the hosts, is it recorded, and was it tried?", collect, judge
)
