"""The page is readable in Chromium at three widths, light and dark: it fits, breaks no word, and axe-core finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from containment_lab.report.page import render_page
from tests.containment_lab.report.recorded import REPOSITORY, recorded
from tests.support.browser import MISSING, SCHEMES, WIDTHS, chromium, look_at, prints_everything

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = REPOSITORY / ".cache" / "report-pictures"
"""Pictures for a person to look at, of the last run; Git ignores the folder."""
pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render_page(recorded(stack="a-stack-of-a-department-with-a-long-name-enforce")))
    return file


@pytest.mark.long
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_breaks_no_word_and_axe_finds_nothing(browser: Browser, page: Path, width: int, scheme: str) -> None:
    found = look_at(browser, page, width, scheme, PICTURES / f"report-{width}-{scheme}.png")
    assert found.outside == [], f"something does not fit into {width} pixels"
    assert found.broken_words == []
    assert found.text_out_of_box == [], "text leaves its box in the drawing"
    assert found.smallest_drawing_text >= 12, "the drawing is too small to read"
    assert found.drawing_contrast >= 4.5
    assert found.violations == []
    assert found.fetched == []
    assert (found.background == "rgb(255, 255, 255)") is (scheme == "light")


def test_what_is_folded_is_printed(browser: Browser, page: Path) -> None:
    assert prints_everything(browser, page)


def test_the_checks_find_what_they_are_for(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><html><body><p style='width:3em;overflow-wrap:anywhere'>containment</p><div style='width:2000px'>wide</div>"
        "<p style='color:#ccc;background:#fff'>pale</p><img src='https://example.invalid/x.png'>"
        "<svg viewBox='0 0 1280 50'><g><rect width='20' height='20' fill='#888'/>"
        "<text y='12' font-size='9' fill='#999'>too long</text></g></svg>"
    )
    found = look_at(browser, bad, 390, "light", tmp_path / "bad.png")
    assert found.broken_words == ["containment"]
    assert any(each.startswith("DIV wide") for each in found.outside)
    assert found.text_out_of_box == ["too long"]
    assert found.smallest_drawing_text < 12
    assert found.drawing_contrast < 4.5
    assert {each.split()[1] for each in found.violations} >= {"color-contrast:", "html-has-lang:", "document-title:", "image-alt:"}
    assert found.fetched == ["https://example.invalid/x.png"]
