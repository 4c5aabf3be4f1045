"""The web application: what each address returns, after the checks of host, origin, session and token.

Rules kept here:
- reading changes nothing: only a form that this page sent, in the session, with its own token, signs a decision;
- the form names the digest of the action that was shown, and another action under the same name is refused;
- one decision per form, about one action; there is no form for several.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from containment.approval_page.pages import VERDICTS, render_action, render_confirmation, render_login, render_message
from containment.approval_page.request_checks import HEADERS, LARGEST_FORM, find_request_problem, parse_form
from containment.approval_page.session import COOKIE, Session, is_same
from containment.errors import ContainmentError
from containment.human_gate.desk import decide_action, read_desk
from containment.human_gate.ledger import get_time
from containment.human_gate.view import describe_case
from containment.loaders.approvers import Approver
from containment.record.action_history import ActionCase
from containment.record.log import read_history
from containment.record.refusal import Refusal
from containment.record.signer_library import Signer

_STYLE = Path(__file__).with_name("style.css")


@dataclass(frozen=True, kw_only=True)
class ApprovalPage:
    """One page for one person.

    Attributes:
        folder: the folder with approvers.yaml and `decisions/`.
        reviewer: the person.
        signer: the person's key.
        authority: the address and port that it is served at.
        session: its secrets.
    """

    folder: Path
    reviewer: Approver
    signer: Signer
    authority: str
    session: Session

    @property
    def link(self) -> str:
        """The link that opens the session once."""
        return f"http://{self.authority}{self._path}/login?code={self.session.code}"

    @property
    def _path(self) -> str:
        return f"/{self.session.path}"

    def build_application(self) -> ASGIApp:
        """Return the application."""
        path = self._path
        routes = [
            Route(f"{path}/style.css", self._get_style),
            Route(f"{path}/login", self._login, methods=["GET", "POST"]),
            Route(f"{path}/", self._show),
            Route(f"{path}/action/{{name:str}}", self._show),
            Route(f"{path}/action/{{name:str}}/{{verdict:str}}", self._decide, methods=["GET", "POST"]),
        ]
        return _Checked(Starlette(routes=routes, exception_handlers={404: _answer_unknown, 405: _answer_unknown}), self.authority)

    async def _get_style(self, _: Request) -> Response:
        return Response(_STYLE.read_text(encoding="utf-8"), media_type="text/css")

    async def _login(self, request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(render_login(self._path, request.query_params.get("code", "")))
        fields = await _read_form(request)
        cookie = self.session.open((fields or {}).get("code", ""))
        if cookie is None:
            return self._refuse("The code of this link was used already, or is wrong. Start the page again for another link.")
        answer = RedirectResponse(f"{self._path}/", status_code=303)
        answer.set_cookie(COOKIE, cookie, path=self._path, httponly=True, samesite="strict")
        return answer

    async def _show(self, request: Request) -> Response:
        """Show the action that the address names, or the first that waits."""
        if not self._is_in_session(request):
            return self._refuse("There is no session here. Open the link that the page printed when it started.")
        name, now = request.path_params.get("name"), get_time()
        try:
            desk = await asyncio.to_thread(read_desk, self.folder, now)
            if name is None and not desk.waiting:
                problem = f" {len(desk.broken)} files of the queue cannot be used." if desk.broken else ""
                return HTMLResponse(render_message(self._path, "Nothing waits", f"No action waits for a decision.{problem}"))
            case = desk.waiting[0] if name is None else await self._find(name)
            return HTMLResponse(self._render(case, [one.request.request for one in desk.waiting], now))
        except ContainmentError as error:
            return self._answer_error(error)

    def _render(self, case: ActionCase, waiting: list[str], now: datetime) -> str:
        name = case.request.request
        is_waiting = name in waiting
        place = f"Action {waiting.index(name) + 1} of {len(waiting)} that wait." if is_waiting else ""
        after = waiting[(waiting.index(name) + 1) % len(waiting)] if is_waiting else next(iter(waiting), None)
        return render_action(
            self._path,
            name,
            describe_case(case, now),
            person=self.reviewer.name,
            place=place,
            next_name=after if after != name else None,
            is_waiting=is_waiting,
        )

    async def _decide(self, request: Request) -> Response:
        name, verdict = request.path_params["name"], request.path_params["verdict"]
        if verdict not in VERDICTS:
            return _answer_unknown(request, None)
        if not self._is_in_session(request):
            return self._refuse("There is no session here. Open the link that the page printed when it started.")
        try:
            if request.method != "POST":
                return await self._confirm(name, verdict)
            fields = await _read_form(request)
            if fields is None or fields.keys() != {"token", "digest", "reason"}:
                return self._refuse("The form is not the one of this page.")
            if not is_same(fields["token"], self.session.make_token(name, verdict, fields["digest"])):
                return self._refuse("The form is not the one of this page, or of another action.")
            await asyncio.to_thread(
                decide_action,
                self.folder,
                name,
                fields["digest"],
                reviewer=self.reviewer,
                signer=self.signer,
                is_rejected=verdict == "reject",
                reason=fields["reason"].strip(),
                now=get_time(),
            )
        except ContainmentError as error:
            return self._answer_error(error)
        return RedirectResponse(f"{self._path}/action/{name}", status_code=303)

    async def _confirm(self, name: str, verdict: str) -> Response:
        now = get_time()
        case = await self._find(name)
        case.require_open(now)
        digest = case.request.action_digest
        token = self.session.make_token(name, verdict, digest)
        rows = describe_case(case, now)
        return HTMLResponse(render_confirmation(self._path, name, digest, rows, verdict=verdict, token=token, person=self.reviewer.name))

    async def _find(self, name: str) -> ActionCase:
        return (await asyncio.to_thread(read_history, self.folder)).get_case(name)

    def _is_in_session(self, request: Request) -> bool:
        return self.session.is_open(request.cookies.get(COOKIE))

    def _refuse(self, text: str) -> Response:
        return HTMLResponse(render_message(self._path, "Refused", text, has_back=False), status_code=403)

    def _answer_error(self, error: ContainmentError) -> Response:
        title = "Refused" if isinstance(error, Refusal) else "Not possible"
        return HTMLResponse(render_message(self._path, title, str(error)), status_code=409 if isinstance(error, Refusal) else 400)


class _Checked:
    """The application behind the checks of every request; each answer has the security headers."""

    def __init__(self, application: ASGIApp, authority: str) -> None:
        self._application, self._authority = application, authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        request = Request(scope)
        counts = {name: len(request.headers.getlist(name)) for name in ("host", "origin")}
        headers = {name.lower(): value for name, value in request.headers.items()}
        problem = find_request_problem(request.method, headers, self._authority, counts["host"], counts["origin"])
        if problem is not None:
            await Response(problem[1], status_code=problem[0], media_type="text/plain")(scope, receive, send_with_headers)
            return
        await self._application(scope, receive, send_with_headers)


def _answer_unknown(_: Request, __: Exception | None) -> Response:
    return Response("there is no such page", status_code=404, media_type="text/plain")


async def _read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of a form, None for a body that is too long or no form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            return None
    return parse_form(body)
