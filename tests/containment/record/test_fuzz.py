"""No approval or log entry crashes a reader, and none that was changed counts: 1,000 of each, `APPROVALS=1000000` for the full count."""

from __future__ import annotations

import functools
import json
import operator
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner

from containment import strict_json
from containment.errors import ContainmentError, InputError
from containment.loaders.approvers import Approvers, load_approvers
from containment.record.approval_checks import check_signatures, check_window
from containment.record.chain import Head, parse_head, read_chain
from containment.record.entry import EntryKind, build_line, parse_line
from containment.record.envelope import Envelope
from containment.record.files import RecordError
from containment.record.gate import load_record
from containment.record.log import FOLDER, HEAD, LOG, append_decision, read_head
from containment.record.refusal import Refusal
from containment.record.request import read_request, write_request
from tests.containment.observe.test_fuzz import mutate
from tests.containment.record.conftest import NOW, Office

APPROVALS = int(os.environ.get("APPROVALS", "1000"))


def _make_office(folder: Path) -> Office:
    office = Office(folder)
    office.write_approvers()
    return office


def _mutate_json(text: bytes, chance: random.Random) -> bytes:
    """Return JSON with one value changed in kind, moved, dropped or repeated; the rest is whole, so that it reaches the checks behind."""
    document = json.loads(text)
    place = document
    while isinstance(place, dict | list) and place and chance.random() < 0.7:
        below = [one for one in (place.values() if isinstance(place, dict) else place) if isinstance(one, dict | list) and one]
        if not below:
            break
        place = chance.choice(below)
    values = [None, True, 0, -1, 2**53, 1.5, "", "x" * 300, "\ud800", [], {}, [[]], "sha256:" + "0" * 64, "2026-13-01T00:00:00Z", "\x00"]
    if isinstance(place, dict):
        key = chance.choice(list(place))
        change = chance.randrange(4)
        if change == 0:
            place[key] = chance.choice(values)
        elif change == 1:
            del place[key]
        elif change == 2:
            place[chance.choice((f"{key}x", "schema", "kind", ""))] = chance.choice(values)
        else:
            place[key], place[next(iter(place))] = place[next(iter(place))], place[key]
    elif isinstance(place, list):
        place.append(chance.choice(values))
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")


def _judge(envelope: Envelope, approvers: Approvers) -> str:
    """Return the code of a refusal, or "counts"."""
    try:
        decision = envelope.decision
        check_window(decision, NOW)
        check_signatures(envelope, decision, approvers)
    except Refusal as refusal:
        return refusal.code
    return "counts"


@pytest.mark.timeout(36000)
def test_no_changed_request_crashes_and_none_counts(tmp_path: Path) -> None:
    """A request file with a change of bytes or of values is refused, or it is the same decision."""
    office, chance, seen = _make_office(tmp_path), random.Random(15), Counter[str]()
    approvers, path = load_approvers(tmp_path), tmp_path / "request.json"
    signed = office.sign(office.make(), "Approver One")
    write_request(path, signed)
    good = path.read_bytes()
    for _ in range(APPROVALS):
        path.write_bytes(mutate(good, chance) if chance.random() < 0.5 else _mutate_json(good, chance))
        try:
            envelope = read_request(path)
        except InputError:
            seen["unreadable"] += 1
            continue
        code = _judge(envelope, approvers)
        assert code != "counts" or envelope == signed
        seen[code] += 1
    assert sum(seen.values()) == APPROVALS
    assert len(seen) > 1, seen


@pytest.mark.timeout(36000)
def test_no_signed_payload_crashes_and_a_batch_never_counts(tmp_path: Path) -> None:
    """Payloads that are changed and then signed by an approver reach every check behind the signature; what counts is canonical."""
    office, chance, seen = _make_office(tmp_path), random.Random(16), Counter[str]()
    approvers = load_approvers(tmp_path)
    good, signer = office.make().encode(), CryptoSigner(office.keys["Approver One"])
    for _ in range(APPROVALS):
        payload = mutate(good, chance) if chance.random() < 0.3 else _mutate_json(good, chance)
        envelope = Envelope(payload).sign(signer)
        code = _judge(envelope, approvers)
        if code == "counts":
            decision = envelope.decision
            assert decision.encode() == payload
            assert not any(isinstance(value, list | dict) for value in decision.subject.values())
        seen[code] += 1
    assert sum(seen.values()) == APPROVALS
    assert len(seen) > 3, seen


VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    [],
    [{}],
    {},
    {"x": 1},
)
"""A value of every JSON type, and times that UTC does not have."""


