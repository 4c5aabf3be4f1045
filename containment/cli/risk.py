"""`containment risk`: the blast radius of a compromised agent."""

from __future__ import annotations

from containment.cli.asked import After, As, Before, Config, Stack, State, end, subject
from containment.cli.common import overrides_of, told
from containment.verify.render import Format


def risk(
    stack: Stack = None,
    state: State = None,
    config: Config = None,
    before: Before = None,
    after: After = None,
    format_: As = Format.TABLE,
) -> None:
    """Say what a fully compromised agent could still do, by kind, and what would close it."""
    from containment.verify.ask.risk import risk as ask
    from containment.verify.subjects import residual

    with told():
        answer = ask(subject(stack, state, config, before, after), residual(stack, overrides_of(config or [])) if stack else ())
    end(answer, format_)
