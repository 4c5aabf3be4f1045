"""Fault injection in the Controller simulator: a call fails, is slow, or has an expired session; and the list of received calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pydantic
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from containment_lab.controller.errors import RefusedError
from containment_lab.controller.request_fields import ACTION_PATH, REST_PATH, read_fields
from containment_lab.testing.faults import Fault, FaultQueue

_READS = ("GET ", "list_", "get_", "show_", "check_", "login")


class ControllerFault(Fault):
    """One injected fault. Without `status` the dialect's own applies: 200 for actions, 500 for REST."""

    status: int | None = pydantic.Field(default=None, ge=100, le=599)
    expire_sessions: bool = False


def is_read(call: str) -> bool:
    """Return whether a call changes nothing but the session."""
    return call.startswith(_READS)


def add_faults(app: ASGIApp, expire_sessions: Callable[[], None]) -> ASGIApp:
    """Return the application with fault injection in front of it."""
    queue = FaultQueue(ControllerFault, is_read)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await Request(scope, receive).body()

        async def receive_again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        if answer := queue.answer(scope["path"], scope["method"], body):
            await JSONResponse(answer[1], answer[0])(scope, receive_again, send)
            return
        fault = queue.take(call) if (call := await _find_call_name(scope, receive_again)) else None
        if fault is None:
            await app(scope, receive_again, send)
            return
        if fault.expire_sessions:
            expire_sessions()
        held: list[Message] = []
        if fault.after:
            await app(scope, receive_again, _keep_in(held))
        await asyncio.sleep(fault.delay)
        if fault.reason:
            await _fail(fault, by_action=scope["path"] == ACTION_PATH)(scope, receive_again, send)
        elif fault.after:
            for message in held:
                await send(message)
        else:
            await app(scope, receive_again, send)

    return serve


def _keep_in(messages: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        messages.append(message)

    return keep


async def _find_call_name(scope: Scope, receive: Receive) -> str:
    """Return an action's name, or `METHOD path` of the REST dialect; empty for the lab's own paths."""
    path: str = scope["path"]
    if path.startswith(REST_PATH):
        return f"{scope['method']} {path.removeprefix(REST_PATH)}"
    if path != ACTION_PATH:
        return ""
    try:
        return str((await read_fields(Request(scope, receive))).get("action", "?"))
    except RefusedError:
        return "?"


def _fail(fault: ControllerFault, *, by_action: bool) -> JSONResponse:
    body: dict[str, Any] = {"return": False, "reason": fault.reason} if by_action else {"message": fault.reason}
    return JSONResponse(body, fault.status or (200 if by_action else 500))
