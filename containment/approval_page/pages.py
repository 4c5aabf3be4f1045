"""The pages: the login, one action in full, its confirmation, and messages."""

from __future__ import annotations

from collections.abc import Iterable

from containment.approval_page.markup import Html, build_document, build_element
from containment.human_gate.exact_text import split_text
from containment.human_gate.view import Row

VERDICTS = {"approve": "Approve", "reject": "Reject"}


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


_DOT = "\u00b7"


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
