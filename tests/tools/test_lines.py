"""Lines of code are those that do something: no blank line, comment or docstring."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import lines
from tools.sources import Source, find_room, read_sources

CODE = '''"""Docstring
of two lines."""

# a comment
VALUE = """text
of two lines"""
"""What the value is."""


def serve(
    port: int,
) -> None:
    """Serve."""
    print(port)  # on the line of code
'''


def test_strings_count_and_docstrings_comments_and_blank_lines_do_not() -> None:
    assert lines.count_lines(CODE) == 2 + 3 + 1


def test_rooms_are_folders_and_tests_are_none() -> None:
    assert find_room(Path("containment_lab/engine/steps.py")) == "containment_lab/engine"
    assert find_room(Path("containment/analysis/classes/box.py")) == "containment/analysis"
    assert find_room(Path("__main__.py")) == find_room(Path("platform/__main__.py")) == "program"
    assert {source.path.split("/")[0] for source in read_sources()}.isdisjoint({"tests", "benchmarks"})


def test_the_limit_decides_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lines, "read_sources", lambda folders: [Source("x.py", "x", CODE)])
    assert lines.main(["--at-most", "6"]) == 0
    assert lines.main(["--at-most", "5"]) == 1
    assert "lines of code: 6 in 1 files (at most 5: FAILED)" in capsys.readouterr().out
    assert lines.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rooms"] == {"x": 6}
