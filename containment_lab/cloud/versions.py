"""The version of the simulated cloud's state, over HTTP; every changing call creates a new version."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request

from containment_lab.home import LabHome


def wait_for_version(home: LabHome, known: str, seconds: float) -> str:
    """Wait until the version of the cloud's state differs from `known`, or until the time is over; return the version."""
    url = f"http://127.0.0.1:{home.get_ports().aws}/lab/changes?{build_query(known, seconds)}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=seconds + 15) as answer:
        return str(json.loads(answer.read())["version"])


def build_query(known: str, seconds: float) -> str:
    """Return the query string of a request for the version after a known one."""
    return urllib.parse.urlencode({"after": known, "seconds": f"{seconds:g}"})
