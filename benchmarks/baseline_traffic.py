"""Labelled synthetic traffic of agents with LLM endpoints, written in the real formats of logs. The same number gives the same traffic.

Usual traffic has working hours or none, tasks of several exchanges with growing prompts, aborted answers, pasted documents, late evenings,
heartbeats, quiet weekends and a rare second endpoint. The kinds of `Kind` are put into single days of the second half. Nothing here was
measured in a real account: results on this traffic are results on synthetic traffic.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from containment.logs.aws import FlowAction, FlowRecord, QueryRecord, ResolverAnswer
from containment.logs.gateway import SessionLine, Stage
from containment.policy.flow import PolicyVerdict

START = datetime(2026, 10, 5, tzinfo=UTC)
LEARN_DAYS = CHECK_DAYS = 14
AGENTS = 3
USUAL = ("integrate.api.nvidia.com", "inference-api.nvidia.com", "api.anthropic.com")
OTHER = ("api.openai.com", "openrouter.ai", "generativelanguage.googleapis.com")
RULE = UUID("00000000-0000-0000-0000-000000000003")


class Kind(StrEnum):
    """Kinds of labelled days."""

    EXFILTRATION = "prompt-exfiltration"
    BEACON = "beacon"
    SWITCH = "model-switch"
    HOURS = "hours"


class View(StrEnum):
    """Which logs the traffic is written to."""

    GATEWAY = "gateway"
    VPC = "vpc-flow and resolver"


class Event(NamedTuple):
    """One exchange as the client has it."""

    time: datetime
    endpoint: str
    bytes_out: int
    bytes_in: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What is usual for one agent."""

    address: str
    endpoint: str
    second_endpoint: str | None
    first_hour: int
    hours: int
    weekend: float
    tasks: float
    task_length: float
    gap: float
    request: float
    request_sigma: float
    response: float
    response_sigma: float
    heartbeat: bool


@dataclass
class Traffic:
    """The traffic of one number: events and labels by agent."""

    habits: list[Habits]
    events: dict[str, list[Event]] = field(default_factory=dict)
    labels: dict[tuple[str, date], Kind] = field(default_factory=dict)


def generate_traffic(number: int, agents: int = AGENTS) -> Traffic:
    """Return the traffic of several agents for both halves."""
    chance = random.Random(f"baseline-{number}")
    found = Traffic([_draw_habits(chance, f"10.42.{number}.{place + 10}") for place in range(agents)])
    for habits in found.habits:
        days = [START + timedelta(days=place) for place in range(LEARN_DAYS + CHECK_DAYS)]
        marked = dict(zip(chance.sample(days[LEARN_DAYS:], len(Kind)), Kind, strict=True))
        events = [event for day in days for event in _draw_day(chance, habits, day)]
        for day, kind in marked.items():
            if kind is Kind.HOURS and habits.hours == 24:
                continue  # an agent without quiet hours has no such day
            found.labels[habits.address, day.date()] = kind
            if kind is Kind.SWITCH:
                events = _switch_model(chance, events, habits, day)
            events += _draw_anomaly(chance, habits, day, kind)
        found.events[habits.address] = sorted(events)
    return found


def _draw_habits(chance: random.Random, address: str) -> Habits:
    around_the_clock = chance.random() < 0.2
    usual = chance.sample(USUAL, 2)
    return Habits(
        address=address,
        endpoint=usual[0],
        second_endpoint=usual[1] if chance.random() < 0.2 else None,
        first_hour=0 if around_the_clock else chance.randrange(24),
        hours=24 if around_the_clock else chance.randint(7, 12),
        weekend=1.0 if around_the_clock else chance.choice((0.0, 0.0, 0.1, 0.3)),
        tasks=chance.uniform(3, 12),
        task_length=chance.uniform(4, 12),
        gap=chance.uniform(8, 40),
        request=math.exp(chance.uniform(math.log(4e3), math.log(6e4))),
        request_sigma=chance.uniform(0.5, 1.0),
        response=math.exp(chance.uniform(math.log(1e3), math.log(1.2e4))),
        response_sigma=chance.uniform(0.6, 1.0),
        heartbeat=chance.random() < 0.25,
    )


