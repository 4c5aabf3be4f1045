"""Faults that tests inject into the lab's AWS: the next calls that match fail or are slow.

`POST /lab/faults` takes one as JSON, `GET` lists those still to come, `DELETE` forgets them. A fault names a call as AWS does
(`RunInstances`), or `*` for any call that changes something. `after: true` lets the call take effect first: what a caller sees whose
answer was lost. `GET /lab/calls` lists the calls that were made, in order, `DELETE` forgets them.
"""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections import deque
from typing import Any

import pydantic

from containment.lab.home import LabHome

PATH = "/lab/faults"
CALLS = "/lab/calls"
REMEMBERED = 50_000
_LOOKS = re.compile(r"(Describe|List|Get|Head|Lookup|BatchGet|GET|HEAD)")


class Fault(pydantic.BaseModel):
    """One injected fault."""

    model_config = pydantic.ConfigDict(extra="forbid")

    match: str = pydantic.Field(min_length=1)
    skip: int = pydantic.Field(default=0, ge=0)
    """How many matching calls pass first."""
    times: int = pydantic.Field(default=1, ge=1)
    reason: str = ""
    """What the caller reads, as an InternalError; empty: the call itself goes through (useful with delay)."""
    delay: float = pydantic.Field(default=0, ge=0, le=60)
    """Seconds, before the call or with `after` before its answer; other calls go on."""
    after: bool = False


class Faults:
    """The faults still to come, first in first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._calls: deque[str] = deque(maxlen=REMEMBERED)

    def take(self, call: str) -> Fault | None:
        """Write the call down; return the fault that hits it, and count that."""
        with self._lock:
            self._calls.append(call)
            for fault in self._waiting:
                if call != fault.match and (fault.match != "*" or looks(call)):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None

    def answer(self, method: str, body: bytes) -> tuple[str, dict[str, Any]]:
        """Answer a request to PATH: HTTP status line and JSON."""
        if method == "POST":
            try:
                fault = Fault.model_validate_json(body)
            except pydantic.ValidationError as error:
                return "400 Bad Request", {"error": json.loads(error.json(include_url=False))}
            with self._lock:
                self._waiting.append(fault)
        elif method == "DELETE":
            with self._lock:
                self._waiting.clear()
        with self._lock:
            return "200 OK", {"faults": [fault.model_dump() for fault in self._waiting]}

    def calls(self, method: str) -> dict[str, Any]:
        """Answer a request to CALLS."""
        with self._lock:
            if method == "DELETE":
                self._calls.clear()
            return {"calls": list(self._calls)}


def looks(call: str) -> bool:
    """Tell whether a call changes nothing."""
    return bool(_LOOKS.match(call))


def called(environ: dict[str, Any], body: bytes) -> str:
    """Return the name of the AWS call that a request makes; for S3, which has no names, `METHOD path`."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rsplit(".", 1)[-1]
    if named := re.search(rb"(?:^|&)Action=(\w+)", body):
        return named.group(1).decode()
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"


def inject(home: LabHome, **fields: Any) -> None:
    """Inject one fault (the fields of Fault) into the running cloud of a lab home."""
    _ask(home, "POST", Fault.model_validate(fields).model_dump_json().encode())


def waiting(home: LabHome) -> list[dict[str, Any]]:
    """Return the faults that have not happened."""
    return list(_ask(home, "GET")["faults"])


def clear(home: LabHome) -> None:
    """Forget the faults that have not happened."""
    _ask(home, "DELETE")


def made(home: LabHome) -> list[str]:
    """Return the calls that were made since they were last forgotten, and forget them."""
    calls: list[str] = _ask(home, "GET", path=CALLS)["calls"]
    _ask(home, "DELETE", path=CALLS)
    return calls


def _ask(home: LabHome, method: str, body: bytes | None = None, path: str = PATH) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{home.ports().aws}{path}", data=body, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)
