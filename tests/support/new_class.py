"""The class of docs/guides/add-a-class.md, which the product does not ship: the guide's steps, and the rows that hold for it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from containment.loaders.scenarios import read_scenarios
from tests.support.child import REPOSITORY
from tests.support.guide_steps import read_steps

GUIDE: Final = REPOSITORY / "docs" / "guides" / "add-a-class.md"
NAME: Final = "sre"
STEPS: Final = tuple(read_steps(GUIDE.read_text(encoding="utf-8")))
TABLE: Final = read_scenarios(Path(__file__).with_suffix(".yaml"))
TRACKER: Final = "acme.tickets.example"
"""The name that the guide answers the question for the tracker with."""

AGENTS: Final = {"sre-monitor": "incident-reader", "sre-enforce": "incident-helper"}
"""The agent that the guide vends for each stack."""

ENDS: Final = {
    "containment diff": (11, "NEWLY ALLOWED"),
    "containment explain --stack sre-enforce --to https://acme.tickets.example": (0, "PERMITTED: "),
    "containment explain --stack sre-enforce --to https://github.com": (10, "DENIED: "),
    "containment observe": (10, "enforce mode would deny 1 destination"),
    "containment plan": (0, "vca-openclaw-allow-api-runbooks"),
    "containment vend": (0, "open questions"),
    "containment lab up": (0, " is up: "),
    "containment lab run": (0, ""),
}
"""Exit code of each command of the guide, and words of its output, by its first words."""


def find_end(words: str) -> tuple[int, str]:
    """Return how a command of the guide ends."""
    command = words.removeprefix(".venv/bin/")
    return ENDS[max((start for start in ENDS if command.startswith(start)), key=len)]
