"""Compare the golden files with what the code gives now, or rewrite them: `python -m tests.golden [--write]`."""

from __future__ import annotations

import sys

from tests.golden.files import FOLDER, current, differences

if __name__ == "__main__":
    found = current()
    if "--write" in sys.argv[1:]:
        for name, lines in found.items():
            (FOLDER / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        sys.exit(0)
    changed = [text for name, lines in found.items() if (text := differences(name, lines))]
    print("\n".join(changed) or f"{len(found)} golden files are current")
    sys.exit(1 if changed else 0)
