"""The documentation builds strictly, loads nothing from elsewhere, and has every page in its navigation."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.site_hooks import expand_folders, rewrite_links

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(r"""(?:src|href)=["']?(?:https?:)?//[^"'\s>]+""")
LOADED = re.compile(r"<(?:script|img|iframe)\b[^>]*>|<link\b[^>]*rel=[\"']?(?:stylesheet|preconnect|icon|preload)[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once; a broken link, page outside the navigation or unknown anchor stops it (not with --quiet: it hides warnings)."""
    out = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(ROOT / "mkdocs.yml"),
        "--site-dir",
        str(out),
    ]
    built = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=False
    )
    assert built.returncode == 0, built.stderr
    return out


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages
    assert sorted(page for page in pages if not (site / page).is_file()) == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = {
        found
        for page in site.rglob("*.html")
        for tag in LOADED.findall(page.read_text(encoding="utf-8"))
        for found in ELSEWHERE.findall(tag)
    }
    assert loaded == set()


def test_the_search_works_without_a_server(site: Path) -> None:
    assert (site / "search/search_index.js").read_text(encoding="utf-8").startswith("var __index = {")
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text(encoding="utf-8")


def test_the_readme_links_every_top_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tops = [f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")] + [
        f"docs/{name}/index.md" for name in ("rules", "types", "cli", "adr")
    ]
    assert [page for page in sorted(tops) if f"({page})" not in text] == []


def test_every_command_with_json_is_on_the_page() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "containment").rglob("*.py")]
    schemas = {found for text in sources for found in re.findall(r"\"(containment-[a-z-]+/v\d+)\"", text)}
    assert len(schemas) > 5
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    assert sorted(schema for schema in schemas if schema not in page) == []


def test_a_folder_of_the_navigation_is_its_pages_index_first(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("b.md", "a.md", "index.md", "picture.svg"):
        (tmp_path / "rules" / name).touch()
    found = expand_folders(["index.md", {"Rules": "rules/"}, {"More": [{"Again": "rules/"}]}], tmp_path)
    pages = ["rules/index.md", "rules/a.md", "rules/b.md"]
    assert found == ["index.md", {"Rules": pages}, {"More": [{"Again": pages}]}]


def test_a_link_to_a_file_outside_the_docs_becomes_its_path(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets/README.md").touch()
    text = "[the presets](../presets/README.md#sets), [`README.md`](../presets/README.md), [here](other.md)"
    assert rewrite_links(text, "page.md", tmp_path) == "the presets (`presets/README.md`), `presets/README.md`, [here](other.md)"
    assert rewrite_links("[up](../index.md)", "guides/page.md", tmp_path) == "[up](../index.md)"


def test_a_link_to_a_file_that_does_not_exist_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        rewrite_links("[gone](../gone.py)", "page.md", tmp_path)
    assert "page.md links to gone.py, which the repository does not contain" in caplog.text
