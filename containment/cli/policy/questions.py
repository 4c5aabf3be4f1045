"""`containment explain`, `reach`, `diff`, `prove` and `risk`: questions about a policy, answered for every flow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import parse_overrides
from containment.cli.help.completion import complete_stack_names
from containment.cli.options import AnswerIn, Config, Folder, SubjectOptions, keep_pairs, print_answer
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
    after: Annotated[str, typer.Argument(help="The same; `.` is every stack of the folder.", autocompletion=complete_stack_names)] = ".",
    config: Config = None,
    folder: Folder = Path(),
) -> Answer:
    """Show what two policies decide differently.

    Newly allowed flows come first, then newly denied ones, then those that another rule decides. --config applies to AFTER.
    """
    from containment.queries.comparison.diff import compare_policies as ask
    from containment.queries.comparison.diff_sides import make_pairs

    reader = InputReader("cannot compare")
    reader.read(lambda: parse_overrides(config))
    pairs = reader.read(lambda: make_pairs(before, after, folder, parse_overrides(keep_pairs(config))))
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
