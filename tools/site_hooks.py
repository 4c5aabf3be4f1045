"""Hooks of `mkdocs.yml`: folders in the navigation, and links from a page to a file of the repository outside `docs/`.

An entry `rules/` of the navigation includes all pages of that folder, `index.md` first, so that a new page needs no entry.

In the repository's web view a link to a file outside `docs/` opens the file. The site has no copy of it, so there the link is replaced by
its text and the path. A path that does not exist is a warning, which the strict build turns into a failure.
"""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, Protocol

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = "docs"
_LINK: Final = re.compile(r"(?<!!)\[(?P<text>[^\]\n]+)\]\((?P<to>\.\./[^)\s#]+)(?:#[^)\s]*)?\)")
_log = logging.getLogger("mkdocs.hooks.repository_links")


class _File(Protocol):
    src_uri: str


class _Page(Protocol):
    file: _File
    meta: MutableMapping[str, Any]


class _Config(Protocol):
    extra: Mapping[str, Any]


def on_config(config: Any) -> Any:
    """Replace each folder of the navigation by its pages (MkDocs event)."""
    config["nav"] = expand_folders(config["nav"], Path(config["docs_dir"]))
    return config


def expand_folders(entries: list[Any], docs: Path) -> list[Any]:
    """Return a navigation in which each entry that ends in `/` is replaced by the list of the folder's pages."""
    return [_expand(entry, docs) for entry in entries]


def _expand(entry: Any, docs: Path) -> Any:
    if isinstance(entry, dict):
        return {title: expand_folders(below, docs) if isinstance(below, list) else _expand(below, docs) for title, below in entry.items()}
    if not entry.endswith("/"):
        return entry
    pages = sorted(path.name for path in (docs / entry).glob("*.md"))
    return [f"{entry}{name}" for name in sorted(pages, key=lambda name: name != "index.md")]


def on_page_markdown(markdown: str, page: _Page, config: _Config, **_: object) -> str:
    """Rewrite links that leave `docs/`, and hide the side bars of wide pages (MkDocs event)."""
    if page.file.src_uri in config.extra["wide_pages"]:
        page.meta["hide"] = ["navigation", "toc"]
    return rewrite_links(markdown, page.file.src_uri)


def rewrite_links(markdown: str, page: str, root: Path = ROOT) -> str:
    """Replace links to files outside `docs/` by their text and the path in the repository.

    Args:
        markdown: the page's text.
        page: the page's path below `docs/`.
        root: the repository.

    Returns:
        The text; links to other pages are unchanged.
    """

    def replace(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(DOCS, posixpath.dirname(page), found["to"]))
        if path == DOCS or path.startswith(f"{DOCS}/"):
            return found[0]
        if path.startswith("..") or not (root / path).exists():
            _log.warning("%s links to %s, which the repository does not contain", page, path)
        text = found["text"]
        return f"`{path}`" if text.strip("`") in (path, posixpath.basename(path)) else f"{text} (`{path}`)"

    return _LINK.sub(replace, markdown)
