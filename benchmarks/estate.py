"""Measure `containment baseline estate`: planted agents outside vended networks that are found, and benign sources that are listed.

`python benchmarks/estate.py [--rows N]` writes 30 days of VPC flow records in Parquet (nine of ten rows) and resolver query logs, 10
million rows by default, and asks the question that the command asks. In the traffic are 200 agents of vended networks, 3 planted agents
outside, 2,000 benign sources, and 40 people who open chat pages that the catalog lists. Benign sources contact usual services, names that
look like a model's, and services that share addresses with a model. The exit code is 1 if a planted agent is missed, or if more than 1 %
of the benign sources are listed. All results are on synthetic traffic.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from containment.baseline.endpoints import ModelEndpoints
from containment.baseline.estate import Estate, find_outside_sources
from containment.baseline.reading import LogScope
from containment.loaders.presets import load_library
from containment.logs.aws import QueryRecord, ResolverAnswer

START = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 30
BATCH = 1_000_000
VENDED = [ip_network("10.42.0.0/16")]
MODELS = {"integrate.api.nvidia.com": "203.0.113.10", "api.openai.com": "203.0.113.20", "api.mistral.ai": "203.0.113.30"}
CHAT = {"chatgpt.com": "203.0.113.40"}
SHARED = {"assets.shop.example": "203.0.113.20", "api.openai.com.login.example": "198.18.9.1", "openai.example": "198.18.9.2"}
"""Names of benign services: one on an address of a model, and two that look like a model's."""
PLANTED = {
    "10.9.0.11": ("api.openai.com", 0.0005),
    "10.9.0.12": ("api.mistral.ai", 0.0),
    "10.9.0.13": ("integrate.api.nvidia.com", 0.00002),
}
"""Planted agents: the model of each, and its share of the flows; the second is seen only in the resolver's log."""
MOST_FALSE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The addresses of the traffic by kind."""

    vended: tuple[str, ...]
    benign: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found, and how much it took."""

    rows: int
    found: frozenset[str]
    false: frozenset[str]
    people: frozenset[str]
    benign: int
    seconds: float
    bytes_most: int

    @property
    def false_rate(self) -> float:
        """Benign sources that are listed, per benign source and 30 days."""
        return len(self.false) / self.benign

    def is_acceptable(self) -> bool:
        """Return whether every planted agent is found and few benign sources are listed."""
        return self.found == {*PLANTED} and self.false_rate <= MOST_FALSE


def make_sources() -> Sources:
    """Return the addresses."""
    vended = tuple(f"10.42.{one // 200}.{one % 200 + 4}" for one in range(200))
    benign = tuple(f"10.8.{one // 200}.{one % 200 + 4}" for one in range(2000))
    return Sources(vended=vended, benign=benign, people=tuple(f"10.7.0.{one + 4}" for one in range(40)))


def write_traffic(folder: Path, rows: int) -> Sources:
    """Write the logs of both kinds and return the sources."""
    sources = make_sources()
    flows = int(rows * 0.9)
    write_flows(folder / "flows.parquet", flows, sources)
    with (folder / "resolver-query.log").open("w", encoding="ascii") as out:
        out.writelines(f"{line}\n" for line in make_queries(rows - flows, sources))
    return sources


