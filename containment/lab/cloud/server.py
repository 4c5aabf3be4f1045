"""The WSGI server of the lab's cloud: moto's application, one request at a time.

moto's backends are plain dicts that are not made for threads; a lock makes every answer that of a quiet cloud. Calls take about a
millisecond, so it costs nothing that shows. What moto fails at becomes an error that AWS's clients can read, with moto's own words.
"""

from __future__ import annotations

import io
import json
import os
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from containment.lab.cloud.faults import CALLS, Faults, called
from containment.lab.cloud.faults import PATH as FAULTS
from containment.lab.cloud.once import Once

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # AmazonSSMManagedInstanceCore and the like exist
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "true",
    "AWS_ACCESS_KEY_ID": "lab",  # moto signs its own calls; it must not find the user's
    "AWS_SECRET_ACCESS_KEY": "lab",
    "AWS_EC2_METADATA_DISABLED": "true",
}
READY = "/lab/ready"


def application() -> Wsgi:
    """Return the lab's cloud as a WSGI application; call once a process."""
    os.environ.update(SETTINGS)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from containment.lab.cloud import calls, images, repairs

    def backend(service: Any) -> Any:
        app = create_backend_app(service)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        return app

    repairs.apply()
    calls.add()
    images.add()
    return _one_at_a_time(DomainDispatcherApplication(backend))


def _one_at_a_time(inner: Wsgi) -> Wsgi:
    lock = threading.Lock()
    faults, once = Faults(), Once()

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == READY:
            return _answer(start_response, "200 OK", "text/plain", b"ready\n")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""  # read before taking the lock
        environ["wsgi.input"] = io.BytesIO(body)
        if path == FAULTS:
            status, said = faults.answer(environ["REQUEST_METHOD"], body)
            return _answer(start_response, status, "application/json", json.dumps(said).encode())
        if path == CALLS:
            return _answer(start_response, "200 OK", "application/json", json.dumps(faults.calls(environ["REQUEST_METHOD"])).encode())
        fault = faults.take(called(environ, body))
        if fault and not fault.after:
            time.sleep(fault.delay)
            if fault.reason:
                return _failure(environ, start_response, fault.reason)
        token = once.key(environ, body)
        with lock:
            try:
                said, chunks = once.known(token) or _asked(inner, environ)
            except Exception as error:  # noqa: BLE001  (whatever moto raises is the client's error; the log has the rest)
                traceback.print_exc()
                return _failure(environ, start_response, f"{type(error).__name__}: {error}")
            if token and str(said[0]).startswith("2"):
                once.remember(token, (said, chunks))
        if fault and fault.after:
            time.sleep(fault.delay)
            if fault.reason:
                return _failure(environ, start_response, fault.reason)
        start_response(*said)
        return chunks

    return outer


def _asked(inner: Wsgi, environ: dict[str, Any]) -> tuple[Any, list[bytes]]:
    """Return what the application says, whole: how it starts, and the body."""
    said: list[tuple[Any, ...]] = []
    answer = inner(environ, lambda *args: said.append(args))
    try:
        chunks = list(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return said[-1], chunks


def _answer(start_response: Any, status: str, kind: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def _failure(environ: dict[str, Any], start_response: Any, text: str) -> Iterable[bytes]:
    """Answer 500 in the protocol of the service that was asked."""
    signed_for = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    error = f"<Error><Code>InternalError</Code><Message>{escape(text)}</Message></Error>"
    if "json" in environ.get("CONTENT_TYPE", ""):
        kind, body = "application/x-amz-json-1.1", json.dumps({"__type": "InternalError", "message": text})
    elif signed_for and signed_for.group(1) == "ec2":
        kind, body = "text/xml", f"<Response><Errors>{error}</Errors><RequestID>lab</RequestID></Response>"
    elif signed_for and signed_for.group(1) == "s3":
        kind, body = "text/xml", error
    else:
        kind, body = "text/xml", f"<ErrorResponse>{error}<RequestId>lab</RequestId></ErrorResponse>"
    return _answer(start_response, "500 Internal Server Error", kind, body.encode())
