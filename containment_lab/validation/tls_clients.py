"""TLS clients on the agent host, one request each: `python -m containment_lab.validation.tls_clients`, tasks and results as JSON.

A client trusts the host's certificate bundle. One that pins also compares the server's public key with a pin, and sends nothing if they
differ, like certificate-pinning programs.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import sys
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

SECONDS = 8.0
"""Seconds that a client waits for a connection, and for an answer."""


class RequestEnd(StrEnum):
    """The end of a client's request."""

    ANSWERED = "answered"
    PIN_DIFFERS = "pin differs"
    CERTIFICATE_REFUSED = "certificate refused"
    NO_ANSWER = "no answer"


@dataclass(frozen=True)
class RequestResult:
    """The result of one request: its end, the HTTP status, the issuer of the certificate, the client's port, and an error's text."""

    ended: RequestEnd
    status: int = 0
    issuer: str = ""
    port: int = 0
    error: str = ""


def send_request(task: Mapping[str, Any]) -> RequestResult:
    """Send the request of a task and return its result.

    Args:
        task: `host`, `port`, `path`, `nonce`, and `pin`, which is empty for a client that pins nothing.
    """
    local, issuer = 0, ""
    try:
        with socket.create_connection((task["host"], task["port"]), timeout=SECONDS) as raw:
            local = raw.getsockname()[1]
            with ssl.create_default_context().wrap_socket(raw, server_hostname=task["host"]) as tls:
                shown = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
                names = shown.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
                issuer = str(names[0].value) if names else ""
                if task["pin"] and task["pin"] != _compute_pin(shown):
                    return RequestResult(RequestEnd.PIN_DIFFERS, issuer=issuer, port=local)
                head = f"GET {task['path']} HTTP/1.1\r\nHost: {task['host']}\r\nX-Nonce: {task['nonce']}\r\nConnection: close\r\n\r\n"
                tls.sendall(head.encode())
                words = tls.makefile("rb").readline().split()
    except ssl.SSLCertVerificationError as error:
        return RequestResult(RequestEnd.CERTIFICATE_REFUSED, port=local, error=error.verify_message)
    except OSError as error:
        return RequestResult(RequestEnd.NO_ANSWER, issuer=issuer, port=local, error=f"{type(error).__name__}: {error}")
    if len(words) < 2 or not words[1].isdigit():
        return RequestResult(RequestEnd.NO_ANSWER, issuer=issuer, port=local, error="the connection was closed")
    return RequestResult(RequestEnd.ANSWERED, int(words[1]), issuer, local)


def _compute_pin(shown: x509.Certificate) -> str:
    key = shown.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(hashlib.sha256(key).digest()).decode()


def main() -> None:
    """Read tasks, send their requests and print the results."""
    tasks = json.load(sys.stdin)
    with ThreadPoolExecutor(8) as pool:
        json.dump([asdict(each) for each in pool.map(send_request, tasks)], sys.stdout)


if __name__ == "__main__":
    main()
