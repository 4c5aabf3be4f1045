"""Measure the lab's gateway: latency, TLS connections and throughput against no enforcement, and policy changes under load.

Run: `python benchmarks/packets.py [--seconds N]`, as root on Linux; it takes a minute and a half. A host, a gateway and a server are three
network namespaces; the gateway is the lab's (nftables and Envoy), the server another Envoy. Everything is measured in one run, on the
cores that all three share: read the ratios, because machines differ. Half of the names are denied, half are permitted with a verified
SNI; the requested name is the last one of its list.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import psutil
from packets_ends import BULK_PORT, HTTPS, RESOLVER, SINK, SITE, TLS_PORT, server

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment_lab.gateway.address_filter import build_gateway_table
from containment_lab.gateway.enforced_policy import EVERYWHERE, GatewayPolicy, GatewayRule
from containment_lab.gateway.envoy_process import NAME, Envoy
from containment_lab.internet.certificates import GATEWAY as GATEWAY_AUTHORITY
from containment_lab.internet.certificates import Authority
from containment_lab.linux import netns
from containment_lab.linux.child_programs import Programs
from containment_lab.linux.tools import find_envoy, list_missing
from containment_lab.network.machine_set import FORWARDING

VPC = IPv4Network("10.99.10.0/24")
GATEWAY = IPv4Address("10.99.10.1")
ENDS = Path(__file__).resolve().with_name("packets_ends.py")
WIRES = {
    "world": "link set lo up\nlink add eth0 type veth peer name out0 netns {p}-gateway\nlink set eth0 up\n"
    "address add 10.99.20.2/24 dev eth0\nroute add local 198.19.0.0/16 dev lo\nroute add 10.99.10.0/24 via 10.99.20.1\n",
    "gateway": "link set lo up\nlink add eth0 type veth peer name eth0 netns {p}-host\nlink set eth0 up\nlink set out0 up\n"
    "address add 10.99.10.1/24 dev eth0\naddress add 10.99.20.1/24 dev out0\nroute add default via 10.99.20.2\n",
    "host": "link set lo up\nlink set eth0 up\naddress add 10.99.10.10/24 dev eth0\nroute add default via 10.99.10.1\n",
}
SITES = f"""table inet world {{
 chain sites {{ type nat hook prerouting priority dstnat; policy accept;
  tcp dport {TLS_PORT} redirect to :{HTTPS}
  tcp dport {BULK_PORT} redirect to :{SINK}
 }}
}}
"""


@dataclass(frozen=True)
class Row:
    """Cost of one policy: ms until it is in force, ms per TLS handshake (p50, p99), handshakes per second, Gbit/s, Envoy's MB."""

    what: str
    applied: float
    p50: float
    p99: float
    rate: float
    gbits: float
    megabytes: float


def build_policy(names: int, *, watched: bool) -> GatewayPolicy:
    """Return a policy with a number of names; `watched`: its denies are only watched, and a last rule permits."""

    def rule(key: str, *, permits: bool, names: tuple[str, ...] | None, **more: Any) -> GatewayRule:
        kinds: dict[str, Any] = {"protocol": Protocol.TCP, "ports": (), "tls_required": False, "verify_sni": False, **more}
        patterns = None if names is None else tuple(map(DomainPattern, names))
        return GatewayRule(
            uuid=key, name=key, permits=permits, watched=watched and not permits, sources=(VPC,), destinations=EVERYWHERE,
            patterns=patterns, tls_refused=False, logged=True, **kinds,
        )  # fmt: skip

    half = names // 2
    last = [rule("permit-rest", permits=True, names=None, protocol=Protocol.ANY)] if watched else []
    return GatewayPolicy(
        True,
        (
            rule("deny-names", permits=False, names=tuple(f"s{index}.shadow.example" for index in range(half)), ports=((443, 443),)),
            rule(
                "permit-names",
                permits=True,
                names=tuple(f"a{index}.allowed.example" for index in range(half)),
                ports=((TLS_PORT, TLS_PORT), (BULK_PORT, BULK_PORT)),
                tls_required=True,
                verify_sni=True,
            ),
            rule("deny-rest", permits=False, names=None, protocol=Protocol.ANY),
            *last,
        ),
        False,
        True,
    )


NOTHING = GatewayPolicy(False, (), True, False)


