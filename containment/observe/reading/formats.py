"""Formats of log lines, recognized by content and never by a file's name; headers are valid for the rest of their file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from containment.logs.aws import DEFAULT_FIELDS, PROTOCOL_NUMBERS, FlowAction, FlowRecord, QueryRecord, find_status, parse_flow_header
from containment.logs.decisions import decide_from_flow, decide_from_gateway, decide_from_query
from containment.logs.gateway import PacketLine, parse_gateway_line
from containment.logs.record import DecisionRecord, LogFormatError
from containment.observe.reading import flowiq
from containment.observe.reading.agents import AgentNetworks, is_answer
from containment.observe.reading.decision_row import AnswerRow, DecisionRow, Source, make_row

_EXPORT_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z +(?=\S)")
"""The time that CloudWatch Logs writes before each line of an export to S3."""
_PROTOCOLS: Final = {number: name for name, number in PROTOCOL_NUMBERS.items()}


class Skipped(StrEnum):
    """Lines that are no decision and no mistake."""

    BLANK = "blank"
    COMMENT = "comment"
    HEADER = "header"
    NO_DATA = "vpc-flow-nodata"
    SKIPPED_DATA = "vpc-flow-skipdata"
    LAB_DECISION = "lab-decision"
    """The lab's own decision log repeats the gateway's and the resolver's lines."""


class UnknownFormatError(LogFormatError):
    """A line of no known format."""


@dataclass
class ParsedLine:
    """What a line has: a decision, or the reason why it has none; answers of the resolver; a time without records."""

    kind: str
    row: DecisionRow | None = None
    answers: tuple[AnswerRow, ...] = ()
    hole: tuple[datetime, datetime] | None = None
    sequence: tuple[str, int] | None = None
    """The gateway and the number of its L4 line."""


