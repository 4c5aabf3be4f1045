"""The hash chain of the log, without signatures: whole lines in order, compared with anchored heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from containment import strict_json
from containment.record.decision import GENESIS
from containment.record.digests import canonicalize, is_digest
from containment.record.entry import Entry, parse_line

HEAD_SCHEMA: Final = "containment-head/v1"


class LogProblemKind(StrEnum):
    """What is wrong with a log."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    FORKED = "forked"
    TORN = "torn"
    NO_HEAD = "no-head"
    BAD_HEAD = "bad-head"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class LogProblem:
    """One problem, at a line (0: the whole file)."""

    kind: LogProblemKind
    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a log at some time: how many entries there were, and its digest."""

    entries: int = 0
    digest: str = GENESIS

    def encode(self) -> bytes:
        """Return the head as a file's bytes."""
        return canonicalize({"schema": HEAD_SCHEMA, "entries": self.entries, "digest": self.digest}) + b"\n"


def parse_head(data: bytes) -> Head:
    """Return the head of a file's bytes; raise ValueError for any other bytes."""
    raw: Any = strict_json.load_bytes(data)
    if not isinstance(raw, dict) or type(raw.get("entries")) is not int or not is_digest(str(raw.get("digest"))):
        raise ValueError("is no head of a log")
    head = Head(raw["entries"], raw["digest"])
    if head.encode() != data or head.entries < 0 or (head.entries == 0) is not (head.digest == GENESIS):
        raise ValueError("is not as it was written")
    return head


@dataclass(frozen=True)
class Chain:
    """The entries of a log, the problems of its chain, and the bytes of its whole lines."""

    entries: tuple[Entry, ...]
    problems: tuple[LogProblem, ...]
    size: int

    @property
    def head(self) -> Head:
        """The head that these entries have."""
        return Head(len(self.entries), self.entries[-1].digest) if self.entries else Head()

    def find_head_problem(self, head: Head, name: str) -> LogProblem | None:
        """Return what is wrong if a log does not continue the log of an anchored head.

        Args:
            head: an earlier head of the same log.
            name: where the head is anchored, for the message.
        """
        if head.entries > len(self.entries):
            what = f"has {len(self.entries)} entries, and {name} anchors {head.entries}: it was cut, or replaced by an older log"
            return LogProblem(LogProblemKind.TRUNCATED, 0, what)
        if head.entries and self.entries[head.entries - 1].digest != head.digest:
            what = f"is not the entry that {name} anchors: the log is another one from here, or from an earlier line"
            return LogProblem(LogProblemKind.FORKED, head.entries, what)
        return None


def read_chain(data: bytes, heads: Sequence[tuple[str, Head]] = ()) -> Chain:
    """Return the chain of a log's bytes; every problem is listed.

    A last line without its end is the trace of a crash during an append that nobody was told about; it is no problem unless an
    anchored head counts it.

    Args:
        data: the bytes of the log.
        heads: anchored heads with the place of each.
    """
    *lines, tail = data.split(b"\n")
    entries: list[Entry] = []
    problems: list[LogProblem] = []
    previous = GENESIS
    for number, line in enumerate(lines, 1):
        try:
            entry = parse_line(line)
        except ValueError as error:
            problems.append(LogProblem(LogProblemKind.ALTERED, number, str(error)))
            previous = ""
            continue
        if entry.sequence != number:
            kind = LogProblemKind.MISSING if entry.sequence > number else LogProblemKind.REORDERED
            problems.append(LogProblem(kind, number, f"has the sequence number {entry.sequence}"))
        if entry.previous != previous and previous:
            problems.append(LogProblem(LogProblemKind.REORDERED, number, "does not name the digest of the line before"))
        entries.append(entry)
        previous = entry.digest
    size = len(data) - len(tail)
    chain = Chain(tuple(entries), (), size)
    if len(entries) == len(lines):
        problems += [problem for name, head in heads if (problem := chain.find_head_problem(head, name)) is not None]
    return Chain(chain.entries, tuple(problems), size)
