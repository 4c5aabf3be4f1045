"""Functions whose name is a verb phrase or a predicate (`is_`, `has_`), in percent: `python -m tools.verbs [--at-least N] [--json]`.

Dunders, properties, fixtures, and methods named by a framework (gRPC's `RegisterResource`, `do_GET`) do not count, because their names are
given; nor does `main`. The verbs are a list in `verbs.txt`: lexicons and lemmatizers (LemmInflect, WordNet) rightly class `host`, `table`
and `address` as verbs, and would pass the very names that this measure is meant to find.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tools.sources import Source, read_sources

_LIST: Final = Path(__file__).with_name("verbs.txt")
_PREDICATES: Final = frozenset({"is", "has"})
_PARTICLES: Final = frozenset({"of", "by", "for", "in", "with", "as", "to", "from", "at", "on", "and", "or", "that", "the", "a"})
_NOT_COUNTED: Final = re.compile(r"(?:^|\.)(?:\w*property|setter|deleter|fixture|overload|override)(?:\(|$)")


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method that counts: its location, and whether its name is a verb phrase."""

    path: str
    room: str
    line: int
    name: str
    is_verb_phrase: bool


@cache
def read_verbs() -> tuple[frozenset[str], frozenset[str]]:
    """Return the verbs, and the verbs that are also nouns."""
    lines = [line for line in _LIST.read_text(encoding="utf-8").splitlines() if line != "" and (line == "# nouns too" or line[0] != "#")]
    cut = lines.index("# nouns too")
    return frozenset(" ".join(lines[:cut]).split()), frozenset(" ".join(lines[cut + 1 :]).split())


def is_verb_phrase(name: str, docstring: str | None = None) -> bool:
    """Return whether a name begins with a verb or is a predicate; for a word that can be a noun the docstring decides."""
    first, *rest = name.strip("_").split("_")
    verbs, nouns_too = read_verbs()
    if first in _PREDICATES:
        return bool(rest)
    if first in verbs:
        return not (rest and rest[0] == "of")
    if first not in nouns_too or not rest or rest[0] in _PARTICLES:
        return False
    return docstring is None or docstring.split(maxsplit=1)[0].lower().strip(".,:;") == first


def find_functions(source: Source) -> Iterator[Function]:
    """Yield the functions of a file that count."""
    for node in ast.walk(ast.parse(source.code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_counted(node):
            yield Function(source.path, source.room, node.lineno, node.name, is_verb_phrase(node.name, ast.get_docstring(node)))


def _is_counted(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    name = node.name
    if (
        (name.startswith("__") and name.endswith("__"))
        or name.strip("_")[:1].isupper()
        or name.startswith("do_")
        or name.strip("_") in ("", "main")
    ):
        return False
    return not any(_NOT_COUNTED.search(ast.unparse(each)) for each in node.decorator_list)


def build_report(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the counts in all and per room, and the failing functions, as `--json` prints them."""
    found = sorted((each for source in sources for each in find_functions(source)), key=lambda each: (each.path, each.line))
    rooms = sorted({each.room for each in found})
    return {
        **_make_numbers(found),
        "rooms": {room: _make_numbers([each for each in found if each.room == room]) for room in rooms},
        "failing": [f"{each.path}:{each.line}: {each.name}" for each in found if not each.is_verb_phrase],
    }


def _make_numbers(found: Sequence[Function]) -> dict[str, Any]:
    kept = sum(each.is_verb_phrase for each in found)
    return {"functions": len(found), "verbPhrases": kept, "percent": round(100 * kept / len(found), 1) if found else 100.0}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts; return 1 if fewer than `--at-least` percent are verb phrases."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.verbs", description="Count functions whose name is a verb phrase or a predicate."
    )
    parser.add_argument("--at-least", type=float, metavar="N", help="exit 1 below N percent")
    parser.add_argument("--list", action="store_true", help="list the failing functions")
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
    elif options.list:
        print("\n".join(found["failing"]))
    elif not options.brief:
        print(f"{'room':<50} functions percent")
        print("\n".join(f"{room:<50} {each['functions']:>9} {each['percent']:>7}" for room, each in found["rooms"].items()))
    too_few = options.at_least is not None and found["percent"] < options.at_least
    limit = "" if options.at_least is None else f" (at least {options.at_least:g}: {'FAILED' if too_few else 'kept'})"
    line = f"verb phrases: {found['percent']:g} % of {found['functions']} functions{limit}"
    print(line, file=sys.stderr if options.json else sys.stdout)
    if too_few:
        print("fix: python -m tools.verbs --list shows each name that fails; tools/verbs.txt has the verbs", file=sys.stderr)
    return int(too_few)


if __name__ == "__main__":
    sys.exit(main())
