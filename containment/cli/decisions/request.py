"""`containment request`: write an unsigned decision for approvers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import parse_overrides, refuse_usage
from containment.cli.options import DEFAULT_STACK, Config, Folder, ReasonInWords, Stack, TextIn, print_answer
from containment.queries.results import Answer


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

    It is bound to the digest of exactly what is requested: the stack's policy of today, and its entry or waiver.
    """
    from containment.fixes.nearest_word import make_proposal
    from containment.queries.records.decisions import build_request

    if kind not in (kinds := ("promotion", "dismissal", "enforce", "rollback", "waiver")):
        fix = make_proposal(kind, kinds, "see --help")
        refuse_usage("KIND", f"is no kind of decision ({kind!r})", "approvers differ by kind", fix)
    return build_request(
        kind,
        stack=stack,
        name=name,
        resource=resource,
        evidence=evidence,
        requester=by,
        reason=reason,
        days=days,
        out=out,
        folder=folder,
        overrides=parse_overrides(config),
        now=datetime.now(UTC),
    )
