"""The content of one agent file, `agents/<name>.yaml`: every key with its type and fix; sizes of hosts; and the stack's marker.

Class, mode and site follow from the stack, so no key repeats them. Forbidden actions are recorded and passed on as evidence; the network
does not enforce them.

The marker `agents/<stack>.by-request` keeps a stack's hosts by request. A stack without agent files has a single host that no person
requested. Once a stack has had an agent this must not return, whoever removes the last agent file and however; Pulumi's state is not read
by a program, so the folder itself records it. The file's presence counts, and its text is for readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from containment.catalog.preset import Harness
from containment.config.stack_name import find_name_problem, suggest_name
from containment.fixes.texts import make_slug, remove_repeats
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.fixes.words import has_word
from containment.reviewed_data import ReviewedModel
from containment.times import convert_to_utc, format_time


class Size(StrEnum):
    """The size of an agent's host; without one, the stack's `agentInstanceType` decides."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


INSTANCE_TYPES: Final[Mapping[Size, str]] = {Size.SMALL: "t3.medium", Size.MEDIUM: "t3.large", Size.LARGE: "t3.xlarge"}
"""Instance type of each size: 4, 8 and 16 GiB of memory. `medium` is the default of `agentInstanceType`."""


FOLDER: Final = "agents"
DAYS_OF_NOTICE: Final = 14
"""Days before an agent's end from which on `preflight` fails."""
MARKER_SUFFIX: Final = ".by-request"
NOT_ENFORCED: Final = "recorded as evidence; the network does not enforce them"
"""What is said of forbidden actions wherever they are shown."""

LONGEST_NAME: Final = 40
RESERVED_NAMES: Final = ("list", "new", "remove", "show")
"""Words that are commands of `containment vend`."""

_NAME: Final = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
_HOST: Final = "host"
_TAG_TEXT: Final = re.compile(r"[\w .:/=+@-]*")
_LONGEST_TAG: Final = 128
_LONGEST_PURPOSE: Final = 300
_MOMENT: Final = "write a moment in UTC, such as 2027-03-31T18:00:00Z"
_DAY: Final = "write a day as YYYY-MM-DD, such as 2027-03-31"


class DataClassification(StrEnum):
    """The most sensitive data that an agent works with."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class ForbiddenAction(StrEnum):
    """Actions that an agent must not take; later layers enforce them, the network does not."""

    ACCESS_CONTROL_CHANGE = "access-control-change"
    ACCOUNT_CREATION = "account-creation"
    CODE_MERGE = "code-merge"
    DATA_DELETION = "data-deletion"
    DATA_EXPORT = "data-export"
    DATABASE_WRITE = "database-write"
    DEPLOYMENT = "deployment"
    EXTERNAL_MESSAGE = "external-message"
    PAYMENT = "payment"
    SECRET_READ = "secret-read"  # noqa: S105 - the name of an action


def find_agent_name_problem(name: str) -> tuple[str, str] | None:
    """Return what is wrong with an agent's name, and the fix; None when nothing is.

    A name becomes part of logical names, of role names and of tags. The word `host` separates a stack's name from an agent's in names of
    roles, so an agent's name does not contain it as a part.
    """
    fix = f"use a name such as {_propose_name(name)}"
    if not name:
        return "is empty", fix
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; at most {LONGEST_NAME} are allowed", fix
    if not _NAME.fullmatch(name) or "--" in name:
        return "is not made of lower-case letters, digits and single '-', beginning with a letter", fix
    if name in RESERVED_NAMES:
        return "is the name of a command of `containment vend`", fix
    if _HOST in name.split("-"):
        return f"has the part {_HOST!r}, which separates stack and agent in names of roles", fix
    return None


def _propose_name(name: str) -> str:
    parts = [part for part in (make_slug(name, 1, LONGEST_NAME) or "").split("-") if part not in ("", _HOST)]
    near = "-".join(parts)
    return f"{near}-agent" if near in RESERVED_NAMES else near or "invoice-reader"


def _check_tag_text(noun: str) -> Callable[[str], str]:
    """Return a check of a text that becomes a tag of the host: one line of a tag's characters, with a word in it."""

    def check(text: str) -> str:
        if not has_word(text):
            raise UnfitError("contains no word", f"write {noun}, in words")
        if len(text) > _LONGEST_TAG or not _TAG_TEXT.fullmatch(text) or text != text.strip():
            near = re.sub(r"[^\w.:/=+@-]+", " ", text).strip()[:_LONGEST_TAG].strip()
            what = f"is not a tag of 1 to {_LONGEST_TAG} letters, digits, inner spaces and . : / = + @ - _"
            raise UnfitError(what, f"write {near}", near if has_word(near) else NO_VALUE)
        return text

    return check


def _check_purpose(text: str) -> str:
    if not has_word(text):
        raise UnfitError("contains no word", "write one sentence: what the agent is for")
    if len(text) > _LONGEST_PURPOSE or not text.isprintable() or text != text.strip():
        near = " ".join("".join(char if char.isprintable() else " " for char in text).split())[:_LONGEST_PURPOSE].strip()
        raise UnfitError(f"is not one line of at most {_LONGEST_PURPOSE} printable characters", f"write {near}", near)
    return text


def _check_stack(text: str) -> str:
    if problem := find_name_problem(text):
        near = suggest_name(text)
        raise UnfitError(problem, f"write {near or 'the name of a stack, such as coding-monitor'}", near or NO_VALUE)
    return text