def _list_places(document: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value within a document."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield (key,)
        if isinstance(value, dict | list):
            yield from ((key, *rest) for rest in _list_places(value))


def _replace_each(data: bytes) -> Iterator[bytes]:
    """Yield the document once for each of its values and each of `VALUES`, with the one in place of the other."""
    for *above, last in _list_places(json.loads(data)):
        for value in VALUES:
            document = json.loads(data)
            functools.reduce(operator.getitem, above, document)[last] = value
            yield json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def test_no_value_of_another_type_crashes_or_counts(tmp_path: Path) -> None:
    """Each value of a request file, and of a payload before it is signed, is replaced by a value of each type."""
    office = _make_office(tmp_path)
    approvers, path = load_approvers(tmp_path), tmp_path / "request.json"
    signed = office.sign(office.make(), "Approver One")
    write_request(path, signed)
    files = list(_replace_each(path.read_bytes()))
    for text in files:
        path.write_bytes(text)
        try:
            envelope = read_request(path)
        except InputError:
            continue
        assert _judge(envelope, approvers) != "counts" or envelope == signed
    good, signer = office.make().encode(), CryptoSigner(office.keys["Approver One"])
    payloads = list(_replace_each(good))
    for payload in payloads:
        envelope = Envelope(payload).sign(signer)
        assert _judge(envelope, approvers) != "counts" or envelope.decision.encode() == payload
    assert (len(files), len(payloads)) >= (6 * len(VALUES), 16 * len(VALUES))


def _mutate_log(lines: list[bytes], chance: random.Random) -> Iterator[bytes]:
    """Yield the lines with one line changed, and its digest made right half of the time."""
    place = chance.randrange(len(lines))
    for number, line in enumerate(lines):
        if number != place:
            yield line
            continue
        whole = line.removesuffix(b"\n")
        if chance.random() < 0.5:
            yield mutate(whole, chance) + b"\n"
            continue
        entry = strict_json.load(whole.decode())["entry"]
        raw = _mutate_json(json.dumps(entry["body"]).encode(), chance)
        try:
            yield build_line(EntryKind(entry["kind"]), number + 1, entry["previous"], NOW, json.loads(raw))
        except (ContainmentError, UnicodeError):  # a value that has no canonical form cannot be written
            yield raw + b"\n"


@pytest.mark.timeout(36000)
def test_no_changed_entry_crashes_and_every_change_is_found(tmp_path: Path) -> None:
    """Lines in are entries and problems: each changed line is one of the two, and a log that is changed has a problem or other heads."""
    office, chance, seen = _make_office(tmp_path), random.Random(17), Counter[str]()
    for _ in range(3):
        append_decision(office.sign(office.make(previous=read_head(tmp_path).digest), "Approver One"), folder=tmp_path, now=NOW)
    place = tmp_path / FOLDER
    data, head = (place / LOG).read_bytes(), parse_head((place / HEAD).read_bytes())
    lines = data.splitlines(keepends=True)
    for _ in range(APPROVALS):
        changed = b"".join(_mutate_log(lines, chance))
        chain = read_chain(changed, [("the archive", head)])
        unread = {one.line for one in chain.problems if one.kind == "altered"}
        assert len(chain.entries) + len(unread) == changed.count(b"\n")
        assert chain.problems or changed == data
        seen["found" if chain.problems else "the same"] += 1
    assert sum(seen.values()) == APPROVALS
    assert seen["found"] > APPROVALS // 2


@pytest.mark.timeout(36000)
def test_no_folder_that_was_changed_opens_the_gate(tmp_path: Path) -> None:
    """Approvers, log and head with changed bytes give a record, void or the same, or an error with its problem; never another exception."""
    office, chance, seen = _make_office(tmp_path), random.Random(18), Counter[str]()
    append_decision(office.sign(office.make(), "Approver One"), folder=tmp_path, now=NOW)
    files = [tmp_path / "approvers.yaml", tmp_path / FOLDER / LOG, tmp_path / FOLDER / HEAD]
    whole = {path: path.read_bytes() for path in files}
    for _ in range(max(200, APPROVALS // 10)):
        path = chance.choice(files)
        path.write_bytes(b"\n".join(mutate(line, chance) if chance.random() < 0.3 else line for line in whole[path].split(b"\n")))
        try:
            record = load_record(tmp_path)
            seen["void" if record.problem else "a record"] += 1
            # Bytes without an end are the trace of a crash, and no entry.
            assert record.problem or path != files[1] or path.read_bytes().rpartition(b"\n")[0] == whole[path].rstrip(b"\n")
        except (InputError, RecordError):
            seen["an error"] += 1
        path.write_bytes(whole[path])
    assert {"void", "an error"} <= set(seen)


def test_a_line_of_any_bytes_is_an_entry_or_a_value_error(tmp_path: Path) -> None:
    """Random bytes, and none at all."""
    chance = random.Random(19)
    for size in (0, 1, 20, 300):
        for _ in range(50):
            with pytest.raises(ValueError, match=r"\w"):
                parse_line(chance.randbytes(size))
            with pytest.raises(ValueError, match=r"\w"):
                parse_head(chance.randbytes(size))
    assert parse_head(Head().encode()) == Head()
