"""The HTTP side of the stand-in: a session with one Controller, in its two dialects, as the real provider keeps it.

Logs in with an API token, logs in again when the Controller says the session is over, tries reads again when the
connection fails, polls asynchronous work. TLS is verified only when asked for, as in the real provider; what a call means
is the handlers' business.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from containment.lab.providers.handler import RefusedError

IN_PROGRESS = "REQUEST_IN_PROGRESS"
LONGEST_TASK = 3600.0
READ_TRIES = 5


class ControllerError(RefusedError):
    """The Controller said no: its reason, and the HTTP status of the REST dialect (200 for actions)."""

    def __init__(self, message: str, reason: str, status: int = 200) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


@dataclass(frozen=True)
class Settings:
    """How a provider resource says the Controller is reached."""

    address: str
    username: str
    password: str
    verify: bool = False
    authority: str = ""
    """PEM file of the certificate authority to trust; used only with `verify`."""
    release: str = ""
    """The provider release the program asked for; empty: not said, or not to be checked."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings in a provider's configuration; raises RefusedError naming what is missing."""
        missing = [key for key in ("controllerIp", "username", "password") if not config.get(key)]
        if missing:
            raise RefusedError(
                f"aviatrix provider: {', '.join(missing)} not set. Why: every operation, previews too, logs in to the Controller. "
                f"Fix: set {', '.join(f'aviatrix:{key}' for key in missing)} in the stack's configuration."
            )
        skip = _flag(config.get("skipVersionValidation"))
        return cls(
            address=str(config["controllerIp"]),
            username=str(config["username"]),
            password=str(config["password"]),
            verify=_flag(config.get("verifySslCertificate")),
            authority=str(config.get("pathToCaCertificate") or ""),
            release="" if skip else str(config.get("release") or ""),
        )


