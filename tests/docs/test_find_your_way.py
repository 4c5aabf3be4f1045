"""The paths through the code lead somewhere: each hop exists and is connected, and a rename is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.documentation.hops import PAGE, Hop, find_broken_hops, parse_paths

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
HOPS = [hop for hops in parse_paths(TEXT).values() for hop in hops]


def written(root: Path, sources: dict[str, str]) -> Path:
    for path, text in sources.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def test_every_hop_exists_and_is_connected_with_the_one_before() -> None:
    assert list(find_broken_hops(TEXT, ROOT)) == []


def test_the_page_answers_three_questions() -> None:
    paths = parse_paths(TEXT)
    assert len(paths) == 3
    assert all(title.endswith("?") and len(hops) >= 5 for title, hops in paths.items())


@pytest.mark.parametrize("hop", HOPS, ids=str)
def test_a_renamed_symbol_is_found(tmp_path: Path, hop: Hop) -> None:
    name = hop.symbol.rpartition(".")[2]
    text = (ROOT / hop.path).read_text(encoding="utf-8")
    page = page_of(f"`{hop.path}` · `{hop.symbol}`")
    assert list(find_broken_hops(page, written(tmp_path, {hop.path: text}))) == []
    written(tmp_path, {hop.path: re.sub(rf"\b{name}\b", f"{name}_renamed", text)})
    (line,) = find_broken_hops(page, tmp_path)
    assert f"{hop} does not exist" in line


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    assert len(list(find_broken_hops(TEXT, tmp_path))) == len(HOPS)


def page_of(*items: str) -> str:
    return "## Where?\n\n" + "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))


def test_hops_that_do_not_name_each_other_are_not_connected(tmp_path: Path) -> None:
    written(tmp_path, {"a.py": "def first(): return 1\n", "b.py": "def second(): return 'shared'\n"})
    (line,) = find_broken_hops(page_of("`a.py` · `first`", "`b.py` · `second`"), tmp_path)
    assert "b.py:second is not connected with a.py:first" in line
    (line,) = find_broken_hops(page_of("`a.py` · `first`", "`b.py` · `second` via `shared`"), tmp_path)
    assert "'shared' is not in the source of both" in line


def test_a_name_in_a_docstring_connects_nothing(tmp_path: Path) -> None:
    written(tmp_path, {"a.py": 'def first():\n    """Call second."""\n', "b.py": "def second(): ...\n"})
    assert len(list(find_broken_hops(page_of("`a.py` · `first`", "`b.py` · `second`"), tmp_path))) == 1


def test_an_item_that_is_no_hop_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a hop"):
        parse_paths(page_of("see `a.py`"))


def test_a_hop_prints_as_path_and_symbol() -> None:
    assert str(Hop("a.py", "B.c", "")) == "a.py:B.c"
