"""boto3 clients for one lab's cloud: loopback only, dummy credentials, never anything from the user's own AWS set-up.

For the `aws` provider, the Controller simulator and tests. Clients are cached (making one costs 50-200 ms) and safe to share between
threads; calls are not retried, so that a fault shows where it happened.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import boto3
from botocore.config import Config

from containment.lab.cloud.once import add_header, fix_own_tokens
from containment.lab.home import LabHome

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


def client(home: LabHome, service: str, region: str | None = None) -> Any:
    """Return a boto3 client of `service` for this home's cloud (region us-east-1 unless told)."""
    return client_at(f"http://127.0.0.1:{home.ports().aws}", service, region or REGION)


def client_at(endpoint: str, service: str, region: str = REGION) -> Any:
    """Return a boto3 client of `service` for the lab cloud at `endpoint`."""
    with _making:
        return _client(endpoint, service, region)


@functools.lru_cache(maxsize=256)
def _client(endpoint: str, service: str, region: str) -> Any:
    made = _session().client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        config=_CONFIG,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    made.meta.events.register("before-parameter-build", fix_own_tokens)
    made.meta.events.register("before-call", add_header)
    return made


@functools.lru_cache(maxsize=1)
def _session() -> Any:
    return boto3.session.Session()
