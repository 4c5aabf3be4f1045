"""The same flows are read from every container: text, custom formats, Parquet, gzip, S3 and FlowIQ exports."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.logs.aws import DEFAULT_FIELDS
from containment.logs.gateway import parse_gateway_line
from containment.observe.observation import Observation, Scope, observe
from containment.observe.state_names import find_rules, read_rule_file
from tests.containment.observe.lines import AGENT, RULES, START, flow, watched

SCOPE = Scope(library=load_library(), rules=RULES)
SECOND = int(START.timestamp())


def list_addresses(found: Observation) -> list[tuple[str, int | None, int | None, int | None]]:
    return [(one.address, one.port, one.bytes_out, one.bytes_in) for one in found.evidence.address_without_name]


def write_parquet(path: Path, lines: list[str]) -> None:
    records = [dict(zip((name.replace("-", "_") for name in DEFAULT_FIELDS), line.split(), strict=True)) for line in lines]
    pq.write_table(pa.Table.from_pylist([{key: None if value == "-" else value for key, value in one.items()} for one in records]), path)


def test_text_and_parquet_of_the_same_flows_give_equal_evidence(tmp_path: Path) -> None:
    lines = [flow(size=500), flow(answer=True, size=900), flow("198.51.100.9", size=7)]
    (tmp_path / "flows.log").write_text("\n".join(lines))
    write_parquet(tmp_path / "flows.bin", lines)
    text, columns = (observe([str(tmp_path / name)], SCOPE) for name in ("flows.log", "flows.bin"))
    assert text.evidence == columns.evidence
    assert list_addresses(text) == [("198.51.100.9", 443, 7, None), ("203.0.113.10", 443, 500, 900)]


def test_unusable_records_in_parquet_are_rejected_by_number(tmp_path: Path) -> None:
    bad = [flow().replace(AGENT, "nowhere"), flow().replace("ACCEPT", "MAYBE"), flow().replace(" 40000 ", " 70000 ")]
    none = f"2 1 eni-1 - - - - - - - {SECOND} {SECOND} - NODATA"
    write_parquet(tmp_path / "flows", [flow(), *bad, none])
    found = observe([str(tmp_path / "flows")], SCOPE, tmp_path / "rejects")
    entries = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert sorted(one["line"] for one in entries) == [2, 3, 4]
    assert found.evidence.lines == {"vpc-flow": 1, "vpc-flow-nodata": 1}
    assert found.evidence.rejected == {"vpc-flow": 3}
    assert found.read == 5


def test_skipped_records_in_parquet_are_a_gap_and_another_status_is_a_reject(tmp_path: Path) -> None:
    skipped, other = (f"2 1 eni-1 - - - - - - - {SECOND} {SECOND + 60} - {status}" for status in ("SKIPDATA", "WEIRD"))
    lines = [flow(), skipped, other]
    (tmp_path / "flows.log").write_text("\n".join(lines))
    write_parquet(tmp_path / "flows.bin", lines)
    for name in ("flows.log", "flows.bin"):
        found = observe([str(tmp_path / name)], SCOPE).evidence
        assert [(gap.source, gap.seconds) for gap in found.gaps] == [("vpc-flow", 60)]
        assert found.lines == {"vpc-flow": 1, "vpc-flow-skipdata": 1}
        assert sum(found.rejected.values()) == 1


@pytest.mark.parametrize("field", ["srcport", "dstport", "protocol", "bytes"])
def test_text_in_place_of_a_number_in_parquet_is_a_reject_and_never_zero(tmp_path: Path, field: str) -> None:
    words = flow().split()
    words[DEFAULT_FIELDS.index(field)] = "many"
    write_parquet(tmp_path / "flows", [flow(), " ".join(words)])
    found = observe([str(tmp_path / "flows")], SCOPE).evidence
    assert (found.lines, found.rejected) == ({"vpc-flow": 1}, {"vpc-flow": 1})


def test_times_and_addresses_in_parquet_have_one_form(tmp_path: Path) -> None:
    record = {"srcaddr": "FD00::A", "dstaddr": "2001:DB8:0::1", "start": START, "action": "ACCEPT", "bytes": 5, "dstport": 443}
    pq.write_table(pa.Table.from_pylist([record, {**record, "srcaddr": "fd00::a", "dstaddr": "2001:db8::1"}]), tmp_path / "flows")
    found = observe([str(tmp_path / "flows")], SCOPE).evidence
    assert [(one.address, one.agent, one.count, one.first_seen) for one in found.address_without_name] == [
        ("2001:db8::1", "fd00::a", 2, START)
    ]


def test_a_folder_is_read_through_links_and_a_link_to_nothing_is_a_problem(tmp_path: Path) -> None:
    logs, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    logs.mkdir()
    elsewhere.mkdir()
    (elsewhere / "gateway.log").write_text("\n".join(watched("a.example.org")))
    (logs / "mounted").symlink_to(elsewhere)
    (elsewhere / "loop").symlink_to(logs)
    assert [one.name for one in observe([str(logs)], SCOPE).evidence.would_be_denied] == ["a.example.org"]
    (logs / "lost.log").symlink_to(tmp_path / "nothing")
    with pytest.raises(InputError, match="logs cannot be read"):
        observe([str(logs)], SCOPE)


def test_parquet_of_something_else_is_a_reject(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other")
    (tmp_path / "flows.log").write_text(flow())
    assert observe([str(tmp_path)], SCOPE).evidence.rejected == {"file": 1}


def test_a_header_line_gives_the_order_of_a_custom_format(tmp_path: Path) -> None:
    lines = ["action dstaddr bytes srcaddr start dstport pkt-dstaddr", f"ACCEPT 10.42.0.9 77 {AGENT} {SECOND} 8443 203.0.113.10"]
    (tmp_path / "flows").write_text("\n".join(lines))
    assert list_addresses(observe([str(tmp_path / "flows")], SCOPE)) == [("203.0.113.10", 8443, 77, None)]


def test_an_export_of_cloudwatch_has_a_time_before_each_line(tmp_path: Path) -> None:
    (tmp_path / "flows").write_text(f"2026-11-01T12:00:00.000Z {flow(size=5)}\n")
    assert list_addresses(observe([str(tmp_path / "flows")], SCOPE)) == [("203.0.113.10", 443, 5, None)]


@pytest.mark.parametrize(
    ("header", "record"),
    [
        (
            "Timestamp,Source IP,Destination IP,Destination Port,Protocol,Bytes,SNI Hostname,Action,Enforced,Rule",
            f'2026-11-01T12:00:00Z,{AGENT},203.0.113.10,443,6,"1,234",files.example.org,Deny,false,vca-openclaw-default-deny',
        ),
        (
            "netflow.dstaddr,netflow.srcaddr,@timestamp,domain,policy action,is enforced,policy uuid,netflow.bytes",
            f"203.0.113.10,{AGENT},1793534400000,https://files.example.org/x,DENY,monitor,{next(iter(RULES))},1234",
        ),
    ],
)
def test_flowiq_columns_are_found_by_name(tmp_path: Path, header: str, record: str) -> None:
    (tmp_path / "export").write_text(f"{header}\n{record}\n")
    (found,) = observe([str(tmp_path / "export")], SCOPE).evidence.would_be_denied
    assert (found.name, found.rule, found.bytes_out, found.count) == ("files.example.org", "vca-openclaw-default-deny", 1234, 1)


COLUMNS = ("Timestamp", "Source IP", "Destination IP", "Destination Port", "Bytes", "SNI Hostname", "Action", "Enforced", "Rule")
VALUES = ("2026-11-01T12:00:00Z", AGENT, "203.0.113.10", "443", "1234", "files.example.org", "Deny", "false", "default-deny")
SHUFFLED = (6, 2, 8, 0, 1, 7, 5, 4, 3)


def make_table(separator: str = ",", quote: str = "", end: str = "\n", order: tuple[int, ...] = tuple(range(9))) -> str:
    rows = [[table[place] for place in order] for table in (COLUMNS, VALUES)]
    return "".join(separator.join(f"{quote}{one}{quote}" for one in row) + end for row in rows)


EXPORTS = {
    "semicolons": make_table(";").encode(),
    "semicolons named by the first line": b"sep=;\r\n" + make_table(";", end="\r\n").encode(),
    "tabs": make_table("\t").encode(),
    "tabs under names of VPC flow logs": make_table("\t").replace("Source IP", "srcaddr").replace("Destination IP", "dstaddr").encode(),
    "tabs and an empty last field": make_table("\t", order=(*SHUFFLED,)).replace("Destination Port", "Note").replace("443", "").encode(),
    "bars": make_table("|").encode(),
    "byte order mark": b"\xef\xbb\xbf" + make_table().encode(),
    "byte order mark and quoted semicolons": b"\xef\xbb\xbf" + make_table(";", '"', "\r\n").encode(),
    "carriage returns": make_table(end="\r\n").encode(),
    "UTF-16": make_table("\t", end="\r\n").encode("utf-16"),
    "big-endian UTF-16": b"\xfe\xff" + make_table(";").encode("utf-16-be"),
    "UTF-16 in gzip": gzip.compress(make_table("\t").encode("utf-16")),
    "another order, case and quotes": make_table(";", '"', order=SHUFFLED).replace("SNI Hostname", "sni_HOSTNAME").encode(),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_is_read_in_every_dialect_of_its_header(tmp_path: Path, kind: str) -> None:
    (tmp_path / "export").write_bytes(EXPORTS[kind])
    evidence = observe([str(tmp_path / "export")], SCOPE).evidence
    assert evidence.rejected == {}
    assert [(one.name, one.bytes_out, one.count) for one in evidence.would_be_denied] == [("files.example.org", 1234, 1)]


REFUSED_EXPORTS = {
    "German": (make_table(";").replace("Timestamp", "Zeit").replace("Source IP", "Quelle").encode(), "without columns for source, time"),
    "no time": (make_table().replace("Timestamp", "When").encode(), "without columns for time"),
    "both separators": (b"time,src,dst,a;time;src;dst;b\n1,2,3;4;5;6\n", "can be split by ',' and ';'"),
    "UTF-16 without a mark": (make_table(";").encode("utf-16-le"), "UTF-16 without a byte order mark"),
    "UTF-32": (make_table(";").encode("utf-32"), "UTF-32"),
    "half a character of UTF-16": (make_table(";").encode("utf-16")[:-1], "is no UTF-16 to its end"),
}


@pytest.mark.parametrize("kind", REFUSED_EXPORTS)
def test_an_export_that_cannot_be_read_is_refused_once_as_a_file(tmp_path: Path, kind: str) -> None:
    content, reason = REFUSED_EXPORTS[kind]
    (tmp_path / "export").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(reason)):
        observe([str(tmp_path / "export")], SCOPE)
    (tmp_path / "flows.log").write_text(flow())
    found = observe([str(tmp_path / "export"), str(tmp_path / "flows.log")], SCOPE, tmp_path / "rejects").evidence
    assert (found.rejected, found.lines["vpc-flow"]) == ({"file": 1}, 1)
    assert reason in json.loads((tmp_path / "rejects").read_text())["reason"]


@pytest.mark.parametrize("value", ["1,5", "1.234", "1,234"])
def test_a_number_of_a_table_with_semicolons_has_one_meaning_or_is_a_reject_of_its_kind(tmp_path: Path, value: str) -> None:
    table = make_table(";")
    (tmp_path / "export").write_text(table + table.partition("\n")[2].replace("1234", value))
    found = observe([str(tmp_path / "export")], SCOPE).evidence
    assert (found.lines["flowiq"], found.rejected) == (1, {"flowiq": 1})


def test_a_line_of_words_after_other_lines_refuses_no_file(tmp_path: Path) -> None:
    (tmp_path / "export").write_text(make_table() + "time;Quelle;Ziel\n" + make_table(";"))
    found = observe([str(tmp_path / "export")], SCOPE).evidence
    assert (found.lines["flowiq"], found.rejected) == (2, {"flowiq": 1})


@pytest.mark.parametrize(("field", "value"), [("time", "20261101"), ("bytes", '"1,5"'), ("bytes", "1_000"), ("bytes", "1.5")])
def test_a_flowiq_number_or_date_of_another_form_is_a_reject_and_no_other_number(tmp_path: Path, field: str, value: str) -> None:
    record = {"time": "2026-11-01T12:00:00Z", "src": AGENT, "dst": "203.0.113.10", "action": "deny", "enforced": "no", "bytes": "10"}
    lines = [",".join(record), ",".join(record.values()), ",".join({**record, field: value}.values())]
    (tmp_path / "export").write_text("\n".join(lines))
    found = observe([str(tmp_path / "export")], SCOPE).evidence
    assert (found.lines["flowiq"], found.rejected) == (1, {"flowiq": 1})


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["https://a.example.org?x", "https://user:word@a.example.org:8443/x", "A.Example.org.", "a.example.org:443"]
)
def test_the_host_of_a_flowiq_url_is_the_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "export").write_text(f"time,src,dst,url,action,enforced\n2026-11-01,{AGENT},203.0.113.10,{name},deny,no\n")
    assert [one.name for one in observe([str(tmp_path / "export")], SCOPE).evidence.would_be_denied] == ["a.example.org"]


@pytest.mark.parametrize("columns", [("time,src,dst,sni,action", ""), ("time,src,dst,sni,action,enforced", ",")])
def test_a_flowiq_deny_that_is_not_known_to_be_enforced_would_be_denied(tmp_path: Path, columns: tuple[str, str]) -> None:
    (tmp_path / "export").write_text(f"{columns[0]}\n2026-11-01,{AGENT},203.0.113.10,a.example.org,deny{columns[1]}\n")
    assert [one.name for one in observe([str(tmp_path / "export")], SCOPE).evidence.would_be_denied] == ["a.example.org"]


def test_flowiq_records_without_a_session_are_counted_by_record_and_day(tmp_path: Path) -> None:
    lines = [f"2026-11-0{day}T12:00:00Z,{AGENT},203.0.113.10,a.example.org,deny,no,10" for day in (1, 1, 2)]
    (tmp_path / "export").write_text("\n".join(["time,src,dst,sni,action,enforced,bytes", *lines]))
    (found,) = observe([str(tmp_path / "export")], SCOPE).evidence.would_be_denied
    assert (found.count, found.days, found.bytes_out) == (3, 2, 30)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    try:
        client = boto3.client("s3")
        client.create_bucket(Bucket="logs")
        yield client
    finally:
        server.stop()


def test_objects_below_a_prefix_are_read_and_an_absent_bucket_is_an_error(tmp_path: Path, bucket: Any) -> None:
    bucket.put_object(Bucket="logs", Key="gw/1.gz", Body=gzip.compress("\n".join(watched("a.example.org")).encode()))
    bucket.put_object(Bucket="logs", Key="gw/2", Body="\n".join(watched("b.example.org", 2)).encode())
    bucket.put_object(Bucket="logs", Key="other/3", Body=b"no log")
    found = observe(["s3://logs/gw/"], SCOPE)
    assert [one.name for one in found.evidence.would_be_denied] == ["a.example.org", "b.example.org"]
    with pytest.raises(InputError, match="logs cannot be read"):
        observe(["s3://absent/gw"], SCOPE)


def test_rules_are_found_in_a_list_a_mapping_and_a_state(tmp_path: Path) -> None:
    uuid = next(iter(RULES))
    rule = {"uuid": uuid, "name": "deny", "action": "DENY"}
    state = {"deployment": {"resources": [{"outputs": {"rules": [rule], "name": "x", "uuid": uuid[::-1]}}]}}
    assert find_rules([{"uuid": uuid, "name": "deny"}]) == find_rules({uuid: "deny"}) == find_rules(state) == {uuid: "deny"}
    for text in ("{}", f'{{"{uuid}": "allow-packages", "{uuid}": "monitor-permit"}}'):  # a uuid with two names has none
        (tmp_path / "rules").write_text(text)
        with pytest.raises(InputError, match="rules cannot be read"):
            read_rule_file(tmp_path / "rules")


def test_lines_with_the_lead_of_a_syslog_server_have_the_time_of_their_message() -> None:
    lead = "<158>Mar  4 22:54:34 GW-spoke-192.0.2.1-sink"
    packet = f"{lead} /usr/local/bin/x 2026/03/04 22:54:34 AviatrixGwMicrosegPacket: POLICY= SRC_IP=10.0.0.1 DST_IP=10.0.0.2 PROTO=TCP"
    packet += " SRC_PORT=1 DST_PORT=80 DATA=0x ACT=DENY ENFORCED=false SESSION_ID=15625921951502722107"
    fields = {"action": "Permit", "src": "10.0.0.1", "src_port": 1, "dest": "10.0.0.2", "dest_port": 443, "enforced": "false"}
    fields |= {"decided_by": "", "session_stage": "end", "timestamp": 1772664874}
    session = f"{lead} traffic_server[1]: {json.dumps(fields)}"
    for line in (packet, session):
        found = parse_gateway_line(line)
        assert found is not None
        assert (found.time, found.gateway, found.enforced) == (datetime(2026, 3, 4, 22, 54, 34, tzinfo=UTC), "spoke-192.0.2.1-sink", False)
