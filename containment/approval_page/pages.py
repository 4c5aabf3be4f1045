"""The pages: the login, one action in full, its confirmation, and messages.

Pages are made from elements that escape every text where it enters, so that no value can become markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from containment.human_gate.exact_text import split_text
from containment.human_gate.view import Row

VERDICTS: Final = {"approve": "Approve", "reject": "Reject"}
_DOT: Final = "\u00b7"
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


def render_login(path: str, code: str) -> str:
    """Return the page that opens the session with a button, so that no link changes anything by itself.

    Args:
        path: the page's secret path.
        code: the code in the link.
    """
    form = build_element(
        "form",
        build_element("input", type="hidden", name="code", value=code),
        build_element("button", "Open the session"),
        method="post",
        action=f"{path}/login",
    )
    return build_document(
        "Open the approval page",
        f"{path}/style.css",
        build_element("h1", "Open the approval page"),
        build_element("p", "The link opens one session, once, for the person who started the page."),
        form,
    )


def render_message(path: str, title: str, text: str, *, has_back: bool = True) -> str:
    """Return a page with one message, and a link back to what waits."""
    back = build_element("p", build_element("a", "What waits now", href=f"{path}/")) if has_back else None
    parts = [build_element("h1", title), build_element("p", text, class_="notice", role="status"), *([back] if back else [])]
    return build_document(title, f"{path}/style.css", *parts)


def render_action(path: str, name: str, rows: Iterable[Row], *, person: str, place: str, next_name: str | None, is_waiting: bool) -> str:
    """Return the page of one action: everything that is decided, in full, and the links to its two confirmations.

    Args:
        path: the page's secret path.
        name: the request.
        rows: the action.
        person: who decides on this page.
        place: which of how many waiting actions it is, in words.
        next_name: the next request that waits.
        is_waiting: whether it can be decided.
    """
    shown = list(rows)
    links = [
        build_element("a", f"{word} this action ...", href=f"{path}/action/{name}/{verdict}", class_=f"choice {_get_class(verdict)}")
        for verdict, word in VERDICTS.items()
    ]
    more: list[Html | str] = []
    if next_name:
        more = [build_element("a", "Next action", href=f"{path}/action/{next_name}"), f" {_DOT} "]
    return build_document(
        "An action waits" if is_waiting else "An action",
        f"{path}/style.css",
        build_element("h1", "An agent wants to do this" if is_waiting else "This action does not wait"),
        build_element("p", f"{place} You decide as {person}."),
        _build_list(shown),
        build_element("nav", *links, class_="choices", aria_label="Decide") if is_waiting else build_element("p", _get_state(shown)),
        build_element("p", *more, build_element("a", "Look again", href=f"{path}/")),
    )


def render_confirmation(path: str, name: str, digest: str, rows: Iterable[Row], *, verdict: str, token: str, person: str) -> str:
    """Return the second step: the action once more, and the form that signs the decision.

    Args:
        path: the page's secret path.
        name: the request.
        digest: the digest of the action that is shown.
        rows: the action.
        verdict: `approve` or `reject`.
        token: the form's token.
        person: whose key signs.
    """
    is_no = verdict == "reject"
    title = "Reject this action?" if is_no else "Approve this action, once?"
    form = build_element(
        "form",
        build_element("input", type="hidden", name="token", value=token),
        build_element("input", type="hidden", name="digest", value=digest),
        build_element("label", "Reason (needed)" if is_no else "Reason (may be empty)", for_="reason"),
        build_element("textarea", name="reason", id="reason", maxlength="2000", required=is_no),
        build_element(
            "p",
            build_element("button", f"Sign my {'no' if is_no else 'yes'} as {person}", class_=_get_class(verdict)),
            class_="choices",
        ),
        method="post",
        action=f"{path}/action/{name}/{verdict}",
    )
    back = build_element("p", build_element("a", "Back, decide nothing", href=f"{path}/action/{name}"))
    return build_document(title, f"{path}/style.css", build_element("h1", title), _build_list(rows), form, back)


def _build_list(rows: Iterable[Row]) -> Html:
    parts: list[Html] = []
    for row in rows:
        remarks = [build_element("span", f" [{remark}]", class_="remark") for remark in row.remarks]
        parts.append(build_element("dt", *_mark(row.label), *remarks))
        # The second line break is the one that HTML takes from the beginning of `pre`.
        parts.append(build_element("dd", build_element("pre", "\n", *_mark(row.text, keeps_lines=True), class_="value", dir="ltr")))
    return build_element("dl", *parts)


def _mark(text: str, *, keeps_lines: bool = False) -> list[Html | str]:
    return [build_element("mark", one.text) if one.is_mark else one.text for one in split_text(text, keeps_lines=keeps_lines)]


def _get_state(rows: Iterable[Row]) -> str:
    return f"Its state: {next(row.text for row in rows if row.label == 'state')}."


def _get_class(verdict: str) -> str:
    return "no" if verdict == "reject" else "yes"
