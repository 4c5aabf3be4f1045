"""No request but a form of the page itself, in its session, decides anything; whatever is refused leaves the record as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from containment.approval_page.server import open_page
from containment.approval_page.session import LONGEST, Session
from containment.errors import InputError
from containment.record.action_entries import ActionRequest
from tests.containment.approval_page.served import Served, serve
from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(Office(tmp_path), now=datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def page(room: Room) -> Iterator[Served]:
    """Return a page with an open session, where one action waits."""
    with serve(room.office) as served:
        assert served.log_in().status == 303
        yield served


@pytest.fixture
def waiting(room: Room) -> ActionRequest:
    return room.submit()[1]


def test_a_form_of_the_page_decides(room: Room, waiting: ActionRequest, page: Served) -> None:
    """The control of the refusals below: one yes, once."""
    fields = page.get_form(waiting.request)
    assert page.send("POST", f"{page.path}/action/{waiting.request}/approve", fields).status == 303
    assert room.list_entries() == ["action-request", "decision"]
    again = page.send("POST", f"{page.path}/action/{waiting.request}/approve", fields)
    assert (again.status, "same-person-twice" in again.text) == (409, True)
    assert "approved by Approver One" in page.send("GET", f"{page.path}/action/{waiting.request}").text


def test_a_rejection_needs_a_reason(room: Room, waiting: ActionRequest, page: Served) -> None:
    fields = page.get_form(waiting.request, "reject")
    refused = page.send("POST", f"{page.path}/action/{waiting.request}/reject", {**fields, "reason": "  "})
    assert refused.status == 400
    assert page.send("POST", f"{page.path}/action/{waiting.request}/reject", fields).status == 303
    assert room.list_entries() == ["action-request", "rejection"]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (421, {"Host": "attacker.example"}),
        (421, {"Host": "localhost:1"}),
        (400, {"Host": ""}),
        (403, {"Origin": "http://attacker.example"}),
        (403, {"Origin": "http://127.0.0.1:1"}),
        (403, {"Origin": "null"}),
        (403, {"Origin": ""}),
        (403, {"Sec_Fetch_Site": "same-site"}),
        (403, {"Sec_Fetch_Site": "cross-site"}),
        (403, {"Cookie": ""}),
        (403, {"Cookie": "containment-session=x"}),
        (415, {"Content_Type": "text/plain"}),
        (415, {"Content_Type": "application/json"}),
    ],
)
def test_a_form_from_elsewhere_decides_nothing(
    room: Room, waiting: ActionRequest, page: Served, status: int, headers: dict[str, str]
) -> None:
    """Another name (DNS rebinding), another origin or none, another port, no session, another form."""
    fields = page.get_form(waiting.request)
    answer = page.send("POST", f"{page.path}/action/{waiting.request}/approve", fields, **headers)
    assert answer.status == status
    assert room.list_entries() == ["action-request"]


@pytest.mark.parametrize(
    "changes",
    [{"token": ""}, {"token": "0" * 64}, {"digest": "sha256:" + "0" * 64}, {"more": "1"}, {"token": "é"}],
)
def test_an_altered_form_decides_nothing(room: Room, waiting: ActionRequest, page: Served, changes: dict[str, str]) -> None:
    answer = page.send("POST", f"{page.path}/action/{waiting.request}/approve", page.get_form(waiting.request) | changes)
    assert answer.status == 403
    assert room.list_entries() == ["action-request"]


def test_the_form_of_one_action_is_none_of_another(room: Room, waiting: ActionRequest, page: Served) -> None:
    """Nor is the form of a no one of a yes."""
    _, other = room.submit()
    fields = page.get_form(waiting.request)
    assert page.send("POST", f"{page.path}/action/{other.request}/approve", fields).status == 403
    assert page.send("POST", f"{page.path}/action/{waiting.request}/reject", fields).status == 403
    assert room.list_entries() == ["action-request", "action-request"]


def test_reading_changes_nothing(room: Room, waiting: ActionRequest, page: Served) -> None:
    """No GET of any address, with the fields of the form as a query, is a decision; other methods are refused."""
    fields = page.get_form(waiting.request)
    query = "&".join(f"{key}={value.replace(' ', '+')}" for key, value in fields.items())
    for path in ("/", "/login", f"/action/{waiting.request}", f"/action/{waiting.request}/approve", f"/action/{waiting.request}/reject"):
        page.send("GET", f"{page.path}{path}?{query}")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert page.send(method, f"{page.path}/action/{waiting.request}/approve", fields).status == 405
    assert room.list_entries() == ["action-request"]


def test_the_link_opens_one_session(room: Room) -> None:
    """A GET of the link opens none, a second use of its code opens none, and without a session nothing is shown."""
    _, request = room.submit()
    with serve(room.office) as served:
        code = str(served.opened.page.session.code)
        assert served.send("GET", f"{served.path}/login?code={code}").status == 200
        assert served.send("POST", f"{served.path}/login", {"code": "x" * 43}).status == 403
        opened = served.log_in()
        assert opened.status == 303
        assert {"HttpOnly", f"Path={served.path}", "SameSite=strict"} <= {one.strip() for one in opened.headers["set-cookie"].split(";")}
        assert served.send("POST", f"{served.path}/login", {"code": code}).status == 403
        for path in ("/", f"/action/{request.request}", f"/action/{request.request}/approve"):
            hidden = served.send("GET", served.path + path, Cookie="containment-session=wrong")
            assert (hidden.status, "orders-db" in hidden.text) == (403, False)
        assert served.send("GET", "/").status == 404
        assert served.send("GET", f"/{'a' * 43}/").status == 404


def test_a_session_ends() -> None:
    """After its hours the cookie opens nothing."""
    now = 0.0
    session = Session(clock=lambda: now)
    cookie = session.open(str(session.code))
    assert session.is_open(cookie)
    now = LONGEST
    assert not session.is_open(cookie)
    assert not Session().is_open("")


def test_every_answer_forbids_scripts_frames_and_other_places(page: Served) -> None:
    for answer in (page.send("GET", f"{page.path}/"), page.send("GET", "/nothing"), page.send("GET", "/", Host="attacker.example")):
        headers = {name.lower(): value for name, value in answer.headers.items()}
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
    assert page.send("GET", f"{page.path}/", Sec_Fetch_Dest="iframe").status == 403


def test_a_form_that_is_too_long_is_refused(room: Room, waiting: ActionRequest, page: Served) -> None:
    fields = page.get_form(waiting.request) | {"reason": "x" * 20_000}
    assert page.send("POST", f"{page.path}/action/{waiting.request}/approve", fields).status == 403
    assert room.list_entries() == ["action-request"]


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "localhost", "example.com", "::ffff:127.0.0.1", "127.0.0.1.example.com", ""]
)
def test_no_address_but_loopback_is_served(room: Room, host: str) -> None:
    with pytest.raises(InputError, match="is no loopback address"):
        open_page(room.folder, room.get_person("Approver One"), None, host=host, port=0)  # type: ignore[arg-type]
