"""Riddle words per 1,000 words of docstrings, comments and other strings: `python -m tools.words [--at-most N] [--list] [--json]`.

A riddle word forces a reader to translate: a thing as speaker, a clause in place of a noun, a plain word in place of the field's term.
RIDDLES lists them by the rule of prose that each breaks. Code in backticks is not counted. The threshold applies to docstrings.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tools.sources import Kind, Source, Text, find_texts, read_sources

RIDDLES: Final[Mapping[str, str]] = {
    "a noun, not a noun clause": r"whom|(?:^|(?<=\n\n))\s*(?:what|who|which|where|how)\b(?![^.\n]*\?)|what is (?:known|asked|told) of",
    "things do not speak": (
        r"says?|said|saying|tells?|told|telling|asks?|asked|asking|hears?|heard|hearing|speaks?|speaking|spoken|talks?|talked"
        r"|stands?|stood|standing|hangs?|hung|hanging|holds?|held|holding|knows?|wants?|wanted|lives in|sits?|wishes"
    ),
    "the field's word": (
        r"nobody|somebody|anybody|everybody|strangers?|beside|anew|doors?|ways? in|ways? out|gone|vended|whoever|neighbou?rs?"
    ),
    "whose own": r"of (?:its|their|his|her|our|your|one's|an?other's) own|an own|own one",
    "per": r"(?:one|two|three|once|twice|\d+)(?: (?!(?:{between})\b)[a-z-]+)? an? [a-z]+|an? (?:line|page|file|list|rule) an? [a-z]+",
    "the product speaks of itself": r"ours?|us|we|seeds?|design decisions?|the card|the brief",
}
"""Rule of prose -> the words that break it, as a pattern without case."""
_BETWEEN: Final = (
    "is|of|in|with|for|as|to|has|had|and|or|that|under|on|from|by|at|was|if|not|when|than|without|behind|into|be|such|which|where|are|but|it"
    "|after|before"
)
"""Words after a number after which `a` is no rate, as in `one is a host`."""
_TERMS: Final = re.compile(
    r"locks? (?:is |are )?held|h(?:olds?|eld|olding) (?:the|a|its|no) (?:\w+ )?lock|stand-?ins?|hash seeds?|`[^`]*`", re.IGNORECASE
)
"""Terms of the field that contain a listed word, and code."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'-]*")
_WORST: Final = 12


def _compile_pattern() -> re.Pattern[str]:
    parts = [rf"(?P<r{number}>{each.replace('{between}', _BETWEEN)})" for number, each in enumerate(RIDDLES.values())]
    return re.compile(rf"(?<![\w`.-])(?:{'|'.join(parts)})(?![\w-])(?!\.\w)", re.IGNORECASE)


_RIDDLE: Final = _compile_pattern()


@dataclass(slots=True)
class Count:
    """Numbers of words and riddle words in some texts."""

    words: int = 0
    riddles: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """The number of riddle words."""
        return self.riddles.total()

    @property
    def rate(self) -> float:
        """Riddle words per 1,000 words."""
        return round(1000 * self.total / self.words, 1) if self.words else 0.0

    def add(self, text: str) -> None:
        """Add the words of a text to the counts."""
        self.words += len(_WORD.findall(text))
        self.riddles.update(word for word, _ in find_riddles(text))


def find_riddles(text: str) -> Iterator[tuple[str, int]]:
    """Yield each riddle word of a text with its offset."""
    prose = _TERMS.sub(lambda found: re.sub(r"[^\n]", "_", found[0]), text)
    for found in _RIDDLE.finditer(prose):
        yield " ".join(found[0].lower().split()), found.start() + len(found[0]) - len(found[0].lstrip())


def count_riddles(sources: Sequence[Source]) -> dict[Kind, dict[str, Count]]:
    """Return kind of text -> path -> its count."""
    out: dict[Kind, dict[str, Count]] = {kind: {} for kind in Kind}
    for source in sources:
        for text in find_texts(source.code):
            out[text.kind].setdefault(source.path, Count()).add(text.text)
    return out


def merge_counts(counts: Sequence[Count]) -> Count:
    """Return the sum of several counts."""
    return Count(sum(each.words for each in counts), sum((each.riddles for each in counts), Counter()))


