"""`containment explain`: the decision on one flow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.options import After, AnswerIn, Before, Config, Folder, StackOrNone, State, print_answer, read_subject
from containment.queries.results import Answer


@print_answer(AnswerIn)
def explain(
    to: Annotated[str, typer.Option("--to", help="NAME:PORT, a URL, or ADDRESS:PORT[/udp|/icmp|/any].")],
    stack: StackOrNone = None,
    state: State = None,
    config: Config = None,
    at: Annotated[str | None, typer.Option("--at", help="The address that the name resolves to; by default any.")] = None,
    http: Annotated[bool, typer.Option("--http", help="Plain HTTP: the name is a Host header.")] = False,
    no_sni: Annotated[bool, typer.Option("--no-sni", help="TLS without a server name.")] = False,
    before: Before = None,
    after: After = None,
    folder: Folder = Path(),
) -> Answer:
    """Explain which rule decides one connection of an agent.

    The answer also lists why no earlier rule decided.
    """
    from containment.queries.explain import explain as ask

    return ask(read_subject(stack, state, config, before, after, folder), to, http=http, no_sni=no_sni, at=at)