def _draw_day(chance: random.Random, habits: Habits, day: datetime) -> Iterator[Event]:
    """Yield the usual exchanges of a day, which begins at midnight UTC; a late evening is usual now and then."""
    weight = habits.weekend if day.weekday() >= 5 else 1.0
    size = chance.lognormvariate(0, 0.2)
    late = chance.uniform(1, 4) if habits.hours < 24 and chance.random() < 0.03 else 0.0
    for _ in range(_draw_poisson(chance, habits.tasks * weight)):
        start = day + timedelta(hours=(habits.first_hour + chance.uniform(0, habits.hours + late)) % 24)
        second = habits.second_endpoint if chance.random() < 0.05 else None
        yield from _draw_task(chance, habits, start, size, second)
    if habits.heartbeat and weight:
        moment = day
        while moment < day + timedelta(days=1):
            if (moment.hour - habits.first_hour) % 24 < habits.hours:
                yield Event(moment, habits.endpoint, int(chance.uniform(900, 1500)), int(chance.uniform(300, 700)), 1.0)
            moment += timedelta(seconds=1800 * chance.uniform(0.9, 1.1))


def _draw_task(chance: random.Random, habits: Habits, start: datetime, size: float, second: str | None = None) -> Iterator[Event]:
    moment = start
    end = start.replace(hour=23, minute=59, second=59)
    for place in range(1 + int(chance.expovariate(1 / habits.task_length))):
        if moment > end:
            return
        request = habits.request * size * (1 + 0.1 * place) * chance.lognormvariate(0, habits.request_sigma)
        if chance.random() < 0.005:
            request *= chance.uniform(5, 20)  # a pasted document
        response = habits.response * chance.lognormvariate(0, habits.response_sigma)
        if chance.random() < 0.01:
            response = chance.uniform(0, 300)  # an aborted answer
        seconds = min(300.0, 1 + response / 400 * chance.uniform(0.5, 2))
        yield Event(moment, second or habits.endpoint, int(request) + 500, int(response), seconds)
        moment += timedelta(seconds=seconds + habits.gap * chance.lognormvariate(0, 0.9))


def _draw_anomaly(chance: random.Random, habits: Habits, day: datetime, kind: Kind) -> Iterator[Event]:
    if kind is Kind.EXFILTRATION:
        total, parts = _draw_log_uniform(chance, 3e6, 1e8), round(_draw_log_uniform(chance, 1, 60))
        for _ in range(parts):
            moment = day + timedelta(hours=(habits.first_hour + chance.uniform(0, habits.hours)) % 24)
            yield Event(moment, habits.endpoint, int(total / parts * chance.uniform(0.7, 1.3)), int(chance.uniform(300, 2000)), 5.0)
    if kind is Kind.BEACON:
        period, jitter, hours = _draw_log_uniform(chance, 45, 900), chance.uniform(0, 0.15), chance.uniform(3, 12)
        moment = day + timedelta(hours=chance.uniform(0, 23.9 - hours))
        end = moment + timedelta(hours=hours)
        while moment < end:
            yield Event(moment, habits.endpoint, int(chance.uniform(800, 3000)), int(chance.uniform(200, 1500)), 1.0)
            moment += timedelta(seconds=period * chance.uniform(1 - jitter, 1 + jitter))
    if kind is Kind.HOURS:
        for _ in range(chance.randint(2, 5)):
            away = chance.uniform(3, 24 - habits.hours - 3)
            start = day + timedelta(hours=(habits.first_hour + habits.hours + away) % 24)
            yield from _draw_task(chance, habits, start, 1.0)


def _switch_model(chance: random.Random, events: list[Event], habits: Habits, day: datetime) -> list[Event]:
    """Return the events with half of a day's exchanges at another endpoint, and with one at least."""
    other = chance.choice(OTHER)
    found = [event._replace(endpoint=other) if event.time.date() == day.date() and chance.random() < 0.5 else event for event in events]
    return [*found, Event(day + timedelta(hours=habits.first_hour, minutes=1), other, int(habits.request), int(habits.response), 3.0)]


