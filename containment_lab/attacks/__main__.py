"""Make attempts: `python -m containment_lab.attacks` reads a list of them as JSON on stdin and prints their results on stdout.

All run at once. A refused, reset or unanswered attempt is a result, no error: only receipts decide whether its nonce arrived.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from containment_lab.attacks import lookups, names, packets, plain_protocols, segments
from containment_lab.attacks.task import Attempt, Technique

TECHNIQUES: dict[str, Technique] = {
    name: made for module in (names, plain_protocols, lookups, packets, segments) for name, made in module.TECHNIQUES.items()
}


def make_attempt(given: dict[str, Any]) -> dict[str, Any]:
    """Make one attempt and return its marks, its ports, the credentials that it obtained, and its end."""
    words = given.pop("command")
    options = dict(word.partition("=")[::2] for word in words[1:])
    attempt = Attempt(**given, options=options)
    try:
        TECHNIQUES[words[0]](attempt)
        ended = "sent"
    except KeyError as error:
        ended = f"no such technique: {error}"
    except Exception as error:  # noqa: BLE001 - any error is the attempt's result
        ended = f"{type(error).__name__}: {error}"
    marks, asked = sorted(set(attempt.marks)), sorted(set(attempt.asked))
    told = {"id": attempt.id, "marks": marks, "asked": asked, "ports": attempt.ports, "answered": attempt.answered}
    return {**told, "took": attempt.took, "ended": ended}


def main() -> None:
    """Make all attempts and print their results."""
    argparse.ArgumentParser(prog="python -m containment_lab.attacks", description=__doc__).parse_args()
    try:
        given = json.load(sys.stdin)
    except ValueError:
        sys.exit("error: stdin is no JSON list of attempts; the lab writes it: run containment lab report or containment lab verify")
    with ThreadPoolExecutor(max_workers=max(1, min(40, len(given)))) as pool:
        json.dump(list(pool.map(make_attempt, given)), sys.stdout)


if __name__ == "__main__":
    main()
