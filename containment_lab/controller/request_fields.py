"""Paths of the Controller's two APIs, and the fields of a request to either."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request

from containment_lab.controller.errors import RefusedError

ACTION_PATH: Final = "/v2/api"
REST_PATH: Final = "/v2.5/api/"


async def read_fields(request: Request) -> dict[str, Any]:
    """Return a request's query, form, multipart and JSON members as one mapping, for any method (login's GET has a form)."""
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
