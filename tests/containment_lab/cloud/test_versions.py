"""Every call that changes something in the cloud makes a new version, and one that only reads makes none."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from containment_lab.cloud.wsgi import CHANGES
from containment_lab.home import LabHome

pytestmark = pytest.mark.slow

SCOPE = "AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="module")
def cloud(home: LabHome) -> Callable[..., bytes]:
    def ask(path: str, query: str = "", body: str = "") -> bytes:
        url = f"http://127.0.0.1:{home.get_ports().aws}{path}?{query}"
        headers = {"Authorization": SCOPE, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body.encode() or None, headers=headers), timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refused:  # a refused call has an answer too
            return bytes(refused.read())

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
