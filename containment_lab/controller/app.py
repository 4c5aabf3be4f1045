"""The Controller's HTTP application: both dialects and their error forms. `admin_api` has the lab's paths (`/lab/...`).

Every request gets an answer, even after an internal error: the real provider panics on a dropped connection. Bodies are
never logged: they contain passwords and sessions.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import re
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from containment_lab.cloud.versions import wait_for_version
from containment_lab.controller import clusters, features, syslog, tasks
from containment_lab.controller.admin_api import AdminApi
from containment_lab.controller.core import Actions, Call, Controller, Handler, Routes
from containment_lab.controller.dcf import domains, intrusion, policy, profiles, rulesets
from containment_lab.controller.dcf.membership import LOOK_SECONDS, Inventory
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.gateways import edits, high_availability, spoke
from containment_lab.controller.request_fields import ACTION_PATH, REST_PATH, read_fields
from containment_lab.controller.sessions import Sessions
from containment_lab.controller.tasks import IN_PROGRESS
from containment_lab.home import LabHome
from containment_lab.testing.paths import PATHS as TESTING

ACTIONS: Actions = {
    **features.ACTIONS,
    **syslog.ACTIONS,
    **spoke.ACTIONS,
    **edits.ACTIONS,
    **high_availability.ACTIONS,
    **tasks.ACTIONS,
}
ROUTES: Routes = [
    *domains.ROUTES,
    *policy.ROUTES,
    *rulesets.ROUTES,
    *features.ROUTES,
    *profiles.ROUTES,
    *intrusion.ROUTES,
    *clusters.ROUTES,
]
PATTERNS = [(method, re.compile(re.escape(path).replace(r"\*", "([^/]+)")), handler) for method, path, handler in ROUTES]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
log = logging.getLogger(__name__)


class ControllerApplication:
    """The HTTP application of one Controller."""

    def __init__(self, controller: Controller, home: LabHome) -> None:
        self._controller, self._home = controller, home
        self._sessions = Sessions(controller)
        self._inventory = Inventory(controller, home)

    def build_application(self) -> ASGIApp:
        """Return the application; while it runs, it repairs routes in the account and polls the inventory.

        The first request for a path of fault injection puts fault injection in front of the application.
        """
        routes = [
            Route(ACTION_PATH, self._handle_action, methods=METHODS),
            Route(f"{REST_PATH}{{path:path}}", self._handle_rest, methods=METHODS),
            *AdminApi(self._controller, self._inventory).build_routes(),
        ]
        app: ASGIApp = Starlette(routes=routes, lifespan=self._run_background_work)
        served = app

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal served
            if served is app and scope.get("path") in TESTING:
                from containment_lab.testing.controller_faults import add_faults

                served = add_faults(app, self._sessions.expire_all)
            await served(scope, receive, send)

        return serve

    @contextlib.asynccontextmanager
    async def _run_background_work(self, _app: Starlette) -> AsyncIterator[None]:
        over = threading.Event()

        def look_after() -> None:
            looked, seen = time.monotonic(), ("", "")
            while not over.wait(min(LOOK_SECONDS, self._controller.settings.poll_seconds)):  # poll_seconds may change while it runs
                if time.monotonic() - looked < self._controller.settings.poll_seconds:
                    continue
                looked = time.monotonic()
                try:
                    now = (self._read_account_version(), self._controller.store.changes.version)
                    if now != seen:
                        spoke.repair_routes(self._controller)
                        seen = now
                except Exception:
                    log.exception("route upkeep")

        self._controller.tasks.resume()
        for name, work in (("upkeep", look_after), ("inventory", lambda: self._inventory.poll_until(over))):
            threading.Thread(target=work, name=name, daemon=True).start()
        yield
        over.set()

    def _read_account_version(self) -> str:
        """Return the version of the account's state; a new one on each call while the account cannot be reached."""
        try:
            return wait_for_version(self._home, "", 0) if self._controller.settings.cloud else ""
        except (OSError, http.client.HTTPException):
            return f"away-{time.monotonic()}"

    async def _handle_action(self, request: Request) -> JSONResponse:
        """Serve the action dialect: always HTTP 200, with `return` true or false."""
        name = "?"
        try:
            fields = await read_fields(request)
            name = str(fields.get("action", ""))
            answer = await run_in_threadpool(self._perform, request, name, fields)
        except RefusedError as error:
            answer = {"return": False, "reason": error.reason}
        except Exception as error:
            log.exception("action %s", name)
            answer = {"return": False, "reason": f"Internal error: {type(error).__name__}: {error}"}
        outcome = answer.get("reason", "")
        if outcome != IN_PROGRESS:
            log.info("%s %s: %s", request.method, name, outcome or "ok")
        return JSONResponse(answer)

    def _perform(self, request: Request, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        if name == "get_api_token":
            return {"return": True, "results": {"api_token": self._sessions.create_token(), "legal_terms": ""}}
        if name == "login":
            cid = self._sessions.open_session(
                str(fields.get("username", "")), str(fields.get("password", "")), request.headers.get("x-access-key")
            )
            return {"return": True, "results": "User login", "CID": cid}
        cid = str(fields.get("CID", ""))
        if not self._sessions.is_open(cid):
            as_json = request.headers.get("content-type", "").startswith("application/json")
            raise RefusedError(f"Session {cid} expired" if as_json else "CID is invalid or expired.")
        if name not in ACTIONS:
            raise RefusedError(f"unknown action {name}")
        return {"return": True, "results": ACTIONS[name](self._controller, Call(fields))}

    async def _handle_rest(self, request: Request) -> JSONResponse:
        """Serve the REST dialect: the result itself, or an error status with `message`."""
        call = f"{request.method} {request.path_params['path']}"
        status, reason = 200, ""
        answer: Any = None
        try:
            fields = await read_fields(request)
            answer = await run_in_threadpool(self._serve, request, fields)
        except RefusedError as error:
            status, reason = error.status, error.reason
        except Exception as error:
            log.exception("%s", call)
            status, reason = 500, f"Internal error: {type(error).__name__}: {error}"
        log.info("%s: %s %s", call, status, reason)
        return JSONResponse({"message": reason} if reason else answer, status)

    def _serve(self, request: Request, fields: dict[str, Any]) -> Any:
        kind, _, cid = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "cid" or not self._sessions.is_open(cid):
            raise RefusedError("Invalid CID, please login again", 403)
        handler, parts = _find_handler(request.method, request.path_params["path"])
        return handler(self._controller, Call(fields, parts))


def _find_handler(method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
    known = False
    for verb, pattern, handler in PATTERNS:
        if match := pattern.fullmatch(path.strip("/")):
            known = True
            if verb == method:
                return handler, match.groups()
    raise RefusedError(f"{method} is not supported on {path}", 405) if known else RefusedError(f"There is no API {path}", 404)
