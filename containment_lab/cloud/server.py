"""The WSGI server of the lab's cloud: moto's application, one request at a time.

moto's backends are plain dicts without thread safety, so a lock serializes all requests. Calls take about a millisecond, so the cost is not
noticeable. An exception in moto becomes an error that AWS clients can parse, with moto's message.
"""

from __future__ import annotations

import json
import os
import threading
import traceback
import urllib.parse
from collections.abc import Iterable
from functools import cache
from typing import Any

from containment_lab.changes import Changes
from containment_lab.cloud.call_names import find_call_name, is_read
from containment_lab.cloud.deadlines import LabClock, end_overdue, start_ticking
from containment_lab.cloud.idempotency import IdempotentAnswers
from containment_lab.cloud.wsgi import CHANGES, READY, Wsgi, collect_answer, fail, read_body, respond
from containment_lab.testing.paths import PATHS as TESTING

SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # AmazonSSMManagedInstanceCore and similar ones exist
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "true",
    "AWS_ACCESS_KEY_ID": "lab",  # moto signs its own calls; it must not find the user's
    "AWS_SECRET_ACCESS_KEY": "lab",
    "AWS_EC2_METADATA_DISABLED": "true",
}
CLOCK = "/lab/clock"
"""Sets the lab's clock ahead, in seconds (`ahead`), and never back."""


def make_application() -> Wsgi:
    """Return the lab's cloud as a WSGI application; call only once per process."""
    os.environ.update(SETTINGS)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from containment_lab.cloud import images, kms_signing, moto_extensions, moto_patches
    from containment_lab.cloud.checks import keys, launches, references, roles

    def backend(service: Any) -> Any:
        app = create_backend_app(service)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        return app

    keep_lookups()
    moto_patches.apply()
    kms_signing.apply()
    moto_extensions.add()
    images.add()
    for checks in (launches, keys, references, roles):
        checks.add()
    return _add_testing(_serialize_requests(DomainDispatcherApplication(backend)))


def keep_lookups() -> None:
    """Keep answers of moto that are the same in every request: the names of its packages, and the methods of its classes.

    moto lists its own folder and looks through a class of 700 methods for each call, a fifth of the time that a call takes.
    """
    from moto import backends
    from moto.core import responses, utils

    packages = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: packages
    responses.method_names_from_class = cache(utils.method_names_from_class)


def _add_testing(app: Wsgi) -> Wsgi:
    """Serve the application; add fault injection at the first request for it."""
    lock, served = threading.Lock(), [app]

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in TESTING:
            from containment_lab.testing.cloud_faults import add_faults

            with lock:
                if served[0] is app:
                    served[0] = add_faults(app)
        return served[0](environ, start_response)

    return outer


def _serialize_requests(inner: Wsgi) -> Wsgi:
    lock = threading.Lock()
    once, changes = IdempotentAnswers(), Changes()
    clock = LabClock()

    def tick() -> None:
        """End what is overdue by the lab's clock; what is due between two ticks ends with the next one."""
        with lock:
            if ended := end_overdue(clock.read()):
                print(f"ended at its deadline: {', '.join(ended)}", flush=True)
                changes.record_change()

    start_ticking(tick)

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == READY:
            return respond(start_response, "200 OK", "text/plain", b"ready\n")
        if path == CLOCK:
            query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", "")))
            clock.ahead = max(clock.ahead, float(query.get("ahead", 0)))
            tick()
            return respond(start_response, "200 OK", "application/json", json.dumps({"ahead": clock.ahead}).encode())
        if path == CHANGES:
            query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", "")))
            version = changes.wait(query.get("after", ""), float(query.get("seconds", 0)))
            return respond(start_response, "200 OK", "application/json", json.dumps({"version": version}).encode())
        body = read_body(environ)  # before taking the lock
        token = once.make_key(environ, body)
        with lock:
            try:
                said, chunks = once.find_answer(token) or collect_answer(inner, environ)
            except Exception as error:  # noqa: BLE001  (any exception of moto is the client's error; the log has the rest)
                traceback.print_exc()
                return fail(environ, start_response, f"{type(error).__name__}: {error}")
            finally:
                if not is_read(find_call_name(environ, body)):
                    changes.record_change()  # a failed call may have changed something
            if token and str(said[0]).startswith("2"):
                once.remember(token, (said, chunks))
        start_response(*said)
        return chunks

    return outer
