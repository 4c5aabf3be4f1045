"""The gateway's decisions, and their form for the agent and the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from containment.credential_gateway.api import CredentialForm


class DenyRule(StrEnum):
    """Why a request is refused; the agent and the log receive the name."""

    UNKNOWN_DESTINATION = "unknown-destination"
    DESTINATION_MISMATCH = "destination-mismatch"
    PATH_NOT_CANONICAL = "path-not-canonical"
    REFUSED_PATH = "refused-path"
    PATH_NOT_PERMITTED = "path-not-permitted"
    METHOD_NOT_PERMITTED = "method-not-permitted"
    QUERY_NOT_PERMITTED = "query-not-permitted"
    REPEATED_HEADER = "repeated-header"
    PLACEHOLDER_OF_ANOTHER_HOST = "placeholder-of-another-host"
    CONTENT_TYPE = "content-type-not-permitted"
    CONTENT_ENCODING = "content-encoding-not-permitted"
    BODY_OVER_LIMIT = "body-over-limit"
    BODY_NOT_PERMITTED = "body-not-permitted"
    BODY_NOT_READABLE = "body-not-readable"
    BODY_FIELD = "body-field-not-permitted"
    BODY_REFERENCE = "body-reference-not-permitted"
    TOOL_NOT_PERMITTED = "tool-not-permitted"
    MODEL_NOT_PERMITTED = "model-not-permitted"
    NAME_NOT_PERMITTED = "name-not-permitted"
    KEY_NOT_AVAILABLE = "key-not-available"
    DECISION_NOT_AVAILABLE = "decision-not-available"


class RefusedError(Exception):
    """A request that is refused: the rule, the reason without anything that the client sent, and the kind of a refused path."""

    def __init__(self, rule: DenyRule, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.rule, self.reason, self.kind = rule, reason, kind


@dataclass(frozen=True, kw_only=True)
class Permit:
    """A permitted request.

    Attributes:
        operation: the operation that permits it, as `<api>:<name>`.
        host: the destination.
        secret: the secret whose value is put in; bound to the destination.
        credential: how it is put in.
        target: path and query in canonical form, without the destination.
        set_headers: headers to set, apart from the credential.
        remove_headers: names of headers to remove.
        names: the values of parameters: the model, a repository.
        stripped: credentials of the client that were removed, by the header or query key, from a fixed list of names.
    """

    operation: str
    host: str
    secret: str
    credential: CredentialForm
    target: str
    set_headers: Mapping[str, str]
    remove_headers: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    stripped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Deny:
    """A refused request. `reason` has nothing that the client sent, so that it can be logged."""

    rule: DenyRule
    reason: str
    agent_class: str
    host: str = ""
    kind: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the answer for the agent."""
        return {
            "error": "denied",
            "rule": self.rule.value,
            **({"kind": self.kind} if self.kind else {}),
            "reason": self.reason,
            "class": self.agent_class,
            "destination": self.host,
            "request": "credentialGateway in the stack file, by pull request of the agent's owner",
        }


Decision = Permit | Deny
