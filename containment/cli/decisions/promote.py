"""`containment promote`: destinations become entries with owner and end, by a pull request that shows what they open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import refuse_usage, write_file
from containment.cli.options import DryRun, Folder, LastDay, PrText, StackOrNone, TableIn, print_answer
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.observe.evidence import Evidence


@print_answer(TableIn)
def promote(
    destinations: Annotated[list[str] | None, typer.Argument(metavar="DEST", help="Exact hosts, or wildcards with --wildcard.")] = None,
    stack: StackOrNone = None,
    set_: Annotated[str | None, typer.Option("--set", help="A catalog set, in place of --stack.")] = None,
    key: Annotated[str, typer.Option("--key", help="The key of the stack that takes the entry.")] = "approvedSaasApiDomains",
    owner: Annotated[str, typer.Option("--owner", help="Owner of the destination.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why the agent needs it, in one sentence.")] = "",
    function: Annotated[str | None, typer.Option("--function", help="The work that needs it; the reason by default.")] = None,
    ticket: Annotated[str | None, typer.Option("--ticket", help="The request that approved it.")] = None,
    until: LastDay = None,
    wildcard: Annotated[bool, typer.Option("--wildcard", help="One wildcard for several hosts of one domain.")] = False,
    uploads: Annotated[
        bool | None, typer.Option("--uploads/--no-uploads", help="Review: the host takes uploads.", show_default=False)
    ] = None,
    relays: Annotated[bool | None, typer.Option("--relays/--no-relays", help="Review: the host forwards data.", show_default=False)] = None,
    tenants: Annotated[
        bool | None,
        typer.Option("--foreign-tenant/--no-foreign-tenant", help="Review: other tenants use the same host name.", show_default=False),
    ] = None,
    evidence: Annotated[Path | None, typer.Option("--evidence", help="Output of `containment observe --json`.")] = None,
    from_evidence: Annotated[
        list[str] | None, typer.Option("--from-evidence", metavar="NAME", help="A host or domain of the evidence.")
    ] = None,
    all_in_catalog: Annotated[bool, typer.Option("--all-in-catalog", help="Every host of the evidence that a set lists.")] = False,
    policy: Annotated[Path | None, typer.Option("--policy", help="The Controller's rules: its JSON, or a state.")] = None,
    controller: Annotated[
        bool | None, typer.Option("--controller/--no-controller", help="Read other owners' rules on the Controller.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    branch: Annotated[bool, typer.Option("--branch", help="Make a git branch and a commit.")] = False,
    pr_text: PrText = None,
    folder: Folder = Path(),
) -> Answer:
    """Permit destinations that were observed, with owner and end.

    Shows the newly allowed flows and the change in blast radius, and writes the entry into a stack's file or a catalog set. A second run
    changes nothing. The comparison includes the rules of other owners: those of --policy, else of this folder's lab while it is up, else
    of the configured Controller. If none can be read, only the stack's own rules are compared.
    """
    from containment.observe.evidence import read_evidence
    from containment.promotion.promote import (
        build_document,
        compare_own_only,
        make_chain_source,
        prepare_promotion,
        require_options,
    )
    from containment.promotion.pull_request import (
        commit_on_branch,
        make_branch_name,
        make_commit_subject,
        render_pull_request,
        require_clean_checkout,
    )
    from containment.promotion.request import Request

    reader = InputReader("cannot promote")
    seen = reader.read(lambda: None if evidence is None else read_evidence(evidence)[0])
    selected = reader.read(lambda: _select_names(seen.get_or(None), from_evidence or (), in_catalog=all_in_catalog) if seen.is_read else [])
    source = reader.read(lambda: make_chain_source(policy, controller, folder))
    names = (*(destinations or ()), *selected.get_or([]))
    request = Request(
        destinations=names,
        stack=stack,
        set_name=set_,
        key=key,
        owner=owner,
        reason=reason,
        function=function,
        ticket=ticket,
        until=until or "",
        wildcard=wildcard,
        uploads=uploads,
        relays=relays,
        foreign_tenant=tenants,
    )
    today = datetime.now(UTC).date()
    accepted = None
    if not names and (from_evidence or all_in_catalog) and not (seen.is_read and selected.is_read):
        reader.read(lambda: require_options(request, folder, today))  # which names are meant is not known
    else:
        accepted = reader.read(lambda: prepare_promotion(request, folder, seen.get_or(None), today, source.get_or(compare_own_only)))
    reader.require()
    assert accepted is not None, "names that cannot be read raise"
    promotion = accepted.value
    change = promotion.change
    text, made, commit = "", None, None
    if change.is_changed:
        text = render_pull_request(request, change, promotion.sections)
        made = make_branch_name(request, change)
        if branch:
            require_clean_checkout(folder, made)
        if not dry_run:
            write_file(change.path, change.after)
            if branch:
                commit = commit_on_branch(folder, made, [change.path], make_commit_subject(request, change), text)
        if pr_text is not None:
            write_file(pr_text, text)
    state = "would be written" if dry_run else "written"
    listed = ", ".join(str(one["name"]) for one in change.written)
    headline = f"{change.name}: {listed} {state}; branch {made}" + (f", commit {commit[:12]}" if commit else "")
    if not change.is_changed:
        headline = f"Nothing to do: {change.name} has every entry already"
    document = build_document(promotion, dry_run=dry_run, branch=made, commit=commit, text=text)
    return Answer("promote", headline, Exit.OK, promotion.sections, document=document, sections_tell=True)


def _select_names(evidence: Evidence | None, wanted: Sequence[str], *, in_catalog: bool) -> list[str]:
    from containment.promotion.observations import select_names

    if not wanted and not in_catalog:
        return []
    if evidence is None:
        refuse_usage(
            "--evidence",
            "is not given",
            "--from-evidence and --all-in-catalog take names from it",
            "give --evidence FILE, the output of `containment observe --json`",
        )
    return select_names(evidence, wanted, in_catalog=in_catalog)
