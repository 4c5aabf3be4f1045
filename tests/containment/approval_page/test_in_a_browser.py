"""The page in Chromium: a tool of an MCP server waits, is approved on the page, and runs once; hostile pages and values change nothing."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from containment.human_gate.waiting_queue import list_request_files
from containment.record.action_entries import ActionRequest
from containment.record.log import verify_log
from tests.containment.approval_page.served import Served, serve
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office
from tests.support.browser import MISSING, SCHEMES, WIDTHS, chromium, run_axe
from tests.support.child import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))
HOSTILE = [
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "'><svg onload=document.title='owned'>",
    "</pre></dd><form action=http://attacker.example><button>Approve",
    "javascript:document.title='owned'",
    "<style>*{display:none}</style><base href=http://attacker.example/>",
    "{{7*7}}${7*7}<!--",
    "\u202e\u2066drop\u2069 \x1b[2J\x07\u200b\u3164",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(Office(tmp_path), now=datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def served(room: Room) -> Iterator[Served]:
    with serve(room.office) as found:
        yield found


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """Return a tab in which the link was opened."""
    context = browser.new_context(bypass_csp=False)
    tab = context.new_page()
    tab.goto(served.opened.page.link)
    tab.get_by_role("button", name="Open the session").click()
    yield tab
    context.close()


def _decide(tab: Page, verdict: str, reason: str = "") -> None:
    tab.get_by_role("link", name=f"{verdict} this action").click()
    if reason:
        tab.get_by_label("Reason").fill(reason)
    tab.get_by_role("button", name="Sign my").click()


class McpCalls(threading.Thread):
    """A client in a thread that starts the server over stdio and calls its tool once per statement, one after the other."""

    def __init__(self, folder: Path, *statements: str) -> None:
        """Prepare the calls."""
        super().__init__()
        self.folder, self.statements = folder, statements
        self.database = folder / "database.txt"
        self.answers: list[str] = []
        self.listed: list[str] = []

    def run(self) -> None:
        """Call."""
        asyncio.run(self._call())

    async def _call(self) -> None:
        from mcp import Client, StdioServerParameters

        words = ["-m", "tests.containment.approval_page.sql_server", str(self.folder), str(self.database)]
        async with Client(StdioServerParameters(command=sys.executable, args=words, cwd=REPOSITORY)) as client:
            self.listed = [tool.name for tool in (await client.list_tools()).tools]
            for statement in self.statements:
                result: Any = await client.call_tool("run_sql", {"sql": statement})
                self.answers.append(result.content[0].text)

    def read_database(self) -> list[str]:
        """Return what was executed."""
        return self.database.read_text().splitlines() if self.database.exists() else []


def _wait_for_request(room: Room, tab: Page) -> ActionRequest:
    for _ in range(400):
        if found := [one.request for one in list_request_files(room.folder) if one.request]:
            return found[0]
        tab.wait_for_timeout(50)
    raise AssertionError("no action waits")


def test_a_tool_waits_is_approved_on_the_page_and_runs_once(room: Room, page: Page) -> None:
    """The whole way with a real MCP client and server: one yes, one no."""
    calls = McpCalls(room.folder, "DELETE FROM orders WHERE id = 7", "DROP TABLE orders")
    calls.start()
    try:
        _wait_for_request(room, page)
        assert calls.read_database() == []
        page.get_by_role("link", name="What waits now").click()
        assert "DELETE FROM orders WHERE id = 7" in page.inner_text("main")
        _decide(page, "Approve")
        while len(calls.answers) < 1:
            page.wait_for_timeout(50)
        second = _wait_for_request(room, page)
        assert second.action["arguments"] == {"sql": "DROP TABLE orders"}
        page.get_by_role("link", name="Look again").click()
        _decide(page, "Reject", "never this table")
    finally:
        calls.join(30)
    assert calls.listed == ["run_sql"]
    assert calls.answers[0] == "1 row"
    assert calls.answers[1].startswith("denied: rejected")
    assert calls.read_database() == ["DELETE FROM orders WHERE id = 7"]
    assert [one for one in room.list_entries() if one.startswith("execution")] == ["execution started", "execution done"]
    assert verify_log(room.folder) == []


def test_the_form_sent_again_is_refused(room: Room, page: Page) -> None:
    """The button of a page that was kept open is a replay."""
    room.submit()
    page.reload()
    page.get_by_role("link", name="Approve this action").click()
    kept = page.context.new_page()
    kept.goto(page.url)
    page.get_by_role("button", name="Sign my").click()
    kept.get_by_role("button", name="Sign my").click()
    assert "same-person-twice" in kept.inner_text("main")
    assert [one for one in room.list_entries() if one == "decision"] == ["decision"]


def test_a_page_of_another_origin_decides_nothing(room: Room, served: Served, page: Page) -> None:
    """Another page knows even the path and the token, and posts the form in the browser of the person: refused by the origin."""
    _, request = room.submit()
    page.goto(f"{served.origin}{served.path}/action/{request.request}/approve")
    token = page.locator("input[name=token]").get_attribute("value")
    target = f"{served.origin}{served.path}/action/{request.request}/approve"
    body = (
        f"<!doctype html><form method=post action='{target}'><input name=token value='{token}'>"
        f"<input name=digest value='{request.action_digest}'><input name=reason><button>send</button></form>"
        f"<iframe src='{target}'></iframe>"
    )
    with _foreign_page(body) as address:
        tab = page.context.new_page()
        tab.goto(address)
        tab.wait_for_timeout(200)
        assert all("Approve this action" not in frame.content() for frame in tab.frames[1:]), "the page is in a frame of another page"
        with tab.expect_response(lambda answer: answer.request.method == "POST") as got:
            tab.get_by_role("button", name="send").click()
        assert got.value.status == 403
    assert room.list_entries() == ["action-request"]


def test_a_name_that_points_here_is_refused(browser: Browser, room: Room, served: Served) -> None:
    """DNS rebinding: a stranger's name resolves to 127.0.0.1, and the page does not answer to it."""
    port = served.authority.rpartition(":")[2]
    context = browser.new_context()
    tab = context.new_page()
    answer = tab.goto(f"http://rebound.localhost:{port}{served.path}/login?code={served.opened.page.session.code}")
    assert answer is not None
    assert answer.status == 421
    assert "session" not in tab.inner_text("body").lower().replace("this page has one name", "")
    context.close()


