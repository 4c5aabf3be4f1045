"""`containment request`: write an unsigned decision for approvers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import read_overrides, refuse_usage
from containment.cli.options import DEFAULT_STACK, Config, Folder, ReasonInWords, Stack, TextIn, print_answer, read_configured_stack
from containment.errors import InputError, Problem
from containment.input_reader import InputReader
from containment.queries.results import Answer

_KINDS_WITHOUT_EVIDENCE = ("promotion", "dismissal", "rollback", "waiver")


@print_answer(TextIn)
def request(
    kind: Annotated[str, typer.Argument(help="promotion, dismissal, enforce, rollback or waiver.")],
    reason: ReasonInWords,
    by: Annotated[str, typer.Option("--by", help="Your name; you cannot approve it.")],
    stack: Stack = DEFAULT_STACK,
    name: Annotated[str | None, typer.Option("--name", help="The destination, host or waived rule.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="The waived resource, where --name is a rule.")] = None,
    evidence: Annotated[Path | None, typer.Option("--evidence", help="JSON file of `containment observe`, for enforce.")] = None,
    days: Annotated[int, typer.Option("--days", help="Days for which it is valid.", min=1, max=366)] = 90,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file; by default in decisions/requests/.")] = None,
    config: Config = None,
    folder: Folder = Path(),
) -> Answer:
    """Write a request for a decision, which approvers sign.

    The request contains the digest of what is requested: of the stack's current policy, and of the entry or waiver.
    """
    from containment.queries.records.decisions import build_request, check_evidence
    from containment.record.log import read_head

    reader = InputReader("no request is written")
    reader.read(lambda: _check_kind(kind))
    reader.read(lambda: _check_words(reason, by))
    found = reader.read(lambda: read_configured_stack(stack, config, folder))
    if evidence is not None and kind not in _KINDS_WITHOUT_EVIDENCE:
        reader.read(lambda: check_evidence(evidence))
    reader.read(lambda: read_head(folder))
    reader.require()
    return build_request(
        kind,
        spec=found.value,
        name=name,
        resource=resource,
        evidence=evidence,
        requester=by,
        reason=reason,
        days=days,
        out=out,
        folder=folder,
        overrides=read_overrides(reader, config),
        now=datetime.now(UTC),
    )


def _check_kind(kind: str) -> None:
    from containment.fixes.nearest_word import make_proposal

    kinds = (*_KINDS_WITHOUT_EVIDENCE, "enforce")
    if kind not in kinds:
        fix = make_proposal(kind, kinds, "see --help")
        refuse_usage("KIND", f"is no kind of decision ({kind!r})", "approvers differ by kind", fix)


def _check_words(reason: str, requester: str) -> None:
    """Raise InputError with each of the two texts that contains no word."""
    from containment.fixes.words import has_word

    given = (
        ("--reason", reason, "approvers decide about a reason", "write --reason TEXT"),
        ("--by", requester, "nobody approves a request of their own", "write --by with your name"),
    )
    problems = [Problem(option, f"is no text with a word ({text!r})", why, fix) for option, text, why, fix in given if not has_word(text)]
    if problems:
        raise InputError("no request is written", problems)
