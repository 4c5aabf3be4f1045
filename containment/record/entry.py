"""One line of the log: canonical JSON with the entry, its sequence number, the digest of the entry before, and its own digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from containment import strict_json
from containment.record.digests import canonicalize, digest_bytes
from containment.record.envelope import Envelope
from containment.record.refusal import Refusal
from containment.times import format_time

_START: Final = b'{"digest":"'
_MIDDLE: Final = b'","entry":'
_END: Final = b"}"
_KEYS: Final = frozenset({"kind", "sequence", "previous", "time", "body"})


class EntryKind(StrEnum):
    """What an entry records."""

    DECISION = "decision"
    REJECTION = "rejection"
    """A reviewer's signed no."""
    REFUSAL = "refusal"
    """A decision that a check refused; not signed."""
    ACTION_REQUEST = "action-request"
    """An action that waits for decisions; not signed."""
    EXECUTION = "execution"
    """The start or the outcome of an approved action; not signed."""
    STOP = "stop"
    """A stop of hosts, or their return, which needs no approval; not signed."""

    @property
    def is_signed(self) -> bool:
        """Whether the entry's body is a signed envelope."""
        return self in (EntryKind.DECISION, EntryKind.REJECTION)


@dataclass(frozen=True)
class Entry:
    """One entry; `digest` is the digest of its canonical JSON, which the next entry names."""

    kind: EntryKind
    sequence: int
    previous: str
    time: datetime
    body: Mapping[str, Any]
    digest: str

    @cached_property
    def envelope(self) -> Envelope:
        """The signed envelope of a decision or a rejection; raises Refusal."""
        return Envelope.parse(self.body)


def build_line(kind: EntryKind, sequence: int, previous: str, time: datetime, body: Mapping[str, Any]) -> bytes:
    """Return the bytes of one line, with its end."""
    entry = canonicalize({"kind": kind.value, "sequence": sequence, "previous": previous, "time": format_time(time), "body": dict(body)})
    return _START + digest_bytes(entry).encode() + _MIDDLE + entry + _END + b"\n"


def parse_line(line: bytes) -> Entry:
    """Return the entry of a line without its end; raise ValueError if any byte is not as it was written.

    The digest is computed over the entry's bytes as they are in the line, so no byte needs to be written again to be compared.
    """
    digest, middle, rest = line[len(_START) :].partition(_MIDDLE)
    if not line.startswith(_START) or not middle or not rest.endswith(_END):
        raise ValueError("is no entry")
    data = rest[: -len(_END)]
    if digest_bytes(data).encode() != digest:
        raise ValueError("does not have the digest that it names")
    try:
        entry = strict_json.load_bytes(data)
        if not isinstance(entry, dict) or entry.keys() != _KEYS or not isinstance(entry["body"], dict):
            raise ValueError("is no entry")
        kind, time = EntryKind(entry["kind"]), datetime.fromisoformat(entry["time"])
        if format_time(time) != entry["time"] or type(entry["sequence"]) is not int or not isinstance(entry["previous"], str):
            raise ValueError("has a value of another form")
        found = Entry(kind, entry["sequence"], entry["previous"], time, entry["body"], digest.decode())
        if kind.is_signed:
            assert found.envelope, "a body without an envelope raises"
    except (Refusal, TypeError) as error:
        raise ValueError(str(error)) from None
    return found
