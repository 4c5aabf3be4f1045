"""Every call that changes something in the cloud makes a new version, and one that only reads makes none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from containment_lab.cloud.server import CHANGES, make_application


@pytest.fixture(scope="module")
def cloud() -> Callable[..., bytes]:
    wsgi = make_application()

    def ask(path: str, query: str = "", body: str = "") -> bytes:
        scope = "AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST" if body else "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80", "HTTP_HOST": "ec2.us-east-1.amazonaws.com", "wsgi.url_scheme": "http", "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_AUTHORIZATION": scope, "wsgi.input": io.BytesIO(body.encode()),
        }  # fmt: skip
        answer: Iterable[bytes] = wsgi(environ, lambda *_: None)
        return b"".join(answer)

    return ask


def version(cloud: Callable[..., bytes], known: str = "") -> str:
    return str(json.loads(cloud(CHANGES, f"after={known}&seconds=0.01"))["version"])


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        ("DescribeVpcs", False),
        ("DescribeInstances", False),
        ("CreateVpc&CidrBlock=10.9.0.0/16", True),
        ("CreateVpc&CidrBlock=nonsense", True),
    ],
)
def test_only_what_changes_something_makes_a_version(cloud: Callable[..., bytes], action: str, changes: bool) -> None:
    known = version(cloud)
    cloud("/", body=f"Action={action}&Version=2016-11-15")
    assert (version(cloud, known) != known) is changes
