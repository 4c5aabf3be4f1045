"""A function's name is a verb phrase or a predicate; names that a framework gives are not counted."""

from __future__ import annotations

import json

import pytest

from tools import verbs
from tools.sources import Source

CODE = '''
class Thing:
    def __init__(self): ...
    @property
    def size(self): ...
    def RegisterResource(self): ...
    def do_GET(self): ...
    def read_state(self): ...
    def _told(self): ...

@pytest.fixture
def library(): ...

def main(): ...
async def is_ready(): ...
def owner_of(x):
    """Return the owner."""
def list_buckets():
    """List the buckets."""
def group_name():
    """Return the name of a group."""
'''
SOURCE = Source("x.py", "x", CODE)


@pytest.mark.parametrize("name", ["read_state", "_build", "is_open", "has_owner", "list_buckets", "normalize"])
def test_verb_phrases_and_predicates_pass(name: str) -> None:
    assert verbs.is_verb_phrase(name)


@pytest.mark.parametrize(
    "name", ["owner_of", "told", "_shown", "is_", "has", "are_equal", "group", "list_of_names", "made_it", "to_wire", "find_of"]
)
def test_nouns_participles_and_other_predicates_fail(name: str) -> None:
    assert not verbs.is_verb_phrase(name)


def test_a_docstring_decides_where_the_verb_may_be_a_noun() -> None:
    assert verbs.is_verb_phrase("group_rules", "Group rules by name.")
    assert not verbs.is_verb_phrase("group_rules", "Return the rules of a group.")


def test_only_names_that_this_program_chooses_count() -> None:
    found = {each.name: each.is_verb_phrase for each in verbs.find_functions(SOURCE)}
    assert found == {"read_state": True, "_told": False, "is_ready": True, "owner_of": False, "list_buckets": True, "group_name": False}


def test_no_verb_is_in_both_lists_and_none_twice() -> None:
    sure, nouns_too = verbs.read_verbs()
    assert not sure & nouns_too
    assert "make" in sure
    assert "group" in nouns_too


def test_the_floor_decides_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(verbs, "read_sources", lambda: [SOURCE])
    assert verbs.main(["--at-least", "50"]) == 0
    assert verbs.main(["--at-least", "51"]) == 1
    assert "50 % of 6 functions (at least 51: FAILED)" in capsys.readouterr().out
    assert verbs.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failing"] == ["x.py:9: _told", "x.py:16: owner_of", "x.py:20: group_name"]
