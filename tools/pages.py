"""Pages that are generated completely: one per rule of the policy pack, the index of decisions, the picture, and help of commands.

A family is a folder of `docs/`, and a function that renders its pages by file name. People write the `index.md` of a folder unless the
family renders it. `python -m tools.pages` lists stale, missing and left-over pages (exit 1); `--write` updates them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment_lab.home import write_whole
from tools.documentation.command_pages import render_other_commands
from tools.documentation.decisions import build_index
from tools.documentation.picture import draw_picture
from tools.documentation.reference import render_schemas
from tools.documentation.rule_pages import render_rule_pages

ROOT: Final = Path(__file__).parents[1]
INDEX: Final = "index.md"


@dataclass(frozen=True, slots=True)
class Family:
    """A folder with generated pages; `is_whole` is false if the folder also contains hand-written pages."""

    folder: str
    render: Callable[[Path], Mapping[str, str]]
    is_whole: bool


FAMILIES: Final = (
    Family("docs/rules", render_rule_pages, is_whole=True),
    Family("docs/adr", build_index, is_whole=False),
    Family("docs/assets", draw_picture, is_whole=False),
    Family("docs/schema", render_schemas, is_whole=False),
    Family("docs/cli", render_other_commands, is_whole=False),
)


def find_stale_pages(family: Family, root: Path = ROOT) -> dict[str, str | None]:
    """Return the pages that differ from their rendered text.

    Returns:
        Paths relative to the repository, each with its new text, or None for a page to delete.
    """
    rendered = family.render(root)
    folder = root / family.folder
    out: dict[str, str | None] = {}
    for name, text in rendered.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            out[f"{family.folder}/{name}"] = text
    if family.is_whole:
        left_over = {path.name for path in folder.glob("*.md")} - {INDEX, *rendered}
        out |= {f"{family.folder}/{name}": None for name in sorted(left_over)}
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Check all pages, or update them with `--write`; return 0 if all are up to date, 1 if one is not."""
    parser = argparse.ArgumentParser(prog="python -m tools.pages", description="Check or write the generated pages.")
    parser.add_argument("--write", action="store_true", help="write stale pages, delete left-over ones")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    options = parser.parse_args(arguments)
    stale = {name: text for family in FAMILIES for name, text in find_stale_pages(family, options.root).items()}
    for name, text in stale.items():
        if not options.write:
            print(f"{name}: {'stale' if text is not None else 'left over'}; run python -m tools.pages --write", file=sys.stderr)
        elif text is None:
            (options.root / name).unlink()
            print(f"{name}: deleted")
        else:
            write_whole(options.root / name, text)
            print(f"{name}: written")
    return 1 if stale and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
