"""Make attempts: `python -m containment.lab.world.attacks` reads a list of them as JSON on stdin and tells on stdout what became of each.

All run at once. One that is refused, reset or left without an answer is told as such and has not failed: what arrived is for others to
say.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from containment.lab.world.attacks import cloud, lookups, names, packets, plain, segments
from containment.lab.world.attacks.task import Attempt, Technique

TECHNIQUES: dict[str, Technique] = {
    name: made for module in (names, plain, lookups, packets, segments, cloud) for name, made in module.TECHNIQUES.items()
}


def made(given: dict[str, Any]) -> dict[str, Any]:
    """Make one attempt and tell its marks, its ports, what it took, and how it ended."""
    words = given.pop("command")
    options = dict(word.partition("=")[::2] for word in words[1:])
    attempt = Attempt(**given, options=options)
    try:
        TECHNIQUES[words[0]](attempt)
        ended = "sent"
    except KeyError as error:
        ended = f"no such technique: {error}"
    except Exception as error:  # noqa: BLE001 - whatever stopped it is what is told
        ended = f"{type(error).__name__}: {error}"
    marks, asked = sorted(set(attempt.marks)), sorted(set(attempt.asked))
    told = {"id": attempt.id, "marks": marks, "asked": asked, "ports": attempt.ports, "answered": attempt.answered}
    return {**told, "took": attempt.took, "ended": ended}


def main() -> None:
    """Make every attempt."""
    given = json.load(sys.stdin)
    with ThreadPoolExecutor(max_workers=max(1, min(40, len(given)))) as pool:
        json.dump(list(pool.map(made, given)), sys.stdout)


if __name__ == "__main__":
    main()
