"""List the catalog entries of a release: `containment/record/shipped_entries.json`.

Entries with an end were promoted in one company's checkout, so they are no part of a release. `python -m tools.shipped_entries`
exits with 1 if the file is stale; `--write` rewrites it.
"""

from __future__ import annotations

import argparse
import json
import sys

from containment.catalog.preset import Library
from containment.loaders.presets import load_library
from containment.record.shipped import FILE, FLAGS
from containment_lab.home import write_whole


def render_entries(library: Library) -> str:
    """Return the file's text: one line per entry, sorted."""
    blocks = []
    for name, found in sorted(library.sets.items()):
        entries = {one.pattern: one.model_dump(by_alias=True) for one in found.entries if one.until is None}
        lines = [
            f"    {json.dumps(pattern)}: {json.dumps([flag for flag in FLAGS if raw[flag]])}" for pattern, raw in sorted(entries.items())
        ]
        blocks.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main() -> int:
    """Compare the file with the catalog, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the file")
    text = render_entries(load_library())
    if parser.parse_args().write:
        write_whole(FILE, text)
        return 0
    is_stale = not FILE.exists() or FILE.read_text(encoding="utf-8") != text
    print(f"{FILE.name} is stale: run python -m tools.shipped_entries --write" if is_stale else f"{FILE.name} is current")
    return int(is_stale)


if __name__ == "__main__":
    sys.exit(main())
