"""Session with one Controller, in its two dialects: actions (`/v2/api`) and REST (`/v2.5/api`).

It logs in with an API token, as the real Terraform provider does, and again when the Controller has ended the session. Reads whose
connection fails may be retried; calls that change something are sent once, each on its own connection: a kept one can be closed by the
Controller just when the next call is sent, and whether that call was performed is then unknown (RFC 9112, section 9.5). Paths and answers
are those of the provider's calls (docs/lab-engine.md has the sources of the lab's simulator).
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import urllib3

from containment.controller_api.errors import CallRefusedError, ControllerError

_FIRST_PAUSE = 0.25
_KEPT = 16
"""Connections that are kept for reads."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class ControllerAddress:
    """Host and login of a Controller; `authority` is a PEM file, used while `verify` is set; None: the system's authorities."""

    host: str
    username: str
    password: str
    verify: bool = True
    authority: str | None = None


@dataclass(frozen=True)
class RequestLimits:
    """Timeouts of a client in seconds, and the number of attempts for a read whose connection fails."""

    connect: float = 5
    read: float = 30
    tries: int = 1


class ControllerClient:
    """One session; usable from many threads. It logs in with the first call, or with `log_in`. Every method raises ControllerError."""

    def __init__(self, address: ControllerAddress, patience: RequestLimits = RequestLimits()) -> None:
        self.address = address
        self._tries = patience.tries
        self._base = f"https://{address.host}"
        timeout = urllib3.Timeout(connect=patience.connect, read=patience.read)
        self._make_pool = partial(
            urllib3.PoolManager, maxsize=_KEPT, ssl_context=_make_tls_context(address), retries=False, timeout=timeout
        )
        self._reads = self._make_pool()
        self._lock = threading.Lock()
        self._cid = ""

    def authenticate(self) -> None:
        """Log in, unless the session exists."""
        self._authenticate("")

    def call_get(self, action: str, **fields: Any) -> Any:
        """Return the results of a reading action (GET)."""
        return self._call_action("GET", action, fields)

    def call_post(self, action: str, **fields: Any) -> Any:
        """Return the results of a writing action (POST form)."""
        return self._call_action("POST", action, fields)

    def call_json(self, action: str, **fields: Any) -> Any:
        """Return the results of one of the actions that take JSON."""
        return self._call_action("JSON", action, fields)

    def upload(self, action: str, fields: Mapping[str, Any], files: Mapping[str, str]) -> Any:
        """Return the results of an action that takes files (POST multipart)."""
        return self._call_action("FILES", action, {**fields, **{name: (f"{name}.pem", text) for name, text in files.items()}})

    def call_rest(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        """Return the JSON answer of a REST call.

        Args:
            method: The HTTP method.
            path: The path below `/v2.5/api/`.
            body: A JSON value to send, or None.
            params: The query parameters.

        Raises:
            CallRefusedError: The status is not 2xx.
        """
        url = f"{self._base}/v2.5/api/{path}" + (f"?{urllib.parse.urlencode(params)}" if params else "")
        for last in (False, True):
            cid = self._get_session()
            headers = {"Authorization": f"cid {cid}"} | (_JSON if body is not None else {})
            status, answer = self._send(method, url, headers=headers, body=None if body is None else json.dumps(body).encode())
            if 200 <= status < 300:
                return answer
            message = str(answer.get("message") if isinstance(answer, dict) else answer)
            if status != 403 or "CID" not in message or last:
                raise CallRefusedError(f'HTTP {method} "{path}" failed: {message}', message, status)
            self._authenticate(cid)
        raise AssertionError("the second try returns or raises")

    def _call_action(self, kind: str, action: str, fields: Mapping[str, Any]) -> Any:
        for last in (False, True):
            cid = self._get_session()
            _, answer = self._post(kind, {**fields, "action": action, "CID": cid})
            if not isinstance(answer, dict):
                raise ControllerError(f"{action} on Controller {self.address.host} was answered with no JSON object")
            if answer.get("return") is True:
                return answer.get("results")
            reason = str(answer.get("reason"))
            over = "CID is invalid" in reason or "Invalid session. Please login again." in reason or f"Session {cid} expired" in reason
            if not over or last:
                shown = reason.replace(cid, "...") if cid else reason
                raise CallRefusedError(f"rest API {action} failed: {shown}", reason)
            self._authenticate(cid)
        raise AssertionError("the second try returns or raises")

    def _post(self, kind: str, fields: Mapping[str, Any]) -> tuple[int, Any]:
        url = f"{self._base}/v2/api"
        if kind == "GET":
            return self._send("GET", f"{url}?{urllib.parse.urlencode(fields)}")
        if kind == "JSON":
            return self._send("POST", url, headers=_JSON, body=json.dumps(fields).encode())
        if kind == "FILES":
            body, content_type = urllib3.encode_multipart_formdata(fields)
            return self._send("POST", url, headers={"Content-Type": content_type}, body=body)
        return self._send("POST", url, headers=_FORM, body=urllib.parse.urlencode(fields).encode())

    def _get_session(self) -> str:
        if not self._cid:
            self._authenticate("")
        return self._cid

    def _authenticate(self, over: str) -> None:
        """Log in, unless another thread has done so since the session `over` ended."""
        with self._lock:
            if self._cid != over:
                return
            url = f"{self._base}/v2/api"
            _, first = self._send("GET", url, headers=_FORM, body=b"action=get_api_token&log_enable=true", tries=1)
            token = ((first.get("results") or {}) if isinstance(first, dict) else {}).get("api_token")
            login = urllib.parse.urlencode({"action": "login", "username": self.address.username, "password": self.address.password})
            _, answer = self._send("POST", url, headers=_FORM | ({"X-Access-Key": str(token)} if token else {}), body=login.encode())
            if not isinstance(answer, dict) or not answer.get("return") or "CID" not in answer:
                reason = answer.get("reason", "no reason given") if isinstance(answer, dict) else "no reason given"
                raise ControllerError(
                    f"Controller {self.address.host} refuses the login of {self.address.username}: {reason} "
                    "Fix: check aviatrix:username and aviatrix:password."
                )
            self._cid = str(answer["CID"])

    def _send(self, method: str, url: str, tries: int = 0, **request: Any) -> tuple[int, Any]:
        """Return status and JSON answer; retry a read whose connection fails."""
        pause = _FIRST_PAUSE
        for left in reversed(range((tries or self._tries) if method == "GET" else 1)):
            try:
                answer = self._request(method, url, **request)
                return answer.status, answer.json()
            except urllib3.exceptions.HTTPError as error:
                if left == 0 or isinstance(error, urllib3.exceptions.SSLError):
                    raise ControllerError(self._explain(error)) from error
            except ValueError:  # no JSON, or no UTF-8
                raise ControllerError(
                    f"Controller {self.address.host} answered {answer.status} without JSON: is it a Controller?"
                ) from None
            time.sleep(pause)
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _request(self, method: str, url: str, **request: Any) -> urllib3.BaseHTTPResponse:
        if method != "GET":
            with self._make_pool() as connection:
                return connection.request(method, url, **request)
        try:
            return self._reads.request(method, url, **request)
        except urllib3.exceptions.ProtocolError:  # perhaps of a kept connection
            self._reads.clear()
            return self._reads.request(method, url, **request)

    def _explain(self, error: Exception) -> str:
        if isinstance(error, urllib3.exceptions.SSLError):
            trust = self.address.authority or "the system's authorities"
            return (
                f"The certificate of Controller {self.address.host} is not trusted: {error}. Why: verifySslCertificate is set and "
                f"{trust} did not sign it. Fix: set aviatrix:pathToCaCertificate to the authority that did."
            )
        return (
            f"Controller {self.address.host} does not answer: {error}. Why: every operation, previews too, logs in to it. "
            "Fix: check aviatrix:controllerIp and that it runs."
        )


def _make_tls_context(address: ControllerAddress) -> ssl.SSLContext:
    if address.verify and address.authority and not Path(address.authority).is_file():
        raise ControllerError(f"aviatrix:pathToCaCertificate: there is no file {address.authority}.")
    try:
        context = ssl.create_default_context(cafile=address.authority or None if address.verify else None)
    except OSError as error:
        raise ControllerError(f"aviatrix:pathToCaCertificate: {address.authority} cannot be read: {error}") from None
    if not address.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
