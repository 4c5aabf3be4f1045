"""Entries of the log about actions: the request of an agent, and the start and the outcome of what was approved."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from containment.errors import InputError
from containment.fixes.model_findings import summarize_findings
from containment.fixes.words import has_word
from containment.record.decision import Digest, Text, Time, is_several
from containment.record.digests import digest_json
from containment.record.refusal import Refusal, RefusalCode

REQUEST_SCHEMA: Final = "containment-action-request/v1"
_TEXTS: Final = ("schema", "kind", "tool", "target", "policyDigest", "requestedBy", "task")
_Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ExecutionState(StrEnum):
    """How far an approved action got."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The process ended between the start and the outcome; the action is not repeated."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry's body."""
        return self.model_dump(mode="json", by_alias=True)


class ActionRequest(_Body):
    """An action that waits for decisions.

    Attributes:
        request: random text that names the request; it is used once.
        stack: the stack of the agent.
        agent_class: the stack's class, whose approvers decide.
        action: the action, as `Action.describe` returns it.
        action_digest: the digest of the action.
        persons: how many different persons must approve it.
        risk: what may go wrong, for the reviewers.
        created: when it was requested.
        deadline: the moment from which on it is denied.
    """

    request: _Nonce
    stack: Annotated[str, Field(min_length=1)]
    agent_class: Annotated[str, Field(min_length=1)]
    action: dict[str, Any]
    action_digest: Digest
    persons: Annotated[int, Field(strict=True, ge=1)]
    risk: Text
    created: Time
    deadline: Time

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.deadline <= self.created:
            raise ValueError("deadline is not after created")
        if self.action.keys() != {*_TEXTS, "arguments"} or not all(isinstance(self.action[key], str) for key in _TEXTS):
            raise ValueError("action is no action")
        if not isinstance(self.action["arguments"], dict):
            raise ValueError("arguments are no object")
        if not (self.action["tool"] and self.action["target"] and has_word(self.requester)):
            raise ValueError("action has no tool, no target or no requester")
        if is_several(self.stack):
            raise ValueError(f"stack is {self.stack!r}, which is not one stack")
        if digest_json(self.action) != self.action_digest:
            raise ValueError("actionDigest is not the digest of action")
        return self

    @property
    def requester(self) -> str:
        """The agent that wants the action."""
        return str(self.action["requestedBy"])


class Execution(_Body):
    """One step of the execution of an approved action."""

    request: _Nonce
    stack: Annotated[str, Field(min_length=1)]
    action_digest: Digest
    state: ExecutionState
    detail: Annotated[str, Field(max_length=2000)] = ""


_T = TypeVar("_T", bound=_Body)


def parse_body(model: type[_T], raw: Any) -> _T:
    """Return the body of an entry; raise Refusal MALFORMED for any other form."""
    try:
        found = model.model_validate(raw)
    except ValidationError as error:
        raise Refusal(RefusalCode.MALFORMED, summarize_findings(error, model, root="entry", most=1)) from None
    except InputError as error:
        raise Refusal(RefusalCode.MALFORMED, str(error)) from None
    if found.to_dict() != raw:
        raise Refusal(RefusalCode.MALFORMED, "is in another form than this program writes")
    return found


def build_final_refusal(request: ActionRequest, code: RefusalCode, what: str, *, is_final: bool = True) -> dict[str, Any]:
    """Return the body of a refusal that names the request of an action; a final one ends it."""
    return {
        "code": code.value,
        "what": what,
        "decision": "action",
        "stack": request.stack,
        "requester": request.requester,
        "request": request.request,
        "actionDigest": request.action_digest,
        "final": is_final,
    }


def is_before(first: datetime, second: datetime) -> bool:
    """Return whether a time is before another one, in whole seconds, as the log has them."""
    return first.replace(microsecond=0) < second.replace(microsecond=0)
