"""`containment prove`: every statement that must hold."""

from __future__ import annotations

from containment.cli.asked import After, As, Before, Config, Stack, State, end, subject
from containment.cli.common import told
from containment.verify.render import Format


def prove(
    stack: Stack = None,
    state: State = None,
    config: Config = None,
    before: Before = None,
    after: After = None,
    format_: As = Format.TABLE,
) -> None:
    """Prove what must hold for an agent, for every flow there is; what does not hold is shown with a flow."""
    from containment.verify.ask.prove import prove as ask

    with told():
        answer = ask(subject(stack, state, config, before, after))
    end(answer, format_)