class Client:
    """A session with one Controller; usable from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._base = f"https://{settings.address}"
        self._pool = urllib3.PoolManager(ssl_context=_context(settings), retries=False, maxsize=16, timeout=urllib3.Timeout(5, 120))
        self._login = threading.Lock()
        self._cid = ""

    @property
    def singleton(self) -> str:
        """The id of what a Controller has once: its address with dashes for dots."""
        return self.settings.address.replace(".", "-")

    def connect(self) -> None:
        """Log in and compare releases; raises RefusedError with why and fix."""
        self._log_in("")
        if not self.settings.release:
            return
        current = str(self.query("list_version_info")["current_version"])
        if current.split(".")[:2] != self.settings.release.split(".")[:2]:
            raise RefusedError(
                f"aviatrix provider {self.settings.release} does not fit Controller {self.settings.address}, which is {current}. "
                "Why: provider and Controller must have the same MAJOR.MINOR. Fix: set controllerVersion to the Controller's, "
                "or aviatrix:skipVersionValidation."
            )

    def query(self, action: str, **fields: Any) -> Any:
        """Return the results of a reading action (GET)."""
        return self._act("GET", action, fields)

    def act(self, action: str, **fields: Any) -> Any:
        """Return the results of a writing action (POST form)."""
        return self._act("POST", action, fields)

    def act_json(self, action: str, **fields: Any) -> Any:
        """Return the results of one of the actions that take JSON."""
        return self._act("JSON", action, fields)

    def upload(self, action: str, fields: Mapping[str, Any], files: Mapping[str, str]) -> Any:
        """Return the results of an action that takes files (POST multipart)."""
        return self._act("FILES", action, {**fields, **{name: (f"{name}.pem", text) for name, text in files.items()}})

    def work(self, action: str, **fields: Any) -> None:
        """Do an asynchronous action and wait until it is done; one that another's work keeps waiting is tried again."""
        deadline = time.monotonic() + LONGEST_TASK
        while True:
            try:
                started = self.act(action, **fields, **{"async": "true"})
                break
            except ControllerError as error:
                if "is in progress" not in error.reason or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        request = started["request_id"] if isinstance(started, dict) else started
        pause = 0.05
        while True:
            try:
                self.act("check_task_status", request_id=request)
                return
            except ControllerError as error:
                if error.reason != IN_PROGRESS:
                    raise ControllerError(f"{action} failed: {error.reason}", error.reason) from None
            if time.monotonic() > deadline:
                raise RefusedError(f"{action}: waited {LONGEST_TASK:.0f} s and it is not done. Look at the Controller.")
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def rest(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        """Return the answer of the REST dialect; raises ControllerError on a status that is not 2xx."""
        url = f"{self._base}/v2.5/api/{path}" + (f"?{urllib.parse.urlencode(params)}" if params else "")
        for last in (False, True):
            cid = self._cid
            headers = {"Authorization": f"cid {cid}"} | ({"Content-Type": "application/json"} if body is not None else {})
            status, answer = self._send(method, url, headers=headers, body=None if body is None else json.dumps(body).encode())
            if 200 <= status < 300:
                return answer
            message = str(answer.get("message") if isinstance(answer, dict) else answer)
            if status != 403 or "Invalid CID" not in message or last:
                raise ControllerError(f'HTTP {method} "{path}" failed: {message}', message, status)
            self._log_in(cid)
        raise AssertionError("the second try returns or raises")

    def _act(self, kind: str, action: str, fields: Mapping[str, Any]) -> Any:
        for last in (False, True):
            cid = self._cid
            _, answer = self._post(kind, {**fields, "action": action, "CID": cid})
            if answer.get("return"):
                return answer.get("results")
            reason = str(answer.get("reason"))
            over = "CID is invalid" in reason or "Invalid session. Please login again." in reason or f"Session {cid} expired" in reason
            if not over or last:
                raise ControllerError(f"rest API {action} failed: {reason}", reason)
            self._log_in(cid)
        raise AssertionError("the second try returns or raises")

    def _post(self, kind: str, fields: Mapping[str, Any]) -> tuple[int, Any]:
        url = f"{self._base}/v2/api"
        if kind == "GET":
            return self._send("GET", f"{url}?{urllib.parse.urlencode(fields)}")
        if kind == "JSON":
            return self._send("POST", url, headers={"Content-Type": "application/json"}, body=json.dumps(fields).encode())
        if kind == "FILES":
            body, content_type = urllib3.encode_multipart_formdata(fields)
            return self._send("POST", url, headers={"Content-Type": content_type}, body=body)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", url, headers=form, body=urllib.parse.urlencode(fields).encode())

    def _log_in(self, over: str) -> None:
        """Log in, unless another thread already has since the session `over` ended."""
        with self._login:
            if self._cid != over:
                return
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            url = f"{self._base}/v2/api"
            _, first = self._send("GET", url, headers=form, body=b"action=get_api_token&log_enable=true", tries=1)
            token = ((first.get("results") or {}) if isinstance(first, dict) else {}).get("api_token")
            who = urllib.parse.urlencode({"action": "login", "username": self.settings.username, "password": self.settings.password})
            headers = form | ({"X-Access-Key": token} if token else {})
            _, answer = self._send("POST", url, headers=headers, body=who.encode())
            if not answer.get("return"):
                raise RefusedError(
                    f"aviatrix provider: Controller {self.settings.address} refuses the login of {self.settings.username}: "
                    f"{answer.get('reason')} Fix: check aviatrix:username and aviatrix:password."
                )
            self._cid = answer["CID"]

    def _send(self, method: str, url: str, tries: int = READ_TRIES, **request: Any) -> tuple[int, Any]:
        """Return status and JSON answer; a read whose connection fails is tried again."""
        pause = 0.25
        for left in reversed(range(tries if method == "GET" else 1)):
            try:
                answer = self._pool.request(method, url, **request)
                return answer.status, answer.json()
            except urllib3.exceptions.HTTPError as error:
                if left == 0 or isinstance(error, urllib3.exceptions.SSLError):
                    raise RefusedError(self._unreachable(error)) from error
            except (json.JSONDecodeError, UnicodeDecodeError):
                raise RefusedError(f"Controller {self.settings.address} answered {answer.status} without JSON: is it one?") from None
            time.sleep(pause)
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, urllib3.exceptions.SSLError):
            trust = self.settings.authority or "the system's authorities"
            return (
                f"The certificate of Controller {self.settings.address} is not trusted: {error}. Why: verifySslCertificate is set and "
                f"{trust} did not sign it. Fix: set aviatrix:pathToCaCertificate to the authority that did."
            )
        return (
            f"Controller {self.settings.address} does not answer: {error}. Why: every operation, previews too, logs in to it. "
            "Fix: check aviatrix:controllerIp and that it runs."
        )


def _context(settings: Settings) -> ssl.SSLContext:
    if settings.verify and settings.authority and not Path(settings.authority).is_file():
        raise RefusedError(f"aviatrix:pathToCaCertificate: there is no file {settings.authority}.")
    context = ssl.create_default_context(cafile=settings.authority or None if settings.verify else None)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
