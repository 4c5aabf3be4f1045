"""Lines of code per room, without blank lines, comments, docstrings and tests: `python -m tools.lines [--at-most N] [--json]`."""

from __future__ import annotations

import argparse
import ast
import io
import json
import sys
import tokenize
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from tools.sources import FOLDERS, Source, find_docstrings, read_sources

_NO_CODE: Final = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_PRODUCT: Final = tuple(folder for folder in FOLDERS if folder != "tools")


def count_lines(code: str) -> int:
    """Return the number of lines with code; every line of a string that is no docstring counts."""
    documented = {(node.lineno, node.col_offset) for node in find_docstrings(ast.parse(code))}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type not in _NO_CODE and not (token.type == tokenize.STRING and token.start in documented):
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)


def build_report(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the counts in all and per room, as `--json` prints them."""
    rooms: Counter[str] = Counter()
    for source in sources:
        rooms[source.room] += count_lines(source.code)
    return {"lines": rooms.total(), "files": len(sources), "rooms": dict(sorted(rooms.items()))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts; return 1 if there are more than `--at-most` lines."""
    parser = argparse.ArgumentParser(prog="python -m tools.lines", description="Count lines of code of the product.")
    parser.add_argument("--at-most", type=int, metavar="N", help="exit 1 above N lines")
    parser.add_argument("--brief", action="store_true", help="print the summary line only")
    parser.add_argument("--json", action="store_true", help="all counts as JSON")
    options = parser.parse_args(arguments)
    found = build_report(read_sources(folders=_PRODUCT))
    if options.json:
        print(json.dumps(found, indent=2))
    elif not options.brief:
        print("\n".join(f"{room:<50} {number:>6}" for room, number in found["rooms"].items()))
    too_many = options.at_most is not None and found["lines"] > options.at_most
    limit = "" if options.at_most is None else f" (at most {options.at_most}: {'FAILED' if too_many else 'kept'})"
    print(f"lines of code: {found['lines']} in {found['files']} files{limit}", file=sys.stderr if options.json else sys.stdout)
    return int(too_many)


if __name__ == "__main__":
    sys.exit(main())
