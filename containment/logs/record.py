"""Decision records: one decision of any log, in the form that every reader shares; and the error of a line that cannot be parsed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError, model_validator

from containment.errors import ContainmentError
from containment.fixes.model_findings import summarize_findings
from containment.policy.flow import PolicyVerdict
from containment.reviewed_data import ReviewedModel


class DecisionRecord(ReviewedModel):
    """One decision: time, source, destination, the deciding rule and its verdict.

    `time` is timezone-aware (UTC). `rule_uuid` is the one in the log; `rule` is its name from the rule table, None when it is not
    in the table. `enforced` is False for a deny that was only watched. Ports and bytes are None where the log has none.
    """

    time: datetime
    stack: str
    source: IPv4Address | IPv6Address
    server_name: str | None
    address: IPv4Address | IPv6Address | None
    port: Annotated[int, Field(ge=0, le=65535)] | None
    rule_uuid: UUID | None
    rule: str | None
    verdict: PolicyVerdict
    enforced: bool
    source_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    bytes_out: Annotated[int, Field(ge=0)] | None = None
    bytes_in: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _check_time_and_target(self) -> Self:
        if self.time.tzinfo is None:
            raise ValueError("time needs a time zone")
        if self.server_name is None and self.address is None:
            raise ValueError("needs a server name or an address")
        return self


def render_record(record: DecisionRecord) -> str:
    """Return one line for a person: time, source, name or address, rule, verdict, whether it was applied, bytes."""
    where = record.server_name or str(record.address)
    port = f":{record.port}" if record.port is not None else ""
    verdict = record.verdict.value if record.enforced or record.verdict is PolicyVerdict.PERMIT else "WOULD-DENY"
    size = "" if record.bytes_out is None else f" {record.bytes_out}+{record.bytes_in} bytes"
    rule = record.rule or (str(record.rule_uuid) if record.rule_uuid else "-")
    return f"{record.time:%H:%M:%S.%f}"[:-3] + f" {record.source} -> {where}{port} {verdict} by {rule}{size}"


_SHOWN = 200


class LogFormatError(ContainmentError):
    """A line of a known format with a field that is missing or wrong."""


@contextmanager
def explain_broken_line(kind: str, line: str) -> Iterator[None]:
    """Raise LogFormatError, with the field, for a line that its parser cannot use."""
    try:
        yield
    except ValidationError as error:
        fields = summarize_findings(error, BaseModel, root="record")
        raise LogFormatError(f"{kind} with a wrong field ({fields}): {line[:_SHOWN]}") from None
    except KeyError as error:
        raise LogFormatError(f"{kind} without the field {error}: {line[:_SHOWN]}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LogFormatError(f"{kind} with a wrong field ({error}): {line[:_SHOWN]}") from None
