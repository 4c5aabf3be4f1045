"""The library as shipped, and copies of it that a test may break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from containment.catalog.preset import Library
from containment.loaders.presets import find_presets_folder, load_library

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library()


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that replaces one text in one file of a copy of presets/ and returns the copy."""
    root = tmp_path / "presets"
    shutil.copytree(find_presets_folder(), root)

    def edit(file: str, before: str, after: str) -> Path:
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert before in text, f"{file} no longer has {before!r}: this test breaks nothing"
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        return root

    return edit
