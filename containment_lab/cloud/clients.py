"""boto3 clients for one lab's cloud: loopback only, dummy credentials, nothing from the user's own AWS configuration.

For the `aws` provider, the Controller simulator and tests. Clients are cached (creating one costs 50-200 ms) and safe to share between
threads. Calls are not retried, so that a fault appears where it happened.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import boto3
from botocore.config import Config

from containment_lab.cloud.idempotency import add_header, derive_own_tokens
from containment_lab.home import LabHome

REGION = "us-east-1"
ACCESS_KEY = "AKIALABLABLABLABLAB0"
SECRET_KEY = "lab-only-not-a-secret"  # noqa: S105
_CONFIG = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=32,
    proxies={},
    s3={"addressing_style": "path"},
    parameter_validation=True,
)
_making = threading.Lock()


def get_client(home: LabHome, service: str, region: str | None = None) -> Any:
    """Return a boto3 client of `service` for this home's cloud; the region defaults to us-east-1."""
    return get_client_at(f"http://127.0.0.1:{home.get_ports().aws}", service, region or REGION)


def get_client_at(endpoint: str, service: str, region: str = REGION) -> Any:
    """Return a boto3 client of `service` for the lab cloud at `endpoint`."""
    with _making:
        return _make_client(endpoint, service, region)


@functools.lru_cache(maxsize=256)
def _make_client(endpoint: str, service: str, region: str) -> Any:
    made = _make_session().client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        config=_CONFIG,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    made.meta.events.register("before-parameter-build", derive_own_tokens)
    made.meta.events.register("before-call", add_header)
    return made


@functools.lru_cache(maxsize=1)
def _make_session() -> Any:
    return boto3.session.Session()
