"""HTML from elements: every text is escaped where it enters, so that no value can become markup."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

_VOID: Final = frozenset({"meta", "link", "input", "br"})


@dataclass(frozen=True, slots=True)
class Html:
    """Text that is markup already; made by `build_element` only."""

    text: str


def build_element(name: str, /, *children: Html | str | None, **attributes: str | bool) -> Html:
    """Return an element.

    Args:
        name: its name.
        children: elements, and texts, which are escaped; None is left out.
        attributes: its attributes, escaped; a trailing underscore is dropped, other underscores become hyphens. False is left out.
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value), quote=True)}"')
        for key, value in attributes.items()
        if value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    inner = "".join(one.text if isinstance(one, Html) else escape(one, quote=True) for one in children if one is not None)
    return Html(f"<{name}{given}>{inner}</{name}>")


def build_document(title: str, style: str, *body: Html) -> str:
    """Return a whole page with a stylesheet at a path."""
    head = build_element(
        "head",
        build_element("meta", charset="utf-8"),
        build_element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        build_element("title", title),
        build_element("link", rel="stylesheet", href=style),
    )
    page = build_element("html", head, build_element("body", build_element("main", *body)), lang="en")
    return f"<!doctype html>\n{page.text}\n"
