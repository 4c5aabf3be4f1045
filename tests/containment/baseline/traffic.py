"""Lines of model traffic for the tests of baselines, written by the formats themselves."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from containment.baseline.checking import Comparison, compare_with_profile
from containment.baseline.endpoints import ModelEndpoints
from containment.baseline.learning import learn_profile
from containment.baseline.profile import Profile
from containment.baseline.reading import LogScope, Reading, read_traffic
from containment.baseline.thresholds import load_thresholds
from containment.loaders.presets import load_library
from containment.logs.aws import FlowAction, FlowRecord, QueryRecord, ResolverAnswer
from containment.logs.gateway import PacketLine, SessionLine, Stage
from containment.policy.flow import PolicyVerdict

START = datetime(2026, 11, 2, tzinfo=UTC)
LATER = START + timedelta(days=14)
AGENT, OTHER_AGENT = "10.42.10.4", "10.42.10.5"
USUAL, SECOND, NEW = "integrate.api.nvidia.com", "inference-api.nvidia.com", "api.openai.com"
ADDRESS = "203.0.113.10"
RULE = UUID("00000000-0000-0000-0000-000000000001")
SCOPE = LogScope(endpoints=ModelEndpoints(load_library()))
THRESHOLDS = load_thresholds()


class Call(NamedTuple):
    """One exchange."""

    time: datetime
    out: int
    back: int
    agent: str = AGENT
    name: str = USUAL


def usual(start: datetime = START, days: int = 10, agent: str = AGENT, name: str = USUAL, number: int = 1) -> list[Call]:
    """Return 20 exchanges per day between 9 and 17 o'clock, with irregular gaps and sizes."""
    chance = random.Random(f"{agent}-{name}-{number}")
    return [
        Call(
            start + timedelta(days=day, seconds=int(chance.uniform(9 * 3600, 17 * 3600))),
            int(10_000 * chance.lognormvariate(0, 0.5)),
            int(4_000 * chance.lognormvariate(0, 0.5)),
            agent,
            name,
        )
        for day in range(days)
        for _ in range(20)
    ]


def gateway(calls: Iterable[Call], *, denied: bool = False) -> Iterator[str]:
    """Yield the L7 lines of exchanges."""
    for number, call in enumerate(sorted(calls), 1):
        for stage in (Stage.START, Stage.END):
            ended = stage is Stage.END
            yield SessionLine(
                time=call.time + timedelta(seconds=2 * ended),
                gateway="gw",
                process=1,
                verdict=PolicyVerdict.DENY if denied else PolicyVerdict.PERMIT,
                source=ip_address(call.agent),
                source_port=40000 + number % 20000,
                destination=ip_address(ADDRESS),
                port=443,
                enforced=True,
                level="SNI",
                sni_hostname=call.name,
                rule_uuid=RULE,
                session=f"{int(call.time.timestamp())}{number}",
                stage=stage,
                request_bytes=call.out if ended else 0,
                response_bytes=call.back if ended else 0,
                upstream="",
            ).format()


def flows(calls: Iterable[Call], address: str = ADDRESS) -> Iterator[str]:
    """Yield the VPC flow records of exchanges, one per direction."""
    for call in calls:
        ends = (call.agent, 40000), (address, 443)
        for (source, source_port), (target, port), size in ((*ends, call.out), (*reversed(ends), call.back)):
            yield FlowRecord(
                account="1",
                interface="eni-1",
                source=ip_address(source),
                destination=ip_address(target),
                source_port=source_port,
                port=port,
                protocol=6,
                packets=1,
                size=size,
                start=call.time,
                end=call.time + timedelta(seconds=10),
                action=FlowAction.ACCEPT,
            ).format()


def packets(calls: Iterable[Call]) -> Iterator[str]:
    """Yield the L4 lines of exchanges."""
    for number, call in enumerate(calls, 1):
        yield PacketLine(
            time=call.time,
            gateway="gw",
            rule_uuid=RULE,
            source=ip_address(call.agent),
            destination=ip_address(ADDRESS),
            protocol="TCP",
            source_port=40000,
            port=443,
            verdict=PolicyVerdict.PERMIT,
            enforced=True,
            session=number * 7919,
            size=call.out + call.back,
        ).format()


def query(name: str = USUAL, address: str = ADDRESS, at: datetime = START, agent: str = AGENT) -> str:
    """Return one query with its answer."""
    return QueryRecord(
        account_id="1",
        region="us-east-1",
        vpc_id="vpc-1",
        query_timestamp=at,
        query_name=f"{name}.",
        query_type="A",
        srcaddr=ip_address(agent),
        srcport="5000",
        transport="UDP",
        answers=(ResolverAnswer(rdata=address, type="A"),),
    ).format()


def read(folder: Path, lines: Iterable[str], scope: LogScope = SCOPE) -> Reading:
    """Return the reading of lines."""
    path = folder / "log"
    path.write_text("".join(f"{line}\n" for line in lines))
    return read_traffic([str(path)], scope)


def learn(folder: Path, lines: Iterable[str]) -> Profile:
    """Return the profile of lines."""
    return learn_profile(read(folder, lines), THRESHOLDS)


def check(folder: Path, profile: Profile, lines: Iterable[str]) -> Comparison:
    """Return the comparison of lines with a profile."""
    return compare_with_profile(read(folder, lines), profile, THRESHOLDS)