def test_hostile_text_is_inert_in_every_field(room: Room, page: Page) -> None:
    """It is shown as text with marks, no script runs, nothing is fetched from elsewhere, and both choices are still there."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    for text in HOSTILE:
        texts = {name: f"{text} {name}" for name in ("tool", "target", "task", "requested_by")}
        room.ledger.submit(_make(room, {**texts, "arguments": {f"{text} key": {f"{text} inner": [f"{text} value"]}}}))
    page.goto(page.url)
    seen = ""
    for _ in HOSTILE:
        seen += page.inner_text("main")
        assert page.title() == "An action waits"
        assert page.locator("form, script, img, svg, iframe, style, base, object").count() == 0
        assert page.get_by_role("link", name="Approve this action").is_visible()
        page.get_by_role("link", name="Next action").click()
        page.wait_for_load_state()
    page.get_by_role("link", name="Reject this action").click()
    assert page.locator("form").count() == 1
    assert str(page.locator("form").get_attribute("action")).startswith("/")
    for name in ("tool", "target", "task", "requested_by", "key", "inner", "value"):
        assert f"<script>document.title='owned'</script> {name}" in seen, name
    assert "U+202E right-to-left override" in seen
    assert "U+001B escape" in seen
    assert not {"\u202e", "\u2066", "\x1b", "\u200b", "\u3164"} & set(seen)
    assert all("attacker" not in one for one in fetched)


def _make(room: Room, changes: dict[str, Any]) -> Any:
    from tests.containment.human_gate.room import make_action

    room.made += 1
    return make_action(**({"arguments": {"sql": f"SELECT {room.made}"}} | changes))


@pytest.mark.long
def test_it_fits_and_axe_finds_nothing(browser: Browser, room: Room, served: Served) -> None:
    """Action and confirmation, with long words and many lines, at three widths in both schemes."""
    room.ledger.submit(_make(room, {"arguments": {"sql": "x" * 3000 + "\nSELECT 1;\n" * 20, "a_long_name_of_a_key" * 8: HOSTILE}}))
    context = browser.new_context(bypass_csp=True)  # axe-core is a script, and the page forbids all of them
    tab = context.new_page()
    tab.goto(served.opened.page.link)
    tab.get_by_role("button", name="Open the session").click()
    for link in (None, "Reject this action"):
        if link:
            tab.get_by_role("link", name=link).click()
        tab.wait_for_load_state()
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.emulate_media(color_scheme=scheme)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.evaluate("parseFloat(getComputedStyle(document.querySelector('.value')).fontSize)") >= 14
            background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (background == "rgb(255, 255, 255)") is (scheme == "light")
            if width != 768:
                assert run_axe(tab) == []
            picture = REPOSITORY / ".cache" / "approval-pictures" / f"{'confirm' if link else 'action'}-{width}-{scheme}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            tab.screenshot(path=picture, full_page=width != 1280)
    context.close()


def test_the_keyboard_is_enough(room: Room, page: Page) -> None:
    """Every step is reached with Tab and Enter, and the reason of a rejection is demanded by the form."""
    room.submit()
    page.reload()
    _press_until(page, "Reject this action")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reject")
    _press_until(page, "Sign my no")
    page.keyboard.press("Enter")
    assert page.url.endswith("/reject"), "an empty reason is sent"
    page.get_by_label("Reason").focus()
    page.keyboard.type("not today")
    _press_until(page, "Sign my no")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/reject"))
    assert room.list_entries() == ["action-request", "rejection"]


def _press_until(page: Page, words: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent"):
            return
    raise AssertionError(f"Tab does not reach {words!r}")


class _foreign_page:
    """A page of another server on this machine."""

    def __init__(self, body: str) -> None:
        """Prepare the server."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://localhost:{self._server.server_port}/"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
