"""A page in Chromium: what does not fit, which words are broken, which texts leave their boxes, what axe-core finds, what is fetched."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = [
    *([] if CHROMIUM else ["Chromium is not installed (Debian package chromium)"]),
    *(f"{name} is not installed" for name in ("playwright", "axe_playwright_python") if importlib.util.find_spec(name) is None),
]
"""Why no page can be opened; empty when one can."""
WIDTHS = (1280, 768, 390)
SCHEMES = ("light", "dark")

_BROKEN_WORDS = r"""() => {
  const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const found of node.data.matchAll(/\S+/g)) {
      const range = document.createRange()
      range.setStart(node, found.index)
      range.setEnd(node, found.index + found[0].length)
      const lines = new Set([...range.getClientRects()].filter(each => each.width).map(each => Math.round(each.top)))
      if (lines.size > 1) broken.push(found[0])
    }
  return broken
}"""
_OUTSIDE = r"""() => {
  const width = document.documentElement.clientWidth, outside = []
  for (const each of document.body.querySelectorAll("*")) {
    if (each.closest("svg, thead, caption, .hidden") || !each.checkVisibility()) continue
    const box = each.getBoundingClientRect()
    if (box.right > width + 1 || each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
      outside.push(`${each.tagName} ${each.textContent.trim().slice(0, 40)}`)
  }
  return outside
}"""
_TEXT_OUT_OF_BOX = r"""() => [...document.querySelectorAll("svg g")].filter(each => each.checkVisibility()).flatMap(group => {
  const box = group.querySelector("rect").getBBox()
  return [...group.querySelectorAll("text")].filter(text => {
    const is = text.getBBox()
    return is.x < box.x || is.y < box.y || is.x + is.width > box.x + box.width || is.y + is.height > box.y + box.height
  }).map(text => text.textContent)
})"""
_SMALLEST_SVG_TEXT = r"""() => Math.min(...[...document.querySelectorAll("svg text")].filter(each => each.checkVisibility()).map(each =>
  parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a))"""

_DRAWING_CONTRAST = r"""() => {
  const channel = c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4
  const parts = fill => fill.match(/[\d.]+/g).slice(0, 3).map(Number)
  const light = fill => parts(fill).map(channel).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
  const ratio = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
  return Math.min(...[...document.querySelectorAll("svg g text")].map(text =>
    ratio(light(getComputedStyle(text).fill), light(getComputedStyle(text.parentNode.querySelector("rect")).fill))))
}"""
"""axe-core does not decide about text in a drawing."""


@dataclass(frozen=True)
class Look:
    """What was found on a page at one width and in one scheme; every list is empty on a good page."""

    outside: list[str]
    broken_words: list[str]
    text_out_of_box: list[str]
    smallest_drawing_text: float
    drawing_contrast: float
    violations: list[str]
    fetched: list[str]
    background: str


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a headless Chromium of this machine."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def look_at(browser: Browser, file: Path, width: int, scheme: str, picture: Path) -> Look:
    """Open a file, look at it, and write a picture of it as it opens; folded parts are unfolded for the checks."""
    # The page's own policy forbids every script, and so axe-core as well.
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    try:
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture, full_page=True)
        folded = page.evaluate(_OUTSIDE)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        return Look(
            outside=folded + page.evaluate(_OUTSIDE),
            broken_words=page.evaluate(_BROKEN_WORDS),
            text_out_of_box=page.evaluate(_TEXT_OUT_OF_BOX),
            smallest_drawing_text=page.evaluate(_SMALLEST_SVG_TEXT),
            drawing_contrast=page.evaluate(_DRAWING_CONTRAST),
            violations=run_axe(page),
            fetched=[each for each in requests if each != file.as_uri()],
            background=page.evaluate("getComputedStyle(document.body).backgroundColor"),
        )
    finally:
        context.close()


def prints_everything(browser: Browser, file: Path) -> bool:
    """Return whether every folded part of a page is visible in print."""
    page = browser.new_page()
    try:
        page.goto(file.as_uri())
        page.emulate_media(media="print")
        folded = page.evaluate("document.querySelectorAll('details:not([open]) td').length")
        hidden = page.evaluate("[...document.querySelectorAll('td')].filter(each => !each.checkVisibility() || !each.offsetHeight).length")
        return folded > 0 and hidden == 0
    finally:
        page.close()


def run_axe(page: Page) -> list[str]:
    """Return what axe-core finds: rule, and the first places; what it cannot decide is found too, except for text in a drawing."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations", "incomplete"]}
    found: dict[str, Any] = Axe().run(page, options=options).response
    lines = []
    for kind in ("violations", "incomplete"):
        for each in found[kind]:
            places = [node["html"][:160] for node in each["nodes"] if not (kind == "incomplete" and node["html"].startswith("<text"))]
            lines += [f"{kind} {each['id']}: {each['help']}: {json.dumps(places[:3])}"] if places else []
    return lines
