"""`containment explain`: what one flow meets."""

from __future__ import annotations

from typing import Annotated

import typer

from containment.cli.asked import After, As, Before, Config, Stack, State, end, subject
from containment.cli.common import told
from containment.verify.render import Format


def explain(
    to: Annotated[str, typer.Option("--to", help="NAME:PORT, ADDRESS:PORT; /udp, /icmp or /any after it for another protocol.")],
    stack: Stack = None,
    state: State = None,
    config: Config = None,
    at: Annotated[
        str | None, typer.Option("--at", help="The address that is contacted under that name; any public one if not given.")
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Plain HTTP: the name is a Host header.")] = False,
    no_sni: Annotated[bool, typer.Option("--no-sni", help="TLS without a server name.")] = False,
    before: Before = None,
    after: After = None,
    format_: As = Format.TABLE,
) -> None:
    """Say whether an agent can open one connection, by which rule, and why no earlier rule decided."""
    from containment.verify.ask.explain import explain as ask

    with told():
        answer = ask(subject(stack, state, config, before, after), to, http=http, no_sni=no_sni, at=at)
    end(answer, format_)
