"""`containment check`: the policy pack without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from containment.cli.asked import As, end
from containment.cli.common import fail, told
from containment.verify.answers import Exit
from containment.verify.render import Format


def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Checkpoints, stack exports, or `pulumi preview --json` output.")] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; may be repeated.")] = None,
    account: Annotated[str | None, typer.Option("--account", metavar="STACK", help="Read the account and Controller live.")] = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="A deployed stack, or the file of its state; repeatable.")] = None,
    waivers: Annotated[bool, typer.Option("--waivers", help="Print only the waivers' text for --state.")] = False,
    real: Annotated[bool, typer.Option("--real", help="The real account, though a lab is up here.")] = False,
    format_: As = Format.TABLE,
) -> None:
    """Judge states, previews, or a live account by the policy pack's rules.

    Offline for files. --state adds the text of a waiver for each violation: what an upgraded pack newly refuses. --account STACK
    reads the stack's VPC and Controller (this folder's lab while it is up, else the account of your AWS credentials) and joins
    them with the stack's state: --state FILE, the lab's, or `pulumi stack export`.
    """
    if account is not None:
        _live(account, files, state or [], rule or [], real, format_)
    if state:
        _deployed([*map(str, files or []), *state], rule or [], real, waivers, format_)
    from containment.verify.ask.check import check as ask

    if not files or waivers:
        fail("give a file to check, --state STACK, or --account STACK; --waivers goes with --state", Exit.USAGE)
    with told():
        answer = ask(files, rule or ())
    end(answer, format_)


def _deployed(named: list[str], rules: list[str], real: bool, waivers: bool, format_: Format) -> NoReturn:
    from containment.verify.account.state import deployed_states
    from containment.verify.ask.check import check_states
    from containment.verify.preflight import places

    home = None if real else places.running_lab()
    with told():
        answer = check_states(deployed_states(named, home), rules, named, offer_waivers=True)
    if waivers:
        typer.echo(answer.data.get("waivers", ""))
        raise typer.Exit(int(answer.exit))
    end(answer, format_)


def _live(stack: str, files: list[Path] | None, state: list[str], rules: list[str], real: bool, format_: Format) -> NoReturn:
    from containment.verify.account.check import check_account
    from containment.verify.account.state import state_of
    from containment.verify.preflight import places
    from containment.verify.state_policy import region_of
    from policypack.graph import Graph

    if files or len(state) > 1:
        fail("--account takes one state at most, by --state FILE", Exit.USAGE)
    home = None if real else places.running_lab()
    with told():
        resources = state_of(stack, Path(state[0]) if state else None, home)
        region = region_of(Graph(resources))
        place = places.lab(home) if home else places.real(stack, region, demanded=real)
        answer = check_account(stack, resources, place, region, rules, is_lab=home is not None)
    end(answer, format_)
