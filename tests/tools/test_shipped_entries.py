"""The list of the release's entries is that of the catalog, without entries that one company promoted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.record.shipped import FILE, load_shipped_entries
from tools.shipped_entries import render_entries


def test_the_list_is_current() -> None:
    """Every entry without an end is in the file; `python -m tools.shipped_entries --write` rewrites it."""
    assert FILE.read_text(encoding="utf-8") == render_entries(load_library())


def test_a_promoted_entry_is_never_part_of_the_release(tmp_path: Path) -> None:
    """Writing the list again in a checkout with promotions gives them no decision."""
    library = load_library()
    found = library.sets["package-registries"]
    first, *others = found.entries
    ended = found.model_copy(update={"entries": (first.model_copy(update={"until": date(2999, 12, 31)}), *others)})
    path = tmp_path / "shipped.json"
    path.write_text(render_entries(replace(library, sets={**library.sets, found.name: ended})))
    assert not load_shipped_entries(path).has_entry(found.name, first.model_dump(by_alias=True))
    assert load_shipped_entries().has_entry(found.name, first.model_dump(by_alias=True))


@pytest.mark.parametrize("text", ["", "[]", '{"a": []}', '{"a": {"b": "uploads"}}', '{"a": {"b": ["unknown"]}}'])
def test_an_unreadable_list_is_an_error(tmp_path: Path, text: str) -> None:
    """Without the list nothing is of the release by assumption."""
    path = tmp_path / "shipped.json"
    path.write_text(text)
    with pytest.raises(InputError, match="restore"):
        load_shipped_entries(path)