def _draw_poisson(chance: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _draw_log_uniform(chance: random.Random, low: float, high: float) -> float:
    return math.exp(chance.uniform(math.log(low), math.log(high)))


def write_logs(folders: tuple[Path, Path], traffic: Traffic, view: View) -> None:
    """Write the logs of both halves to two folders."""
    middle = START + timedelta(days=LEARN_DAYS)
    for path, is_first in zip(folders, (True, False), strict=True):
        path.mkdir(parents=True)
        chance = random.Random(f"logs-{view}-{is_first}")
        events = sorted((event, agent) for agent, found in traffic.events.items() for event in found if (event.time < middle) == is_first)
        if view is View.GATEWAY:
            (path / "gateway.log").write_text("\n".join(_format_sessions(chance, events)) + "\n")
        else:
            (path / "vpc-flow.log").write_text("\n".join(_format_flows(chance, events)) + "\n")
            (path / "resolver-query.log").write_text("\n".join(_format_queries(chance, events)) + "\n")


def _find_address(endpoint: str, place: int) -> str:
    return f"203.0.113.{(*USUAL, *OTHER).index(endpoint) * 4 + place + 1}"


def _format_sessions(chance: random.Random, events: Sequence[tuple[Event, str]]) -> Iterator[str]:
    for number, (event, agent) in enumerate(events):
        for stage in (Stage.START, Stage.END):
            ended = stage is Stage.END
            yield SessionLine(
                time=event.time + timedelta(seconds=event.seconds if ended else 0),
                gateway="gw",
                process=1,
                verdict=PolicyVerdict.PERMIT,
                source=ip_address(agent),
                source_port=32768 + number % 28000,
                destination=ip_address(_find_address(event.endpoint, chance.randrange(4))),
                port=443,
                enforced=True,
                level="SNI",
                sni_hostname=event.endpoint,
                rule_uuid=RULE,
                session=str(number + 1),
                stage=stage,
                request_bytes=event.bytes_out if ended else 0,
                response_bytes=event.bytes_in if ended else 0,
                upstream="",
            ).format()


def _format_flows(chance: random.Random, events: Sequence[tuple[Event, str]]) -> Iterator[str]:
    """Yield a record per direction and minute, with the handshake and the headers of TLS and TCP in the bytes."""
    for event, agent in events:
        address, port = _find_address(event.endpoint, chance.randrange(4)), chance.randrange(32768, 61000)
        parts = 1 + int(event.seconds // 60)
        for part in range(parts):
            start = event.time + timedelta(seconds=60 * part)
            out = int(event.bytes_out * 1.04) + 2000 if part == 0 else int(event.bytes_in * 0.03 / parts) + 52
            back = int(event.bytes_in * 1.06 / parts) + (4500 if part == 0 else 52)
            for (source, source_port), (target, target_port), size in (
                ((agent, port), (address, 443), out),
                ((address, 443), (agent, port), back),
            ):
                yield FlowRecord(
                    account="123456789012",
                    interface="eni-1",
                    source=ip_address(source),
                    destination=ip_address(target),
                    source_port=source_port,
                    port=target_port,
                    protocol=6,
                    packets=1 + size // 1400,
                    size=size,
                    start=start,
                    end=start + timedelta(seconds=min(60.0, event.seconds)),
                    action=FlowAction.ACCEPT,
                ).format()


def _format_queries(chance: random.Random, events: Sequence[tuple[Event, str]]) -> Iterator[str]:
    """Yield a query where the client's cache of one minute has no answer; each answer has two of the four addresses."""
    last: dict[tuple[str, str], datetime] = {}
    for event, agent in events:
        key = agent, event.endpoint
        if key in last and event.time - last[key] < timedelta(seconds=60):
            continue
        last[key] = event.time
        yield QueryRecord(
            account_id="123456789012",
            region="us-east-1",
            vpc_id="vpc-1",
            query_timestamp=event.time - timedelta(milliseconds=20),
            query_name=f"{event.endpoint}.",
            query_type="A",
            srcaddr=ip_address(agent),
            srcport="5000",
            transport="UDP",
            answers=tuple(ResolverAnswer(rdata=_find_address(event.endpoint, place), type="A") for place in chance.sample(range(4), 2)),
        ).format()
