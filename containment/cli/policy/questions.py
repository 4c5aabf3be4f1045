"""`containment explain`, `reach`, `diff`, `prove` and `risk`, answered for every flow, and `check`: the pack's rules without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import read_overrides, refuse_usage
from containment.cli.help.completion import complete_rule_ids, complete_stack_names
from containment.cli.options import AnswerIn, Config, Folder, Real, SubjectOptions, print_answer
from containment.input_reader import InputReader
from containment.queries.results import Answer

_EITHER = "A stack, REV:STACK, REV (all its stacks) or a state file."


@print_answer(AnswerIn)
def explain(
    to: Annotated[str, typer.Option("--to", help="NAME:PORT, a URL, or ADDRESS:PORT[/udp|/icmp|/any].")],
    subject: SubjectOptions,
    at: Annotated[str | None, typer.Option("--at", help="The address that the name resolves to; by default any.")] = None,
    http: Annotated[bool, typer.Option("--http", help="Plain HTTP: the name is a Host header.")] = False,
    no_sni: Annotated[bool, typer.Option("--no-sni", help="TLS without a server name.")] = False,
) -> Answer:
    """Explain which rule decides one connection of an agent.

    The answer also lists why no earlier rule decided.
    """
    from containment.queries.explain import explain as ask
    from containment.queries.explain import parse_destination

    reader = InputReader("cannot explain")
    reader.read(lambda: parse_destination(to, at, http=http, no_sni=no_sni))
    found = reader.read(subject.read)
    reader.require()
    return ask(found.value, to, http=http, no_sni=no_sni, at=at)


@print_answer(AnswerIn)
def reach(
    subject: SubjectOptions,
    names: Annotated[bool, typer.Option("--names", help="List every name.")] = False,
) -> Answer:
    """List everything an agent can reach.

    The list is exact, as if every deny were applied; it includes the rules that never decide.
    """
    from containment.queries.reach import reach as ask

    return ask(subject.read(), names=names)


@print_answer(AnswerIn)
def diff(
    before: Annotated[str, typer.Argument(help=_EITHER, autocompletion=complete_stack_names)],
    after: Annotated[str, typer.Argument(help="As BEFORE; `.` is every stack of the folder.", autocompletion=complete_stack_names)] = ".",
    config: Config = None,
    folder: Folder = Path(),
) -> Answer:
    """Show what two policies decide differently.

    Newly allowed flows come first, then newly denied ones, then those that another rule decides. --config applies to AFTER.
    """
    from containment.queries.comparison.diff import compare_policies as ask
    from containment.queries.comparison.revision import make_pairs

    reader = InputReader("cannot compare")
    overrides = read_overrides(reader, config)
    pairs = reader.read(lambda: make_pairs(before, after, folder, overrides))
    reader.require()
    return ask(pairs.value, before, after)


@print_answer(AnswerIn)
def prove(subject: SubjectOptions) -> Answer:
    """Prove every required property of a policy.

    Each statement is proved for every possible flow; a false statement comes with a counterexample.
    """
    from containment.queries.prove import prove as ask
    from containment.queries.subject.subjects import read_rendering_proofs

    return ask(subject.read(), read_rendering_proofs(subject.stack, subject.overrides, subject.folder) if subject.stack else ())


@print_answer(AnswerIn)
def risk(subject: SubjectOptions) -> Answer:
    """List the harm that a fully compromised agent could do.

    One table per kind of harm, with the setting that closes it.
    """
    from containment.queries.risk import describe_risk as ask
    from containment.queries.subject.subjects import read_residual_risks

    return ask(subject.read(), read_residual_risks(subject.stack, subject.overrides, subject.folder) if subject.stack else ())


@print_answer(AnswerIn)
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Checkpoints, stack exports or `pulumi preview --json`.")] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; repeatable.", autocompletion=complete_rule_ids)] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="STACK", help="Read the account and Controller live.", autocompletion=complete_stack_names),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="A deployed stack, or the file of its state; repeatable.", autocompletion=complete_stack_names),
    ] = None,
    waivers: Annotated[bool, typer.Option("--waivers", help="Print only the waivers' text for --state.")] = False,
    real: Real = False,
    folder: Folder = Path(),
) -> Answer:
    """Check states, previews or a live account against the rules.

    Files are checked offline. --state adds the text of a waiver to each violation, for a stack that an upgraded pack newly refuses.
    --account STACK reads the stack's VPC and Controller (this folder's lab while it is up, else the account of your AWS credentials)
    and joins them with the stack's state: --state FILE, the lab's, or `pulumi stack export`.
    """
    if account is not None:
        return _check_live(account, files, state or [], rule or [], real, folder)
    if state:
        answer = _check_deployed([*map(str, files or []), *state], rule or [], real, folder)
        if waivers:
            typer.echo(answer.data.get("waivers", ""))
            raise typer.Exit(int(answer.exit))
        return answer
    from containment.queries.check import check as ask
    from containment.queries.check import choose_rules

    def require_files() -> None:
        if not files or waivers:
            refuse_usage(
                "--waivers" if waivers else "FILES",
                "is given without --state" if waivers else "are not given",
                "waivers are written for a deployed state" if waivers else "there is nothing to check",
                "give --state STACK" if waivers else "give files, --state STACK or --account STACK",
            )

    reader = InputReader("cannot check")
    reader.read(require_files)
    if reader.has_errors:
        reader.read(lambda: choose_rules(rule or ()))
    reader.require()
    return ask(files or (), rule or ())


def _check_deployed(named: list[str], rules: list[str], real: bool, folder: Path) -> Answer:
    from containment.machine import live_systems
    from containment.machine.deployed_state import read_deployed_states
    from containment.queries.check import check_states, choose_rules

    home = None if real else live_systems.find_running_lab()
    reader = InputReader("cannot check")
    reader.read(lambda: choose_rules(rules))
    states = reader.read(lambda: read_deployed_states(named, home, folder))
    reader.require()
    return check_states(states.value, rules, named, offer_waivers=True)


def _check_live(stack: str, files: list[Path] | None, state: list[str], rules: list[str], real: bool, folder: Path) -> Answer:
    from containment.machine import live_systems
    from containment.machine.deployed_state import read_state
    from containment.queries.account.check import check_account
    from containment.queries.check import choose_rules
    from containment.queries.subject.state_policy import find_region
    from policypack.graph.resources import Graph

    def require_one_state() -> None:
        if files or len(state) > 1:
            refuse_usage("--account", "is given with several states", "it joins the account with one", "give at most one, as --state FILE")

    home = None if real else live_systems.find_running_lab()
    reader = InputReader("cannot check")
    reader.read(require_one_state)
    reader.read(lambda: choose_rules(rules))
    found = reader.read(lambda: read_state(stack, Path(state[0]) if state else None, home, folder))
    reader.require()
    resources = found.value
    region = find_region(Graph(resources))
    place = live_systems.find_lab_systems(home) if home else live_systems.find_real_systems(stack, region, demanded=real, folder=folder)
    return check_account(stack, resources, place, region, rules, is_lab=home is not None)
