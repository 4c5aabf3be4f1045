"""Every quote in this folder really stands in the seed it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
SEEDS = Path(__file__).parents[3] / "shared" / "seeds"


def quotes(node: Any) -> Iterator[tuple[str, str]]:
    """Yield (seed, quote) of every mapping that has a quote, at any depth."""
    if isinstance(node, dict):
        if "quote" in node:
            yield node["seed"], node["quote"]
        for value in node.values():
            yield from quotes(value)
    elif isinstance(node, list):
        for value in node:
            yield from quotes(value)


FOUND = [(path.name, *pair) for path in sorted(HERE.glob("*.yaml")) for pair in quotes(yaml.safe_load(path.read_text()))]


def spaced(text: str) -> str:
    """Return the text with every run of white space as one space: tables are tabs there, paragraphs may be wrapped here."""
    return " ".join(text.split())


def test_there_are_quotes_in_every_file() -> None:
    assert {name for name, _, _ in FOUND} == {path.name for path in HERE.glob("*.yaml")} != set()


@pytest.mark.parametrize(("name", "seed", "quote"), FOUND)
def test_the_quote_is_in_the_source_document(name: str, seed: str, quote: str) -> None:
    if not SEEDS.is_dir():
        pytest.skip("the seeds are not at hand (looked for ../shared/seeds beside the repository)")
    files = sorted(SEEDS.glob(f"{seed}_*"))
    assert len(files) == 1, f"{name} quotes seed {seed}, of which there are {len(files)} files"
    assert spaced(quote) in spaced(files[0].read_text(encoding="utf-8")), f"{name}: seed {seed} does not say {quote!r}"
