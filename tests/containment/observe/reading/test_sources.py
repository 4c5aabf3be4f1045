"""Deployed log groups are read as they are: every event of the window, from every stream, and an absent group is an error."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.errors import InputError
from containment.exit_code import Exit
from containment.loaders.observation_runs import LAST_RUN
from containment.loaders.presets import load_library
from containment.observe.observation import Scope, observe
from tests.containment.observe.lines import RULES, flow, query, watched

FLOWS, QUERIES, GATEWAY = "/containment/coding-monitor/flow-logs", "/containment/coding-monitor/dns-queries", "/aviatrix/gateway"
NOW = datetime.now(UTC).replace(microsecond=0)
REGION = "us-east-1"


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST"))
    try:
        yield boto3.client("logs")
    finally:
        server.stop()


def put(client: Any, group: str, *streams: list[str], at: datetime = NOW) -> None:
    client.create_log_group(logGroupName=group)
    for number, lines in enumerate(streams):
        client.create_log_stream(logGroupName=group, logStreamName=f"stream-{number}")
        events = [{"timestamp": int(at.timestamp() * 1000) + place, "message": line} for place, line in enumerate(lines)]
        for start in range(0, len(events), 5000):
            client.put_log_events(logGroupName=group, logStreamName=f"stream-{number}", logEvents=events[start : start + 5000])


def run_command(*words: str) -> Result:
    return CliRunner().invoke(build(words), [*words])


def test_every_event_of_every_stream_and_page_is_read(groups: Any) -> None:
    put(groups, GATEWAY, watched("a.example.org", 1, NOW), watched("b.example.org", 2, NOW))
    put(groups, FLOWS, [flow()] * 11_000)
    found = observe([f"logs:{GATEWAY}", f"logs:{FLOWS}"], Scope(library=load_library(), rules=RULES))
    assert sorted({one.name for one in found.evidence.would_be_denied}) == ["a.example.org", "b.example.org"]
    assert found.evidence.lines["vpc-flow"] == 11_000


def test_events_outside_the_window_are_not_even_read(groups: Any) -> None:
    put(groups, GATEWAY, watched("old.example.org", 1, NOW - timedelta(days=9)), at=NOW - timedelta(days=9))
    put(groups, QUERIES, [query("new.example.org", "203.0.113.1", at=NOW)])
    found = observe([f"logs:{GATEWAY}", f"logs:{QUERIES}"], Scope(library=load_library(), rules=RULES, since=NOW - timedelta(days=1)))
    assert found.evidence.would_be_denied == ()
    assert found.read == 1


def test_an_event_of_several_lines_is_one_line(groups: Any) -> None:
    put(groups, QUERIES, [json.dumps(json.loads(query("a.example.org", "203.0.113.1")), indent=2)])
    assert observe([f"logs:{QUERIES}"], Scope(library=load_library())).evidence.lines == {"resolver-query": 1}


@pytest.mark.parametrize("source", ["logs:/no/such/group", "logs:"])
def test_a_group_that_cannot_be_read_is_an_error_for_all_paths_at_once(groups: Any, source: str) -> None:
    with pytest.raises(InputError) as raised:
        observe([source, "logs:/another", "/nowhere"], Scope(library=load_library()))
    assert {one.where for one in raised.value.problems} == {source, "logs:/another", "/nowhere"}


def test_a_scheduled_run_reads_the_stacks_groups_and_preflight_accepts_it(groups: Any, tmp_path: Path) -> None:
    put(groups, FLOWS, [flow()])
    put(groups, QUERIES, [query("a.example.org", "203.0.113.10", at=NOW)])
    put(groups, GATEWAY, watched("a.example.org", 1, NOW))
    (tmp_path / "rules.json").write_text(json.dumps(RULES))
    words = ["observe", "--stack", "coding-monitor", "--since", "2026-01-01", "--results", str(tmp_path / "observed")]
    bare = run_command(*words, "--json")
    assert bare.exit_code == Exit.INCONCLUSIVE, bare.output
    place = tmp_path / "observed" / "coding-monitor"
    assert json.loads((place / LAST_RUN).read_text())["isJudged"] is False
    time.sleep(1.1)  # a result has the second in its name
    sources = [f"logs:{one}" for one in (FLOWS, QUERIES, GATEWAY)]
    full = run_command(*words, "--rules", str(tmp_path / "rules.json"), "--json", *sources)
    assert full.exit_code == Exit.NO, full.output
    note = json.loads((place / LAST_RUN).read_text())
    assert (note["isJudged"], note["wouldBeDenied"], note["sources"]) == (True, 1, sources)
    assert len([*place.glob("2*.json")]) == 2
    assert json.loads((place / note["evidence"]).read_text())["stack"] == "coding-monitor"
