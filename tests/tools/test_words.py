"""Riddle words are counted where they are, by kind of text, and the field's own uses of them are not."""

from __future__ import annotations

import json

import pytest

from tools import words
from tools.sources import Kind, Source

CODE = '''"""Whom a rule holds.

Prose of a module that says more.
"""

LIMIT = 3
"""The limit that stands."""


def serve() -> str:
    """Serve requests."""
    # nobody else tells
    return "a host is told"
'''


def riddles(text: str) -> list[str]:
    return [word for word, _ in words.find_riddles(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Whom it asks",
        "the log tells which",
        "a group that stands beside it",
        "a folder of its own",
        "nobody is asked",
        "one component a file",
        "once an update",
        "what is known of a host",
        "How a probe ended.",
        "This is ours.",
    ],
)
def test_each_rule_of_prose_finds_its_words(text: str) -> None:
    assert riddles(text)


@pytest.mark.parametrize(
    "text",
    [
        "The lock is held until the update ends.",
        "Return the number of gateways per VPC.",
        "Compare the field `says` with `told`.",
        "A spoke gateway is a stand-in.",
        "one is a host, two of a kind",
        "Who answers for each agent, and until when?",
        "noip.us srv.us us.to we.tl",
        "The same for every hash seed.",
        "household, understands, assaying",
    ],
)
def test_terms_code_and_parts_of_words_do_not_count(text: str) -> None:
    assert riddles(text) == []


def test_docstrings_comments_and_strings_are_counted_apart() -> None:
    found = words.build_report([Source("containment/policy/x.py", "containment/policy", CODE)])
    assert {kind: each["riddles"] for kind, each in found["kinds"].items()} == {"docstrings": 4, "comments": 2, "strings": 1}
    assert found["rooms"]["containment/policy"]["riddles"] == 4
    assert found["files"]["containment/policy/x.py"]["perThousand"] == found["perThousand"]


def test_each_occurrence_is_listed_with_its_line() -> None:
    listed = list(words.find_occurrences([Source("x.py", "x", CODE)], [Kind.DOCSTRING]))
    assert [line.rsplit(": ", 1)[0] for line in listed] == ["x.py:1: whom", "x.py:1: holds", "x.py:3: says", "x.py:7: stands"]


def test_the_threshold_decides_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(words, "read_sources", lambda: [Source("x.py", "x", CODE)])
    rate = words.build_report([Source("x.py", "x", CODE)])["perThousand"]
    assert words.main(["--brief", "--at-most", str(rate)]) == 0
    assert words.main(["--brief", "--at-most", str(rate - 0.1)]) == 1
    assert "FAILED" in capsys.readouterr().out
    assert words.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"]["whom"] == 1