def parse_day(raw: Any) -> date:
    """Return a day from a YAML date or an ISO text; raise UnfitError for anything else, such as a time or a number."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raise UnfitError("is not a day of the calendar", _DAY) from None
    raise UnfitError("is not a day (YYYY-MM-DD)", _DAY)


def parse_moment(raw: Any) -> datetime:
    """Return a moment from a YAML time or an ISO text with its zone, in UTC; raise UnfitError for anything else."""
    found = raw
    if isinstance(raw, str):
        try:
            found = datetime.fromisoformat(raw)
        except ValueError:
            raise UnfitError("is not a moment", _MOMENT) from None
    if not isinstance(found, datetime):
        raise UnfitError("is not a moment", _MOMENT)
    if found.tzinfo is None:
        raise UnfitError("has no time zone", f"write {format_time(found.replace(tzinfo=UTC))}, if it is in UTC")
    try:
        utc = convert_to_utc(found)
    except ValueError:
        raise UnfitError("is no time in UTC", _MOMENT) from None
    if found.microsecond or found.second:
        raise UnfitError("is not a whole minute", f"write {format_time(found.replace(second=0, microsecond=0))}")
    return utc


def _refuse_repeats(actions: tuple[ForbiddenAction, ...]) -> tuple[ForbiddenAction, ...]:
    kept, repeats = remove_repeats(actions)
    if repeats:
        twice = ", ".join(sorted({actions[place].value for place, _ in repeats}))
        raise UnfitError(f"has twice: {twice}", "list each action once", [one.value for one in kept])
    return actions


_Owner = Annotated[
    str,
    AfterValidator(_check_tag_text("a person or a team that people can look up")),
    WithJsonSchema({"type": "string", "minLength": 2, "maxLength": _LONGEST_TAG}),
]
_Purpose = Annotated[str, AfterValidator(_check_purpose), WithJsonSchema({"type": "string", "minLength": 2, "maxLength": _LONGEST_PURPOSE})]
_Stack = Annotated[str, AfterValidator(_check_stack), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,100}$"})]


FIXES: Final = {
    "stack": "name the stack whose network and policy it uses, such as stack: coding-monitor",
    "owner": "add owner with business, securityApprover and dataSteward, each a person or a team",
    "owner.business": "name who answers for the agent's work: a person or a team",
    "owner.securityApprover": "name who approved the agent's access: a person or a team",
    "owner.dataSteward": "name who answers for the data that the agent sees: a person or a team",
    "purpose": "write one line: what the agent is for",
    "dataClassification": f"write one of {', '.join(DataClassification)}",
    "until": f"set the last day on which it has a host: {_DAY}",
}
"""Fixes of required keys that are not set."""


class Owners(ReviewedModel):
    """Who answers for an agent: for its work, for its security, and for the data that it sees."""

    business: _Owner = Field(description="Who answers for the agent's work: a person or a team.")
    security_approver: _Owner = Field(description="Who approved the agent's access: a person or a team.")
    data_steward: _Owner = Field(description="Who answers for the data that the agent sees: a person or a team.")


_Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class AgentContent(ReviewedModel):
    """The content of an agent file; the file's name is the agent's name."""

    stack: _Stack = Field(description="The stack whose network and policy the agent uses; class, mode and site follow from it.")
    owner: Owners = Field(description="Who answers for the agent.")
    purpose: _Purpose = Field(description="What the agent is for, in one line.")
    data_classification: DataClassification = Field(description="The most sensitive data that the agent works with.")
    until: Annotated[date, BeforeValidator(parse_day)] = Field(description="The last day on which the agent has a host, as YYYY-MM-DD.")
    harness: Harness | None = Field(None, description="The agent software; without it, the stack's.")
    size: Size | None = Field(None, description="The size of the host; without it, the stack's agentInstanceType decides.")
    forbidden_actions: Annotated[tuple[ForbiddenAction, ...], AfterValidator(_refuse_repeats)] = Field(
        (), description="Actions that the agent must not take. Recorded as evidence; the network does not enforce them."
    )
    ephemeral: bool = Field(False, description="Whether the host is for one task: it ends at the deadline, with its disk.")
    deadline: _Moment | None = Field(None, description="The moment at which an ephemeral host ends, in UTC.")


def find_deadline_problem(agent: AgentContent) -> tuple[str, str, str] | None:
    """Return the key, what is wrong and the fix where an agent's end and its deadline do not fit; None where they do."""
    if agent.ephemeral and agent.deadline is None:
        return "deadline", "is not set, and the agent is ephemeral", _MOMENT
    if agent.deadline is None:
        return None
    if not agent.ephemeral:
        return "deadline", "is set, and the agent is not ephemeral", "add ephemeral: true, or remove deadline"
    if agent.deadline.date() > agent.until:
        what = f"is {format_time(agent.deadline)}, after the agent's last day, {agent.until}"
        return "deadline", what, f"write a moment up to {agent.until}T23:59:00Z, or have the owner set a later until"
    return None


class Agent(AgentContent):
    """One agent, with the name of its file."""

    name: str

    def is_active(self, today: date) -> bool:
        """Return whether the agent has a host; its last day is included."""
        return today <= self.until

    def has_passed_deadline(self, now: datetime) -> bool:
        """Return whether the agent is ephemeral and its deadline has come."""
        return self.ephemeral and self.deadline is not None and now >= self.deadline

    def count_days_left(self, today: date) -> int:
        """Return the days until the end: 0 on the last day, negative afterwards."""
        return (self.until - today).days

    @property
    def file(self) -> str:
        """The file of the agent, relative to the folder with Pulumi.yaml."""
        return f"{FOLDER}/{self.name}.yaml"


def make_marker_name(stack: str) -> str:
    """Return the path of a stack's marker inside of the project."""
    return f"{FOLDER}/{stack}{MARKER_SUFFIX}"


def build_marker(stack: str) -> str:
    """Return the text of a stack's marker."""
    return f"The hosts of {stack} are made by request: one per agent file that names the stack, and none without one.\n"
