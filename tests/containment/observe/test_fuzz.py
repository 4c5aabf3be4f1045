"""No line crashes the reader, and lines read are lines counted and rejects: 2,000 mutated lines, `LINES=1000000` for the full count."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from containment.logs.aws import FirewallAction
from containment.observe.reading.ingest import ingest_files
from containment.observe.reading.rejects import Rejects
from containment.observe.reading.sources import LogFile
from tests.containment.observe.lines import RULES, flow, packet, query, watched

LINES = int(os.environ.get("LINES", "2000"))
GOOD = [
    *watched("files.example.org"),
    packet("203.0.113.60"),
    flow(),
    flow(answer=True),
    query("a.example.org", "203.0.113.1", "2001:db8::1", action=FirewallAction.BLOCK),
    "2 1 eni-1 - - - - - - - 1793534400 1793534460 - SKIPDATA",
    "version srcaddr dstaddr srcport dstport start action",
    "2 10.0.0.1 203.0.113.1 40000 443 1793534400 ACCEPT",
    "Timestamp,Source IP,Destination IP,Protocol,Bytes,SNI,Action,Enforced",
    "2026-11-01T10:00:00Z,10.0.0.1,203.0.113.1,6,100,a.example.org,Deny,false",
    (
        "<158>Mar  4 22:54:34 GW-a-1.2.3.4-sink /usr/local/bin/avx 2026/03/04 22:54:34 AviatrixGwMicrosegPacket: POLICY= SRC_IP=10.0.0.1"
        " DST_IP=203.0.113.1 PROTO=TCP SRC_PORT=1 DST_PORT=80 DATA=0x ACT=DENY ENFORCED=false SESSION_ID=1 SESSION_EVENT=0"
    ),
    (
        '<153>Mar  4 22:57:01 GW-a traffic_server[1]: {"action":"Permit","src":"10.0.0.1","src_port":1,"dest":"203.0.113.1",'
        '"dest_port":443,"enforced":true,"stage":"SNI","sni_hostname":"a.example.org","decided_by":"","session_stage":"start","timestamp":1772665021}'
    ),
]
SPLICES = [b"\x00", b"\xff\xfe", b'"', b"{", b"}", b"[" * 3000, b"\\ud800", b"9" * 40, b"-1", b"1e999", b"NaN", b"null", b",", b"\t", b"="]
SPLICES += [b"0000-00-00", b"9999-12-31T23:59:59-23:59", "é漢\u2028".encode(), b"\r", b"::", b"true", b"{}", b" ", b"x" * 300]


def mutate(line: bytes, chance: random.Random) -> bytes:
    """Return the line with one to four changes: bytes cut, repeated, replaced, or spliced in."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(line))
        end = min(len(line), start + chance.choice((0, 1, 1, 3, 20)))
        piece = chance.choice((b"", chance.choice(SPLICES), bytes([chance.randrange(256)]), line[start:end] * 2))
        line = line[:start] + piece + line[end:]
    return line.replace(b"\n", b"")


@pytest.mark.parametrize("key", ["stage", "sni_hostname", "upstream", "reason", "url", "session_id", "request_bytes"])
@pytest.mark.parametrize("value", ["NaN", "7", "[]", "{}", "true", "1e400", '"\\ud800"'])
def test_a_field_of_another_type_is_a_row_or_a_reject(tmp_path: Path, key: str, value: str) -> None:
    source = tmp_path / "log"
    source.write_text(GOOD[0].replace('{"timestamp"', f'{{"{key}": {value}, "x"', 1).replace(f' "{key}": "', f' "was_{key}": "', 1))
    with Rejects(None) as rejects:
        found = ingest_files([LogFile("log", source)], tmp_path, rejects, rules=RULES)
    assert found.read == 1 == sum(found.lines.values()) + sum(found.rejected.values())


@pytest.mark.timeout(7200)
def test_no_line_is_fatal_and_none_is_lost(tmp_path: Path) -> None:
    chance = random.Random(15)
    source, written = tmp_path / "log", 0
    with source.open("wb") as out:
        while written < LINES:
            line = chance.choice(GOOD).encode()
            out.write((mutate(line, chance) if chance.random() < 0.8 else line) + b"\n")
            written += 1
    with Rejects(tmp_path / "rejects.jsonl") as rejects:
        found = ingest_files([LogFile("log", source)], tmp_path, rejects, rules=RULES)
    assert found.read == written == sum(found.lines.values()) + sum(found.rejected.values())
    with (tmp_path / "rejects.jsonl").open(encoding="utf-8") as lines:
        assert sum(bool(json.loads(line)["reason"]) for line in lines) == sum(found.rejected.values())
    assert min(sum(found.rejected.values()), sum(found.lines.values())) > written // 20
