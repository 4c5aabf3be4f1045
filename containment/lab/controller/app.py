"""The Controller's HTTP side: both dialects, and the way each says no. What only the lab has (`/lab/...`) is `lab_side`.

A request is always answered, whatever goes wrong: the real provider panics on a dropped connection. Bodies are never
logged: they carry passwords and sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import threading
import time
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from containment.lab.controller import domains, features, gateway_edits, gateway_ha, gateways, policy, profiles, rulesets, syslog, tasks
from containment.lab.controller.core import Actions, Call, Controller, Handler, Routes
from containment.lab.controller.errors import RefusedError
from containment.lab.controller.faults import Fault, Faults
from containment.lab.controller.lab_side import LabSide
from containment.lab.controller.membership import LOOK_SECONDS, Inventory
from containment.lab.controller.sessions import Sessions
from containment.lab.controller.tasks import IN_PROGRESS
from containment.lab.home import LabHome

ACTIONS: Actions = {
    **features.ACTIONS,
    **syslog.ACTIONS,
    **gateways.ACTIONS,
    **gateway_edits.ACTIONS,
    **gateway_ha.ACTIONS,
    **tasks.ACTIONS,
}
ROUTES: Routes = [*domains.ROUTES, *policy.ROUTES, *rulesets.ROUTES, *features.ROUTES, *profiles.ROUTES]
PATTERNS = [(method, re.compile(re.escape(path).replace(r"\*", "([^/]+)")), handler) for method, path, handler in ROUTES]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
log = logging.getLogger(__name__)


class Front:
    """The HTTP side of one Controller."""

    def __init__(self, controller: Controller, home: LabHome) -> None:
        self._controller = controller
        self._sessions = Sessions(controller)
        self._faults = Faults()
        self._inventory = Inventory(controller, home)

    def app(self) -> Starlette:
        """Return the application; while it runs, routes in the account are looked after and the account is polled."""
        routes = [
            Route("/v2/api", self._action, methods=METHODS),
            Route("/v2.5/api/{path:path}", self._rest, methods=METHODS),
            *LabSide(self._controller, self._faults, self._inventory).routes(),
        ]
        return Starlette(routes=routes, lifespan=self._upkeep)

    @contextlib.asynccontextmanager
    async def _upkeep(self, _app: Starlette) -> AsyncIterator[None]:
        over = threading.Event()

        def look_after() -> None:
            looked = time.monotonic()
            while not over.wait(LOOK_SECONDS):  # the period may change at any time
                if time.monotonic() - looked < self._controller.settings.poll_seconds:
                    continue
                looked = time.monotonic()
                try:
                    gateways.upkeep(self._controller)
                except Exception:
                    log.exception("route upkeep")

        self._controller.tasks.resume()
        for name, work in (("upkeep", look_after), ("inventory", lambda: self._inventory.poll_until(over))):
            threading.Thread(target=work, name=name, daemon=True).start()
        yield
        over.set()

    async def _action(self, request: Request) -> JSONResponse:
        """Serve the action dialect: HTTP 200 with `return` true or false."""
        name, status = "?", 200
        try:
            fields = await _fields(request)
            name = str(fields.get("action", ""))
            fault = await self._struck(name)
            if fault and fault.reason and not fault.after:
                status = fault.status or 200
                raise RefusedError(fault.reason)
            answer = await run_in_threadpool(self._perform, request, name, fields)
            if fault and fault.reason:
                status = fault.status or 200
                raise RefusedError(fault.reason)
        except RefusedError as error:
            answer = {"return": False, "reason": error.reason}
        except Exception as error:
            log.exception("action %s", name)
            answer = {"return": False, "reason": f"Internal error: {type(error).__name__}: {error}"}
        outcome = answer.get("reason", "")
        if outcome != IN_PROGRESS:
            log.info("%s %s: %s", request.method, name, outcome or "ok")
        return JSONResponse(answer, status)

    def _perform(self, request: Request, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        if name == "get_api_token":
            return {"return": True, "results": {"api_token": self._sessions.token(), "legal_terms": ""}}
        if name == "login":
            cid = self._sessions.login(
                str(fields.get("username", "")), str(fields.get("password", "")), request.headers.get("x-access-key")
            )
            return {"return": True, "results": "User login", "CID": cid}
        cid = str(fields.get("CID", ""))
        if not self._sessions.valid(cid):
            as_json = request.headers.get("content-type", "").startswith("application/json")
            raise RefusedError(f"Session {cid} expired" if as_json else "CID is invalid or expired.")
        if name not in ACTIONS:
            raise RefusedError(f"unknown action {name}")
        return {"return": True, "results": ACTIONS[name](self._controller, Call(fields))}

    async def _rest(self, request: Request) -> JSONResponse:
        """Serve the REST dialect: the result itself, or an error status with `message`."""
        call = f"{request.method} {request.path_params['path']}"
        status, reason = 200, ""
        answer: Any = None
        try:
            fault = await self._struck(call)
            if fault and fault.reason and not fault.after:
                raise RefusedError(fault.reason, fault.status or 500)
            fields = await _fields(request)
            answer = await run_in_threadpool(self._serve, request, fields)
            if fault and fault.reason:
                raise RefusedError(fault.reason, fault.status or 500)
        except RefusedError as error:
            status, reason = error.status, error.reason
        except Exception as error:
            log.exception("%s", call)
            status, reason = 500, f"Internal error: {type(error).__name__}: {error}"
        log.info("%s: %s %s", call, status, reason)
        return JSONResponse({"message": reason} if reason else answer, status)

    def _serve(self, request: Request, fields: dict[str, Any]) -> Any:
        kind, _, cid = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "cid" or not self._sessions.valid(cid):
            raise RefusedError("Invalid CID, please login again", 403)
        handler, parts = _routed(request.method, request.path_params["path"])
        return handler(self._controller, Call(fields, parts))

    async def _struck(self, call: str) -> Fault | None:
        """Return the fault that hits this call, its delay and session end already done."""
        fault = self._faults.take(call)
        if fault:
            await asyncio.sleep(fault.delay)
            if fault.expire_sessions:
                self._sessions.expire_all()
        return fault


def _routed(method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
    known = False
    for verb, pattern, handler in PATTERNS:
        if match := pattern.fullmatch(path.strip("/")):
            known = True
            if verb == method:
                return handler, match.groups()
    raise RefusedError(f"{method} is not supported on {path}", 405) if known else RefusedError(f"There is no API {path}", 404)


async def _fields(request: Request) -> dict[str, Any]:
    """Return the request's query, form, multipart and JSON members as one mapping, whatever the method (login's GET has a form)."""
    fields: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "multipart/form-data":
        for name, value in (await request.form()).items():
            fields[name] = (await value.read()).decode(errors="replace") if isinstance(value, UploadFile) else value
        return fields
    body = await request.body()
    if kind == "application/json" and body:
        try:
            sent = json.loads(body)
        except ValueError as error:
            raise RefusedError(f"The body is not JSON: {error}") from None
        if not isinstance(sent, dict):
            raise RefusedError("The body must be a JSON object.")
        fields |= sent
    elif kind == "application/x-www-form-urlencoded":
        fields |= dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    return fields
