"""The WSGI server of the lab's cloud: moto's application, one request at a time.

moto's backends are plain dicts that are not made for threads; a lock makes every answer that of a quiet cloud. Calls take about a
millisecond, so it costs nothing that shows.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # AmazonSSMManagedInstanceCore and the like exist
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "true",
    "AWS_ACCESS_KEY_ID": "lab",  # moto signs its own calls; it must not find the user's
    "AWS_SECRET_ACCESS_KEY": "lab",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def application() -> Wsgi:
    """Return the lab's cloud as a WSGI application; call once a process."""
    os.environ.update(SETTINGS)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from containment.lab.cloud import calls, repairs

    repairs.apply()
    calls.add()
    return _one_at_a_time(DomainDispatcherApplication(create_backend_app))


def _one_at_a_time(inner: Wsgi) -> Wsgi:
    lock = threading.Lock()

    def outer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/lab/ready":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ready\n"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length and environ.get("wsgi.input_terminated") is None:
            import io

            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with lock:
            answer = inner(environ, start_response)
            try:
                return list(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()

    return outer