class BenchmarkNetwork:
    """The three namespaces and the programs in them."""

    def __init__(self, folder: Path) -> None:
        self.prefix, self.folder = f"vca-bench{os.getpid()}", folder
        self.programs = Programs(folder)
        self.envoy = Envoy(folder, self.programs, (Authority(folder), Authority(folder, GATEWAY_AUTHORITY)), lambda _: None)
        self.generation = 0

    async def open(self) -> None:
        for role in WIRES:
            netns.create_namespace(f"{self.prefix}-{role}")
        for role in WIRES:
            netns.set_sysctls(f"{self.prefix}-{role}", **FORWARDING)  # on the host too: it makes very many connections to one address
        for role, batch in WIRES.items():
            netns.run_ip_batch(f"{self.prefix}-{role}", batch.format(p=self.prefix))
        netns.load_ruleset(f"{self.prefix}-world", SITES)
        (self.folder / "server").mkdir()
        config = self.folder / "server.json"
        config.write_text(json.dumps(server(Authority(self.folder / "server").get_pem(["allowed.example"]))))
        world = f"{self.prefix}-world"
        await self.programs.start("server", world, [find_envoy(), "-c", str(config), "-l", "error", "--disable-hot-restart"], print)
        await self.programs.start("names", world, [sys.executable, str(ENDS)], print)
        await self.apply(NOTHING)

    async def apply(self, wanted: GatewayPolicy) -> float:
        """Put a policy in force and return the milliseconds it took."""
        begun = time.perf_counter()
        await self.envoy.enforce_policy(f"{self.prefix}-gateway", wanted, RESOLVER, fresh=True)
        self.generation += 1
        netns.load_ruleset(f"{self.prefix}-gateway", build_gateway_table(wanted, self.generation, GATEWAY, (VPC,), snat=False))
        return (time.perf_counter() - begun) * 1000

    def build_host_command(self, *words: str) -> list[str]:
        return [*netns.build_entering_command(f"{self.prefix}-host"), sys.executable, *words]

    async def load(self, name: str, seconds: float, workers: int, processes: int = 1) -> dict[str, Any]:
        """Make full TLS connections to a name from the host.

        Args:
            name: The server name.
            seconds: The duration.
            workers: Parallel connections per process.
            processes: The number of client processes.

        Returns:
            `ok` and `failed` (counts), `seconds` of each connection and `reasons` of failures, over all processes.
        """
        words = ["-m", "containment_lab.validation.load", "--name", name, "--address", str(SITE)]
        command = self.build_host_command(*words, "--seconds", str(seconds), "--workers", str(workers))
        made = [await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE) for _ in range(processes)]
        told = [json.loads((await each.communicate())[0]) for each in made]
        whole = {key: sum((each[key] for each in told[1:]), told[0][key]) for key in ("ok", "failed", "seconds", "reasons")}
        if not whole["ok"]:
            raise SystemExit(f"nothing got through: {whole['reasons']}")
        return whole

    async def measure_policy(self, what: str, name: str, wanted: GatewayPolicy, seconds: float) -> Row:
        applied = await self.apply(wanted)
        await self.load(name, 0.5, 1)
        alone = await self.load(name, seconds, 1)
        full = await self.load(name, seconds, 4, 2)
        sender = self.build_host_command(str(ENDS), "--send", name, "--seconds", str(seconds))
        process = await asyncio.create_subprocess_exec(*sender, stdout=subprocess.PIPE)
        sent = json.loads((await process.communicate())[0])
        if alone["failed"] or full["failed"]:
            raise SystemExit(f"{what}: permitted connections failed: {alone['reasons'] + full['reasons']}")
        cuts = statistics.quantiles(alone["seconds"], n=100)
        pid = self.programs.get_pid(NAME)
        memory = psutil.Process(pid).memory_info().rss / 1e6 if pid else 0.0
        return Row(what, applied, cuts[49] * 1000, cuts[98] * 1000, full["ok"] / seconds, sent["bits"] / sent["seconds"] / 1e9, memory)

    async def measure_flips(self, name: str, names: int, seconds: float) -> tuple[int, dict[str, Any]]:
        """Switch between monitor and enforce under permitted connections; return the number of switches and the results of `load`."""
        both = [build_policy(names, watched=watched) for watched in (True, False)]
        await self.apply(both[1])
        load = asyncio.ensure_future(self.load(name, seconds, 4))
        count = 0
        while not load.done():
            await self.apply(both[count % 2])
            count += 1
            await asyncio.sleep(0.1)
        return count, await load

    async def close(self) -> None:
        await self.programs.end_all()
        netns.remove_namespaces(f"{self.prefix}-")


async def measure(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = BenchmarkNetwork(Path(folder))
        try:
            await place.open()
            rows = [await place.measure_policy("no enforcement", "a4.allowed.example", NOTHING, seconds)]
            for count in (10, 100_000):
                name = f"a{count // 2 - 1}.allowed.example"
                rows.append(await place.measure_policy(f"enforced, {count:,} domains", name, build_policy(count, watched=False), seconds))
            flips = {count: await place.measure_flips(f"a{count // 2 - 1}.allowed.example", count, seconds) for count in (10, 100_000)}
        finally:
            await place.close()
    base = rows[0]
    print(
        f"{'what':<28}{'p50 ms':>8}{'p99 ms':>8}{'added':>14}{'TLS/s':>8}{'ratio':>7}{'Gbit/s':>8}{'ratio':>7}{'in force ms':>13}{'MB':>6}"
    )
    for row in rows:
        added = f"{row.p50 - base.p50:+.2f} {row.p99 - base.p99:+.2f}"
        print(
            f"{row.what:<28}{row.p50:>8.2f}{row.p99:>8.2f}{added:>14}{row.rate:>8.0f}{row.rate / base.rate:>7.2f}"
            f"{row.gbits:>8.1f}{row.gbits / base.gbits:>7.2f}{row.applied:>13.0f}{row.megabytes:>6.0f}"
        )
    few, many = rows[1], rows[2]
    print(f"a new list of 100,000 names is in force after {many.applied:.0f} ms, one of 10 names after {few.applied:.0f} ms")
    for names, (count, seen) in flips.items():
        rate = seen["ok"] / seconds
        print(f"{count} flips monitor/enforce at {names:,} domains under {rate:.0f} TLS/s: {seen['failed']} of {seen['ok']} failed")
    if any(seen["failed"] for _, seen in flips.values()):
        raise SystemExit("permitted connections failed while the policy was flipped")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="duration of each measurement (default: %(default)s)")
    given = parser.parse_args()
    if lacking := list_missing() or ([] if os.geteuid() == 0 else ["run it as root"]):
        raise SystemExit("; ".join(lacking))
    asyncio.run(measure(given.seconds))


if __name__ == "__main__":
    main()
