"""Fault injection in the lab's AWS, and the list of calls that it received.

`POST /lab/faults` adds a fault as JSON, `GET` lists the pending ones, `DELETE` removes them. `GET /lab/calls` lists the calls that were
made, in order, `DELETE` clears the list.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from containment_lab.cloud.call_names import find_call_name, is_read
from containment_lab.cloud.wsgi import CHANGES, READY, Wsgi, collect_answer, fail, read_body, respond
from containment_lab.home import LabHome
from containment_lab.testing.faults import Fault, FaultQueue
from containment_lab.testing.paths import CALLS, FAULTS

__all__ = ["add_faults", "clear", "find_pending", "inject", "is_read", "take_calls"]


def add_faults(app: Wsgi) -> Wsgi:
    """Return the application with fault injection in front of it."""
    queue = FaultQueue(Fault, is_read)

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path in (READY, CHANGES):
            return app(environ, start_response)
        body = read_body(environ)
        if answer := queue.answer(path, environ["REQUEST_METHOD"], body):
            status = HTTPStatus(answer[0])
            return respond(start_response, f"{status.value} {status.phrase}", "application/json", json.dumps(answer[1]).encode())
        fault = queue.take(find_call_name(environ, body))
        if fault is None:
            return app(environ, start_response)
        begun, chunks = collect_answer(app, environ) if fault.after else ((), [])
        time.sleep(fault.delay)
        if fault.reason:
            return fail(environ, start_response, fault.reason)
        if not fault.after:
            return app(environ, start_response)
        start_response(*begun)
        return chunks

    return serve


def inject(home: LabHome, **fields: Any) -> None:
    """Inject one fault (the fields of Fault) into the running cloud of a lab home."""
    _send_request(home, "POST", Fault.model_validate(fields).model_dump_json().encode())


def find_pending(home: LabHome) -> list[dict[str, Any]]:
    """Return the pending faults."""
    return list(_send_request(home, "GET")["faults"])


def clear(home: LabHome) -> None:
    """Remove the pending faults."""
    _send_request(home, "DELETE")


def take_calls(home: LabHome) -> list[str]:
    """Return the calls since the list was last cleared, and clear it."""
    calls: list[str] = _send_request(home, "DELETE", path=CALLS)["calls"]
    return calls


def _send_request(home: LabHome, method: str, body: bytes | None = None, path: str = FAULTS) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{home.get_ports().aws}{path}", data=body, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)
