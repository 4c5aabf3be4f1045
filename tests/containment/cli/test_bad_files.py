"""Every option and argument that names a file: a file that cannot be used is one error with file, reason and fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from containment.observe.evidence import SCHEMA
from containment.queries.records import decisions

from .commands import commands
from .conftest import Run

ENTRY = ("--owner", "Team net", "--reason", "needed for work", "--until", "2030-01-31", "--dry-run")
SLOTS: dict[str, tuple[str, ...]] = {
    "state": ("reach", "--state", "given.json"),
    "state to compare": ("diff", "./given.json", "coding-monitor"),
    "state to check": ("check", "given.json"),
    "other owners": ("prove", "--stack", "coding-monitor", "--before", "given.json"),
    "rules": ("observe", "gateway.log", "--rules", "given.json"),
    "evidence of a promotion": ("promote", "--evidence", "given.json", "--from-evidence", "a.org", "--stack", "coding-monitor", *ENTRY),
    "evidence of enforce": ("enforce", "coding-monitor", "--evidence", "given.json"),
    "rendering for OpenShell": ("render", "--as", "openshell", "--check", "given.json"),
    "rendering for the launcher": ("render", "--as", "launcher", "--check", "given.json"),
    "rendering of WebGroups": ("render", "--as", "webgroups", "--check", "given.json"),
    "baseline": ("baseline", "check", "gateway.log", "--profile", "given.json"),
    "request": ("approve", "request", "given.json", "--key", "key.pem", "--as", "security-approver", "--yes"),
    "evidence bundle": ("evidence", "verify", "given.json"),
    "attestation": ("attest", "verify", "given.json", "--public-key", "key.pem"),
    "declaration": ("discover", "--declared", "given.json"),
}


def make_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


FILES: dict[str, bytes | Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(missing_ok=True),
    "folder": Path.mkdir,
    "link to itself": make_link_to_itself,
    "empty": b"",
    "binary": bytes(range(256)),
    "number": b"7",
    "list": b'[null, 1, "x", {}]',
    "other object": b'{"schema": 7, "stack": true, "version": "1"}',
    "cut off": b'{"schema": "containment-observe/v1", "stack": [',
    "nested": b"[" * 100_000,
}
FOREIGN = re.compile(
    "Traceback|Errno|codec|Expecting|Input should|Value error|Field required|Extra inputs|validation error|NoneType|Exception"
    "|TypeError|KeyError|AttributeError"
)
"""Words of Python and of its libraries."""


@pytest.mark.parametrize("made", FILES)
@pytest.mark.parametrize("slot", SLOTS)
def test_a_file_that_cannot_be_used_is_one_error_with_a_fix(stacks: Path, run: Run, slot: str, made: str) -> None:
    content, path = FILES[made], stacks / "given.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    (stacks / "gateway.log").write_text("")
    done = run(*SLOTS[slot])
    assert done.exit_code in (1, 2, 10), done.output
    assert FOREIGN.search(done.output) is None, done.output
    if done.exit_code != 10:
        assert "fix:" in done.stderr, done.output
        assert done.stdout == ""


@pytest.mark.parametrize(("words", "command"), list(commands()), ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_an_unreadable_file_is_explained_by_its_reader_and_not_by_the_parser(words: tuple[str, ...], command: Any) -> None:
    paths = [one.type_descriptor.parameter_info for one in command.params if hasattr(one, "type_descriptor")]
    assert [one for one in paths if one.readable] == []


def test_evidence_of_a_request_is_an_observation(stacks: Path, run: Run) -> None:
    assert decisions._EVIDENCE == SCHEMA
    asked = (
        "request",
        "enforce",
        "--stack",
        "coding-monitor",
        "--reason",
        "needed for work",
        "--by",
        "security-approver",
        "--evidence",
        "given.json",
    )
    for text in ("[]", "{}", '{"schema": "containment-attest/v1"}'):
        (stacks / "given.json").write_text(text)
        done = run(*asked)
        assert done.exit_code == 1, done.output
        assert "has not the schema containment-observe/v1" in done.stderr
        assert not (stacks / "decisions").exists()
