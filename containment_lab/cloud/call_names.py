"""Names of AWS calls, from their HTTP requests."""

from __future__ import annotations

import re
from typing import Any

_READS = re.compile(r"(Describe|List|Get|Head|Lookup|BatchGet|GET|HEAD)")


def is_read(call: str) -> bool:
    """Return whether a call changes nothing."""
    return bool(_READS.match(call))


def find_call_name(environ: dict[str, Any], body: bytes) -> str:
    """Return the name of a request's AWS call; for S3, whose requests have no names, `METHOD path`."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rsplit(".", 1)[-1]
    if named := re.search(rb"(?:^|&)Action=(\w+)", body):
        return named.group(1).decode()
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
