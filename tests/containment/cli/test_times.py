"""Every option that takes a time refuses the side of now on which it has no meaning, with why and a fix, and takes the other."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from containment.exit_code import Exit
from containment.times import CLOCK_SLACK
from tests.containment.cli.commands import commands
from tests.containment.cli.conftest import Run

OPTIONS: Final = {"--at", "--since", "--until", "--from", "--today", "--deadline"}
PAST, FUTURE = "2000-01-01", "2999-01-01"
STACK: Final = ("--stack", "coding-monitr")
"""A mistake that ends every command before it does anything."""
ENTRY: Final = ("--owner", "Team net", "--reason", "needed for work")
AGENT: Final = ("--owner-business", "Team", "--purpose", "-")
TIMES: Final[dict[tuple[str, str], tuple[tuple[str, ...], str | None]]] = {
    ("evidence run", "--at"): (("coding-monitr",), FUTURE),
    ("observe", "--since"): (("x.log", *STACK), FUTURE),
    ("observe", "--until"): (("x.log", *STACK), None),
    ("baseline learn", "--since"): (("x.log", *STACK), FUTURE),
    ("baseline learn", "--until"): (("x.log", *STACK), None),
    ("baseline check", "--since"): (("x.log", *STACK), FUTURE),
    ("baseline check", "--until"): (("x.log", *STACK), None),
    ("baseline estate", "--since"): (("x.log", "--vended", "here"), FUTURE),
    ("baseline estate", "--until"): (("x.log", "--vended", "here"), None),
    ("bundle build", "--from"): (("--revision", "1", "--until", "2999-02-01", *STACK), None),
    ("bundle build", "--until"): (("--revision", "1", *STACK), PAST),
    ("bundle verify", "--at"): (("nowhere", "--public-key", "none.pem"), None),
    ("catalog due", "--today"): ((), None),
    ("vend list", "--today"): ((), None),
    ("vend show", "--today"): (("nobody",), None),
    ("vend new", "--today"): (("one", *AGENT, *STACK), None),
    ("vend new", "--until"): (("one", *AGENT, *STACK), PAST),
    ("vend new", "--deadline"): (("one", *AGENT, *STACK), PAST),
    ("promote", "--until"): (("one.example.com", *ENTRY, *STACK), PAST),
}
"""Command and option -> its other words, and the time that it refuses; None where it takes any.

The end of a window may be ahead, as that of today is. A bundle can be judged at any time, and a day can be any on which one asks what
is due then.
"""
ADDRESS: Final = ("explain", "--at")


def test_every_option_that_takes_a_time_is_here() -> None:
    found = {(" ".join(words), name) for words, command in commands() for one in command.params for name in one.opts if name in OPTIONS}
    assert found == {*TIMES, ADDRESS}


@pytest.mark.parametrize("moment", [PAST, FUTURE])
@pytest.mark.parametrize(("command", "option"), TIMES, ids=lambda text: text)
def test_a_time_on_the_wrong_side_of_now_is_refused(stacks: Path, run: Run, command: str, option: str, moment: str) -> None:
    (stacks / "x.log").write_text("")
    words, refused = TIMES[command, option]
    text = f"{moment}T12:00:00Z" if option in ("--at", "--deadline") else moment
    done = run(*command.split(), *words, option, text)
    named = re.search(rf"^ *(?:error: )?(?:.*: )?{option}\b.*\n *why: .+\n *fix: .+", done.output, re.MULTILINE)
    assert bool(named) == (moment == refused), done.output
    if named:
        assert done.exit_code in (Exit.ERROR, Exit.USAGE)


@pytest.mark.parametrize(("ahead", "is_refused"), [(CLOCK_SLACK / 2, False), (CLOCK_SLACK * 2, True)])
def test_a_time_of_evidence_may_be_ahead_only_as_far_as_clocks_differ(stacks: Path, run: Run, ahead: timedelta, is_refused: bool) -> None:
    assert stacks == Path.cwd()
    said = run("evidence", "run", "coding-monitr", "--at", f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%SZ}").output
    assert ("--at: is in the future" in said) == is_refused


def test_a_build_date_in_the_future_is_refused_as_an_option_is(stacks: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stacks == Path.cwd()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(datetime(2999, 1, 1, tzinfo=UTC).timestamp())))
    assert "SOURCE_DATE_EPOCH: is in the future" in run("evidence", "run", "coding-monitr").output


@pytest.mark.parametrize("command", [("observe",), ("baseline", "learn"), ("baseline", "check"), ("baseline", "estate")])
def test_a_window_that_ends_before_it_begins_is_refused(stacks: Path, run: Run, command: tuple[str, ...]) -> None:
    (stacks / "x.log").write_text("")
    done = run(*command, "x.log", "--since", "2026-11-02", "--until", "2026-11-01")
    assert done.exit_code == Exit.USAGE
    assert "--until: is not after --since" in done.output