def find_occurrences(sources: Sequence[Source], kinds: Sequence[Kind]) -> Iterator[str]:
    """Yield one line per riddle word: its location and the text around it."""
    for source in sources:
        for text in find_texts(source.code):
            yield from (f"{source.path}:{line}: {word}: {around}" for word, line, around in _locate(text) if text.kind in kinds)


def _locate(text: Text) -> Iterator[tuple[str, int, str]]:
    for word, offset in find_riddles(text.text):
        yield word, text.line + text.text.count("\n", 0, offset), " ".join(text.text[max(0, offset - 50) : offset + 60].split())


def build_report(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the counts by kind, room, file and word, as `--json` prints them."""
    counts, rooms = count_riddles(sources), {source.path: source.room for source in sources}
    by_kind = {kind: merge_counts(list(found.values())) for kind, found in counts.items()}
    docstrings = counts[Kind.DOCSTRING]
    by_room: dict[str, list[Count]] = {}
    for path, found in docstrings.items():
        by_room.setdefault(rooms[path], []).append(found)
    worst = sorted(docstrings, key=lambda path: (-docstrings[path].total, path))
    return {
        "perThousand": by_kind[Kind.DOCSTRING].rate,
        "kinds": {kind.value: _make_numbers(found) for kind, found in by_kind.items()},
        "rooms": {room: _make_numbers(merge_counts(found)) for room, found in sorted(by_room.items())},
        "files": {path: _make_numbers(docstrings[path]) for path in worst if docstrings[path].total},
        "words": dict(by_kind[Kind.DOCSTRING].riddles.most_common()),
    }


def _make_numbers(found: Count) -> dict[str, Any]:
    return {"words": found.words, "riddles": found.total, "perThousand": found.rate}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts; return 1 if docstrings have more riddle words per 1,000 words than `--at-most`."""
    parser = argparse.ArgumentParser(prog="python -m tools.words", description="Count riddle words per 1,000 words of docstrings.")
    parser.add_argument("--at-most", type=float, metavar="N", help="exit 1 above N per 1,000 words of docstrings")
    parser.add_argument(
        "--list", nargs="?", const=",".join(Kind), metavar="KINDS", help="list every occurrence in docstrings,comments,strings"
    )
    parser.add_argument("--room", help="only files below this folder")
    parser.add_argument("--brief", action="store_true", help="print the summary line only")
    parser.add_argument("--json", action="store_true", help="all counts as JSON")
    options = parser.parse_args(arguments)
    sources = [source for source in read_sources() if source.path.startswith(options.room or "")]
    if not sources:
        parser.error(f"no Python file is below {options.room}")
    found = build_report(sources)
    if options.json:
        print(json.dumps(found, indent=2))
    elif options.list is not None:
        print("\n".join(find_occurrences(sources, [Kind(each) for each in options.list.split(",")])))
    elif not options.brief:
        print("\n".join(_make_table(found)))
    too_many = options.at_most is not None and found["perThousand"] > options.at_most
    limit = "" if options.at_most is None else f" (at most {options.at_most:g}: {'FAILED' if too_many else 'kept'})"
    kinds = ", ".join(f"{each['perThousand']:g} in {kind}" for kind, each in found["kinds"].items())
    print(f"riddle words per 1,000: {kinds}{limit}", file=sys.stderr if options.json else sys.stdout)
    if too_many:
        print("fix: python -m tools.words --list docstrings shows each with its line; tools/words.py has the rules", file=sys.stderr)
    return int(too_many)


def _make_table(found: Mapping[str, Any]) -> Iterator[str]:
    for title, rows in (("room", found["rooms"]), ("worst files", dict(list(found["files"].items())[:_WORST]))):
        yield f"{title:<50} {'words':>7} {'riddles':>7} per 1,000"
        yield from (f"{name:<50} {each['words']:>7} {each['riddles']:>7} {each['perThousand']:>9}" for name, each in rows.items())
    yield "most frequent: " + ", ".join(f"{word} {number}" for word, number in list(found["words"].items())[:25])


if __name__ == "__main__":
    sys.exit(main())