def write_flows(path: Path, rows: int, sources: Sources) -> None:
    """Write VPC flow records: of benign sources, and of those that use a model."""
    chance = np.random.default_rng(18)
    services = [f"198.18.{one // 250}.{one % 250 + 1}" for one in range(2000)]
    agents = [*sources.vended, *sources.benign, *sources.people, *PLANTED]
    targets = [*services, *MODELS.values(), *CHAT.values()]
    places = {address: place for place, address in enumerate(targets)}
    first_benign, first_person = len(sources.vended), len(sources.vended) + len(sources.benign)
    fields = [("srcaddr", pa.string()), ("dstaddr", pa.string()), ("srcport", pa.int32()), ("dstport", pa.int32())]
    fields += [("protocol", pa.int32()), ("bytes", pa.int64()), ("start", pa.int64()), ("action", pa.string()), ("log_status", pa.string())]
    schema = pa.schema(fields)
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            source = chance.integers(0, len(agents) - len(PLANTED), count)
            target = chance.integers(0, len(services), count)
            kind = chance.random(count)
            inside = source < first_benign
            target[inside & (kind < 0.5)] = places[MODELS["integrate.api.nvidia.com"]]
            target[(source >= first_benign) & (source < first_person) & (kind < 0.002)] = places[SHARED["assets.shop.example"]]
            target[(source >= first_person) & (kind < 0.1)] = places[CHAT["chatgpt.com"]]
            for place, (name, share) in enumerate(PLANTED.values()):
                chosen = chance.choice(count, max(3, int(count * share)), replace=False) if share else np.array([], dtype=int)
                source[chosen], target[chosen] = len(agents) - len(PLANTED) + place, places[MODELS[name]]
            seconds = int(START.timestamp()) + np.sort(chance.integers(0, DAYS * 86_400, count))
            columns = [
                pa.DictionaryArray.from_arrays(each.astype("int32"), names).cast(pa.string())
                for each, names in ((source, agents), (target, targets))
            ]
            numbers = [
                chance.integers(32768, 61000, count),
                np.full(count, 443),
                np.full(count, 6),
                chance.integers(60, 10**6, count),
                seconds,
            ]
            columns += [pa.array(each).cast(field) for each, (_, field) in zip(numbers, fields[2:7], strict=True)]
            columns += [pa.array(["ACCEPT"] * count), pa.array(["OK"] * count)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def make_queries(rows: int, sources: Sources) -> Iterator[str]:
    """Yield resolver query records; each source that uses a model asks for its name several times per day."""
    chance = np.random.default_rng(19)
    benign = [*((f"service{one}.example.org", f"198.18.{one // 250}.{one % 250 + 1}") for one in range(2000)), *SHARED.items()]
    asked = [(agent, name, MODELS[name]) for agent, (name, _) in PLANTED.items()]
    asked += [(agent, *one) for agent in sources.people for one in CHAT.items()]
    asked += [(agent, "integrate.api.nvidia.com", MODELS["integrate.api.nvidia.com"]) for agent in sources.vended]
    fixed = [(*one, day) for day in range(DAYS) for one in asked][: rows // 4]
    fixed += [(sources.benign[0], *one, 0) for one in SHARED.items()]
    for number in range(rows):
        if number < len(fixed):
            agent, name, address, day = fixed[number]
            moment = START + timedelta(days=day, hours=9, seconds=number % 3600)
        else:
            agent = sources.benign[int(chance.integers(len(sources.benign)))]
            name, address = benign[int(chance.integers(len(benign)))]
            moment = START + timedelta(seconds=int(chance.integers(DAYS * 86_400)))
        yield QueryRecord(
            account_id="123456789012",
            region="us-east-1",
            vpc_id="vpc-1",
            query_timestamp=moment,
            query_name=f"{name}.",
            query_type="A",
            srcaddr=ip_address(agent),
            srcport="5000",
            transport="UDP",
            answers=(ResolverAnswer(rdata=address, type="A"),),
        ).format()


def measure(folder: Path, rows: int) -> Result:
    """Write the traffic, ask the question, and return what was found."""
    sources = write_traffic(folder, rows)
    start = time.monotonic()
    found: Estate = find_outside_sources([str(folder)], LogScope(endpoints=ModelEndpoints(load_library())), VENDED)
    seconds = time.monotonic() - start
    listed = frozenset(one.agent for one in found.outside)
    return Result(
        rows=sum(found.lines.values()),
        found=listed & {*PLANTED},
        false=listed & {*sources.benign},
        people=listed & {*sources.people},
        benign=len(sources.benign),
        seconds=seconds,
        bytes_most=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), given.rows)
    print(f"{result.rows} rows, {DAYS} days, {result.seconds:.0f} s, at most {result.bytes_most / 2**30:.2f} GiB\n")
    print("| sources | listed | of |\n|---|---|---|")
    print(f"| planted agents | {len(result.found)} | {len(PLANTED)} |")
    print(f"| benign sources | {len(result.false)} ({result.false_rate:.2%}) | {result.benign} |")
    print(f"| people who open chat pages | {len(result.people)} | {len(make_sources().people)} |")
    return int(not result.is_acceptable())


if __name__ == "__main__":
    sys.exit(main())
