"""Requests and answers of the lab's cloud as WSGI (PEP 3333): bodies that are read again, and whole answers."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

READY = "/lab/ready"
CHANGES = "/lab/changes"


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body of a request, which can be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def collect_answer(inner: Wsgi, environ: dict[str, Any]) -> tuple[Any, list[bytes]]:
    """Return the application's whole answer: the arguments of `start_response`, and the body."""
    said: list[tuple[Any, ...]] = []
    answer = inner(environ, lambda *args: said.append(args))
    try:
        chunks = list(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return said[-1], chunks


def respond(start_response: Any, status: str, kind: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def fail(environ: dict[str, Any], start_response: Any, text: str) -> Iterable[bytes]:
    """Answer 500 in the protocol of the called service."""
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
    return respond(start_response, "500 Internal Server Error", kind, body.encode())