@dataclass
class LineReader:
    """Reader of one file's lines; keeps the file's headers."""

    stack: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    agents: AgentNetworks = field(default_factory=AgentNetworks)
    _table: flowiq.Header | None = None
    _has_begun: bool = False
    """Whether the file had a line with content."""
    _fields: tuple[str, ...] = DEFAULT_FIELDS

    @property
    def has_table(self) -> bool:
        """Whether the file has a header of a FlowIQ export so far."""
        return self._table is not None

    def read(self, line: str) -> ParsedLine:
        """Return what a line has; raises LogFormatError for a line that cannot be used, ForeignTableError for a whole file."""
        try:
            found = self._read(line)
            self._has_begun |= found.kind not in (Skipped.BLANK, Skipped.COMMENT)
            return found
        except LogFormatError:
            self._has_begun = True
            raise
        except ValidationError as error:
            raise LogFormatError(
                "; ".join(f"{'.'.join(map(str, one['loc'])) or 'record'}: {one['msg']}" for one in error.errors())
            ) from None
        except (ValueError, OverflowError, RecursionError) as error:
            raise LogFormatError(str(error) or type(error).__name__) from None

    def _read(self, line: str) -> ParsedLine:
        if not line.strip():
            return ParsedLine(Skipped.BLANK)
        if "AviatrixGwMicrosegPacket" in line or "traffic_server[" in line:
            return self._read_gateway(line.strip())
        text = _EXPORT_TIME.sub("", line.strip(), count=1)
        if text.startswith("{"):
            return self._read_json(text)
        if text.startswith("#"):
            return ParsedLine(Skipped.COMMENT)
        row = _EXPORT_TIME.sub("", line.strip(" \r\n"), count=1)  # tabs at the ends are empty fields
        if "\t" in row and (table := self._find_header(row)):  # before the header of VPC flow logs, which a tab could separate
            self._table = table
            return ParsedLine(Skipped.HEADER)
        if names := parse_flow_header(text):
            self._fields = names
            return ParsedLine(Skipped.HEADER)
        if (status := find_status(text, self._fields)) in ("NODATA", "SKIPDATA"):
            return self._read_hole(text, status)
        if record := FlowRecord.parse(text, self._fields):
            return ParsedLine(Source.VPC_FLOW, self._make_flow(record))
        if flowiq.is_separator_line(text):
            return ParsedLine(Skipped.COMMENT)
        if table := self._find_header(row):
            self._table = table
            return ParsedLine(Skipped.HEADER)
        if self._table:
            decision, protocol, gateway = flowiq.parse_record(row, self._table, self.stack, self.rules)
            by_agent = self.agents.has(decision.source)
            return ParsedLine(Source.FLOWIQ, make_row(decision, Source.FLOWIQ, gateway, protocol=protocol, flow=None, by_agent=by_agent))
        raise UnknownFormatError("is of no known format")

    def _find_header(self, row: str) -> flowiq.Header | None:
        """Return the header of a FlowIQ export; only the first line with content can be that of a foreign table."""
        try:
            return flowiq.parse_header(row)
        except flowiq.ForeignTableError:
            if self._has_begun:
                return None
            raise

    def _read_gateway(self, line: str) -> ParsedLine:
        record = parse_gateway_line(line)
        if record is None:
            raise LogFormatError("a line of the gateway without the lead or the fields of its format")
        decision = decide_from_gateway(record, self.stack, self.rules)
        by_agent = self.agents.has(record.source)
        if isinstance(record, PacketLine):
            flow = f"{record.gateway}|l4|{record.source_port}|{record.session}" if record.session else None
            row = make_row(decision, Source.GATEWAY_L4, record.gateway, protocol=record.protocol.lower(), flow=flow, by_agent=by_agent)
            if record.size and "SESSION_EVENT=1" in line:  # the count of a session that has ended, both directions
                row = row._replace(bytes_out=record.size)
            return ParsedLine(Source.GATEWAY_L4, row, sequence=(record.gateway, record.session))
        flow = f"{record.gateway}|l7|{record.source_port}|{record.session}" if record.session else None
        row = make_row(decision, Source.GATEWAY_L7, record.gateway, protocol="tcp", flow=flow, upstream=record.upstream, by_agent=by_agent)
        return ParsedLine(Source.GATEWAY_L7, row)

    def _read_json(self, text: str) -> ParsedLine:
        if record := QueryRecord.parse(text):
            by_agent = self.agents.has(record.srcaddr)
            row = make_row(
                decide_from_query(record, self.stack),
                Source.RESOLVER,
                record.vpc_id,
                protocol=record.transport.lower(),
                flow=None,
                by_agent=by_agent,
            )
            name = row.server_name or ""
            found = tuple(AnswerRow(name, one.rdata) for one in record.answers if one.type in ("A", "AAAA"))
            return ParsedLine(Source.RESOLVER, row, answers=found)
        fields = json.loads(text)
        if isinstance(fields, dict) and {"verdict", "rule_uuid", "server_name"} <= fields.keys():
            DecisionRecord.model_validate(fields)
            return ParsedLine(Skipped.LAB_DECISION)
        raise UnknownFormatError("is JSON, but no query of the resolver")

    def _read_hole(self, text: str, status: str) -> ParsedLine:
        found = dict(zip(self._fields, text.split(), strict=True))
        if status == "NODATA":
            return ParsedLine(Skipped.NO_DATA)
        start, end = (datetime.fromtimestamp(int(found[key]), UTC) for key in ("start", "end"))
        return ParsedLine(Skipped.SKIPPED_DATA, hole=(start, end))

    def _make_flow(self, record: FlowRecord) -> DecisionRow:
        decision = decide_from_flow(record, self.stack)
        source, destination = self.agents.has(record.source), self.agents.has(record.destination)
        protocol = _PROTOCOLS.get(record.protocol, str(record.protocol))
        kind = Source.VPC_FLOW if source else Source.VPC_INBOUND
        row = make_row(decision, kind, record.interface, protocol=protocol, flow=None, by_agent=source)._replace(bytes_out=record.size)
        if record.action is FlowAction.ACCEPT and is_answer(source, destination, record.source_port, record.port):
            return row._replace(
                source=Source.VPC_FLOW.value,
                agent=str(record.destination),
                by_agent=True,
                address=str(record.source),
                port=record.source_port or None,
                bytes_out=None,
                bytes_in=record.size,
            )
        return row
