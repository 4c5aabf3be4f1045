"""Every catalog set has exactly one line of owners, after the wider lines, and no line names a file that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
LINES = [line.split() for line in TEXT.splitlines() if line and not line.startswith("#")]


def test_each_catalog_set_has_one_line() -> None:
    listed = [path.removeprefix("/") for path, *_ in LINES if path.startswith("/presets/catalog/")]
    assert listed == sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "presets" / "catalog").glob("*.yaml"))


def test_wider_lines_come_first_because_the_last_match_decides() -> None:
    is_exact = [path.startswith("/presets/catalog/") for path, *_ in LINES]
    assert is_exact == sorted(is_exact)


def test_each_line_has_an_owner_that_github_understands() -> None:
    for path, *owners in LINES:
        assert owners, path
        assert all(re.fullmatch(r"@[A-Za-z0-9-]+(/[A-Za-z0-9_.-]+)?", owner) for owner in owners), path
