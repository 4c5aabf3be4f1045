"""`containment explain`: the decision on one flow."""

from __future__ import annotations

from typing import Annotated

import typer

from containment.cli.options import AnswerIn, SubjectOptions, print_answer
from containment.queries.results import Answer


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

    return ask(subject.read(), to, http=http, no_sni=no_sni, at=at)
