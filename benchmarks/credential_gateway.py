"""Measure model calls through the credential gateway against the same calls without it, in one run.

Run: `python benchmarks/credential_gateway.py [--calls N] [--seconds S]`. Without the gateway, the client has the key and speaks TLS to the
provider itself. Client, gateway and provider share this machine: read the ratios.
"""

from __future__ import annotations

import argparse
import http.client
import json
import ssl
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from containment.credential_gateway.envoy import Upstream
from containment.credential_gateway.route import RouteEntry
from containment_lab.credential_gateway.fake_model import FakeModel
from containment_lab.credential_gateway.local_gateway import LocalGateway
from containment_lab.internet.certificates import Authority

HOST, KEY = "integrate.api.nvidia.com", "nvapi-benchmark-0123456789"
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 4000}]})
ROUNDS, THREADS = 5, 8


class Side:
    """One way to the provider: how to connect, and the request."""

    def __init__(self, name: str, connect: Callable[[], http.client.HTTPConnection], path: str, headers: dict[str, str]) -> None:
        self.name, self.connect, self._path = name, connect, path
        self._headers = {"content-type": "application/json", **headers}
        self.latencies: list[float] = []
        self.rates: list[float] = []

    def call(self, connection: http.client.HTTPConnection) -> None:
        """Make one call; raise RuntimeError unless it was answered."""
        connection.request("POST", self._path, BODY, self._headers)
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self.name}: {response.status} {text[:200]!r}")

    def measure_latency(self, calls: int) -> None:
        """Make calls one after the other on one connection."""
        connection = self.connect()
        for number in range(calls + 10):
            begun = time.perf_counter()
            self.call(connection)
            if number >= 10:
                self.latencies.append(time.perf_counter() - begun)
        connection.close()

    def measure_rate(self, seconds: float) -> None:
        """Make calls from several threads, each on a connection of its own."""
        end = time.perf_counter() + seconds
        made = [0] * THREADS

        def work(place: int) -> None:
            while time.perf_counter() < end:
                connection = self.connect()
                self.call(connection)
                connection.close()
                made[place] += 1

        threads = [threading.Thread(target=work, args=(place,)) for place in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.rates.append(sum(made) / seconds)


def measure(folder: Path, calls: int, seconds: float) -> list[Side]:
    """Run both sides in turn, and return them with their measurements."""
    authority, secrets = Authority(folder), ThreadedMotoServer(port=0, verbose=False)
    secrets.start()
    endpoint = f"http://127.0.0.1:{secrets.get_host_and_port()[1]}"
    client = boto3.client("secretsmanager", "us-east-1", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x")
    entry = {"host": HOST, "secret": client.create_secret(Name="model", SecretString=KEY)["ARN"], "names": {"model": ["m"]}}
    model = FakeModel(authority.get_context(HOST))
    upstreams = {HOST: Upstream(address=IPv4Address("127.0.0.1"), port=model.port)}
    gateway = LocalGateway(folder, [RouteEntry.model_validate(entry)], upstreams, authorities=authority.file, secrets_endpoint=endpoint)
    context = ssl.create_default_context(cafile=str(authority.file))
    context.check_hostname = False  # the provider is at an address here; its certificate is verified all the same
    sides = [
        Side(
            "without the gateway",
            lambda: http.client.HTTPSConnection("127.0.0.1", model.port, context=context, timeout=60),
            "/v1/chat/completions",
            {"authorization": f"Bearer {KEY}"},
        ),
        Side("gateway", lambda: http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60), f"/{HOST}/v1/chat/completions", {}),
    ]
    try:
        gateway.start()
        for _ in range(ROUNDS):
            for side in sides:
                side.measure_latency(calls // ROUNDS)
                side.measure_rate(seconds / ROUNDS)
                model.arrived.clear()
    finally:
        gateway.stop()
        model.close()
        secrets.stop()
    return sides


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gw") as folder:
        sides = measure(Path(folder), given.calls, given.seconds)
    first = sides[0]
    print(f"{'':<22} {'p50':>9} {'p99':>9} {'ratio of p50':>13} {'connections/s':>14} {'ratio':>6}")
    for side in sides:
        p50, p99 = statistics.median(side.latencies), statistics.quantiles(side.latencies, n=100)[98]
        ratio, rate = p50 / statistics.median(first.latencies), statistics.median(side.rates)
        share = rate / statistics.median(first.rates)
        print(f"{side.name:<22} {p50 * 1000:>6.2f} ms {p99 * 1000:>6.2f} ms {ratio:>13.2f} {rate:>14.0f} {share:>6.2f}")


if __name__ == "__main__":
    main()
