"""A scripted agent contacts 12 names: exactly these 12 are listed, from every form of the logs, and a lost or added line shows."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.loaders.presets import load_library
from containment.observe.evidence import Evidence
from containment.observe.observation import Scope, observe
from tests.containment.observe.lines import AGENT, RULES, START, packet, permitted, query, session, watched
from tests.containment.observe.reading.test_files import bucket

__all__ = ["bucket"]
SCOPE = Scope(library=load_library(), rules=RULES)
NAMES = [f"host{number}.site{number % 4}.example" for number in range(12)]
DENY = "vca-openclaw-default-deny"
EXPECTED = [
    (name, f"site{number % 4}.example", AGENT, DENY, number + 1, 100 * (number + 1), 200 * (number + 1), 1 + (number > 5))
    for number, name in enumerate(NAMES)
]
"""Name, registrable domain, agent, rule, count, bytes each way, days."""


def at(number: int, visit: int) -> Any:
    return START + timedelta(minutes=number) + (timedelta(days=1) if visit and number > 5 else timedelta())


def write_gateway() -> list[str]:
    lines = permitted("allowed.example.org", 900)
    for number, name in enumerate(NAMES):
        for visit in range(number + 1):
            lines += watched(name, 1000 + 20 * number + visit, at(number, visit))
    return lines


def write_flowiq() -> list[str]:
    lines = ["Timestamp,Source IP,Destination IP,Destination Port,Protocol,Bytes Sent,Bytes Received,SNI Hostname,Action,Enforced,Rule"]
    for number, name in enumerate(NAMES):
        end = f"{AGENT},203.0.113.10,443,tcp,100,200,{name},Deny,false,{DENY}"
        lines += [f"{at(number, visit).isoformat()},{end}" for visit in range(number + 1)]
    return lines


def list_denied(evidence: Evidence) -> list[tuple[Any, ...]]:
    found = [
        (one.name, one.registrable_domain, one.agent, one.rule, one.count, one.bytes_out, one.bytes_in, one.days)
        for one in evidence.would_be_denied
    ]
    return sorted(found, key=lambda one: NAMES.index(one[0]) if one[0] in NAMES else -1)


def as_text(folder: Path, lines: list[str]) -> str:
    (folder / "log").write_text("\n".join(lines) + "\n")
    return str(folder / "log")


def as_gzip(folder: Path, lines: list[str]) -> str:
    (folder / "log").write_bytes(gzip.compress("\n".join(lines).encode()))
    return str(folder / "log")


@pytest.mark.parametrize("write", [write_gateway, write_flowiq], ids=["gateway", "FlowIQ"])
@pytest.mark.parametrize("store", [as_text, as_gzip], ids=["plain", "gzip"])
def test_exactly_the_contacted_names_are_listed(
    tmp_path: Path, write: Callable[[], list[str]], store: Callable[[Path, list[str]], str]
) -> None:
    found = observe([store(tmp_path, write())], SCOPE).evidence
    assert list_denied(found) == EXPECTED
    seen = {one.name: one for one in found.would_be_denied}
    assert (seen[NAMES[7]].first_seen, seen[NAMES[7]].last_seen) == (at(7, 0), at(7, 1))


@pytest.mark.long
@pytest.mark.parametrize("write", [write_gateway, write_flowiq], ids=["gateway", "FlowIQ"])
def test_a_lost_an_added_and_a_changed_line_are_seen(tmp_path: Path, write: Callable[[], list[str]]) -> None:
    """The planted failures of the list: each makes it differ."""
    lines = write()
    names_last = [place for place, line in enumerate(lines) if NAMES[11] in line]
    lost = [line for place, line in enumerate(lines) if place not in names_last[:4]]
    added = [*lines, *(watched("host12.site0.example", 5000) if write is write_gateway else [lines[-1].replace(NAMES[11], "x.example")])]
    changed = [line.replace(NAMES[3], "host3.site9.example") for line in lines]
    for planted in (lost, added, changed):
        assert list_denied(observe([as_text(tmp_path, planted)], SCOPE).evidence) != EXPECTED


def test_objects_of_a_bucket_are_the_same_logs(bucket: Any) -> None:
    lines = write_gateway()
    half = len(lines) // 2
    bucket.put_object(Bucket="logs", Key="gw/1.gz", Body=gzip.compress("\n".join(lines[:half]).encode()))
    bucket.put_object(Bucket="logs", Key="gw/2", Body="\n".join(lines[half:]).encode())
    assert list_denied(observe(["s3://logs/gw/"], SCOPE).evidence) == EXPECTED


def test_a_name_in_dns_only_an_address_and_a_disagreement_stay_three_lines_next_to_the_twelve(tmp_path: Path) -> None:
    lines = [
        *write_gateway(),
        query("asked.example.org", "203.0.113.77"),
        packet("203.0.113.88"),
        query("moved.example.org", "203.0.113.5"),
        session("moved.example.org", address="203.0.113.6", number=7777),
    ]
    found = observe([as_text(tmp_path, lines)], SCOPE).evidence
    assert [one.name for one in found.dns_only] == ["asked.example.org"]
    assert [one.address for one in found.address_without_name] == ["203.0.113.88"]
    assert [(one.name, one.address) for one in found.disagreements] == [("moved.example.org", "203.0.113.6")]
    assert [one for one in list_denied(found) if one[0] in NAMES] == EXPECTED
