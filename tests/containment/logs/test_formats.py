"""Each log format is written and parsed without loss, and a broken line is refused with the field that is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.logs.aws import FirewallAction, FlowAction, FlowRecord, QueryRecord
from containment.logs.decisions import DEFAULT_ACTION, decide_from_flow, decide_from_query, read_gateway_line
from containment.logs.gateway import PacketLine, SessionLine, Stage, parse_gateway_line
from containment.logs.record import LogFormatError
from containment.policy.flow import PolicyVerdict

PORTS = st.integers(0, 65535)
SIZES = st.integers(0, 2**63)
WORDS = st.from_regex(r"[A-Za-z0-9._:-]+", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ADDRESSES = st.ip_addresses()
TIMES = st.integers(0, 2**40).map(lambda part: datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=part, microseconds=part % 7))
SECONDS = TIMES.map(lambda time: time.replace(microsecond=0))
UUIDS = st.none() | st.uuids()


@st.composite
def packets(draw: st.DrawFn) -> PacketLine:
    ports = draw(st.none() | st.tuples(PORTS, PORTS))
    return draw(
        st.builds(
            PacketLine,
            time=TIMES,
            gateway=WORDS,
            rule_uuid=UUIDS,
            source=ADDRESSES,
            destination=ADDRESSES,
            protocol=st.sampled_from(["TCP", "UDP", "ICMP", "GRE", "132"]),
            source_port=st.just(ports and ports[0]),
            port=st.just(ports and ports[1]),
            verdict=st.sampled_from(PolicyVerdict),
            enforced=st.booleans(),
            session=SIZES,
            size=SIZES,
        )
    )


SESSIONS = st.builds(
    SessionLine,
    time=TIMES,
    gateway=WORDS,
    process=SIZES,
    verdict=st.sampled_from(PolicyVerdict),
    source=ADDRESSES,
    source_port=PORTS,
    destination=ADDRESSES,
    port=PORTS,
    enforced=st.booleans(),
    level=st.sampled_from(["SNI", "txn"]),
    sni_hostname=TEXTS,
    rule_uuid=UUIDS,
    session=TEXTS,
    stage=st.sampled_from(Stage),
    request_bytes=SIZES,
    response_bytes=SIZES,
    upstream=TEXTS,
    reason=WORDS,
    url=TEXTS,
)
FLOWS = st.builds(
    FlowRecord,
    account=WORDS,
    interface=WORDS,
    source=ADDRESSES,
    destination=ADDRESSES,
    source_port=PORTS,
    port=PORTS,
    protocol=st.integers(0, 255),
    packets=SIZES,
    size=SIZES,
    start=SECONDS,
    end=SECONDS,
    action=st.sampled_from(FlowAction),
)
QUERIES = st.builds(
    QueryRecord,
    version=st.just("1.1"),
    account_id=WORDS,
    region=WORDS,
    vpc_id=WORDS,
    query_timestamp=TIMES,
    query_name=TEXTS,
    query_type=WORDS,
    srcaddr=ADDRESSES,
    srcport=WORDS,
    transport=st.sampled_from(["UDP", "TCP"]),
    firewall_rule_action=st.none() | st.sampled_from(FirewallAction),
    firewall_rule=st.none() | TEXTS,
)
RECORDS = st.one_of(packets(), SESSIONS, FLOWS, QUERIES)

PACKET = (
    "2026-11-21T09:00:00+00:00 GW-spoke AviatrixGwMicrosegPacket: POLICY=00000000-0000-0000-0000-00000000000a SRC_IP=10.0.0.4"
    " DST_IP=203.0.113.7 PROTO=TCP SRC_PORT=40001 DST_PORT=443 DATA=0x ACT=DENY ENFORCED=false SESSION_ID=1 SESSION_EVENT=0"
)
SESSION_FIELDS: dict[str, Any] = {
    "action": "Deny",
    "reason": "POLICY",
    "src": "10.0.0.4",
    "src_port": "40001",
    "dest": "203.0.113.7",
    "dest_port": "443",
    "enforced": True,
    "sni_hostname": "x.example",
    "decided_by": "",
    "session_stage": "start",
    "a_field_of_a_later_release": {},
}


def session_line(**changes: Any) -> str:
    fields = {key: value for key, value in {**SESSION_FIELDS, **changes}.items() if value is not None}
    return f"2026-11-21T09:00:00+00:00 GW-spoke traffic_server[7]: {json.dumps(fields)}"


@given(RECORDS)
def test_parsing_a_written_record_gives_the_record(record: PacketLine | SessionLine | FlowRecord | QueryRecord) -> None:
    line = record.format()
    assert line.splitlines() == [line]
    assert type(record).parse(line) == record


@given(RECORDS)
def test_a_line_belongs_to_one_format_only(record: PacketLine | SessionLine | FlowRecord | QueryRecord) -> None:
    line = record.format()
    assert [each for each in (PacketLine, SessionLine, FlowRecord, QueryRecord) if each.parse(line) is not None] == [type(record)]


@given(TEXTS)
def test_other_text_is_no_record(text: str) -> None:
    assert parse_gateway_line(text) is None
    assert QueryRecord.parse(text) is None


def test_a_watched_deny_and_the_default_action_are_read() -> None:
    watched = read_gateway_line(PACKET, "dev", {"00000000-0000-0000-0000-00000000000a": "deny"})
    assert watched is not None
    assert (watched.rule, watched.verdict, watched.enforced, watched.port) == ("deny", PolicyVerdict.DENY, False, 443)
    default = read_gateway_line(session_line(), "dev", {})
    assert default is not None
    assert (default.rule, default.rule_uuid, default.server_name, default.bytes_out) == (DEFAULT_ACTION, None, "x.example", None)


def test_a_rule_that_is_not_deployed_has_its_uuid_and_no_name() -> None:
    found = read_gateway_line(PACKET, "dev", {})
    assert found is not None
    assert (str(found.rule_uuid), found.rule) == ("00000000-0000-0000-0000-00000000000a", None)


@pytest.mark.parametrize(
    "line",
    [
        PACKET.replace("ACT=DENY", "ACT=DROP"),
        PACKET.replace("ENFORCED=false", "ENFORCED=no"),
        PACKET.replace(" SRC_IP=10.0.0.4", ""),
        PACKET.replace("DST_PORT=443", "DST_PORT=https"),
        PACKET.replace("ACT=DENY", "ACT=DENY ACT=PERMIT"),
        session_line().replace('"action": "Deny"', '"action": "Deny", "action": "Permit"'),
        session_line(dest_port=443.9),
        session_line(dest_port=True),
        session_line(request_bytes=1.5),
        session_line(decided_by="10"),
        session_line(session_stage="middle"),
        session_line(dest=None),
    ],
)
def test_a_broken_line_of_the_gateway_is_refused(line: str) -> None:
    with pytest.raises(LogFormatError, match="line of the gateway"):
        parse_gateway_line(line)


def test_a_flow_record_without_data_is_no_flow_and_a_broken_one_is_refused() -> None:
    assert FlowRecord.parse("2 123456789012 eni-1 - - - - - - - 1431280876 1431280934 - NODATA") is None
    line = "2 123456789012 eni-1 10.0.0.4 203.0.113.7 40001 22 6 1 60 1431280876 1431280934 REJECT OK"
    found = FlowRecord.parse(line)
    assert found is not None
    decision = decide_from_flow(found, "dev", "security-group")
    assert (decision.rule, decision.verdict, decision.port) == ("security-group", PolicyVerdict.DENY, 22)
    with pytest.raises(LogFormatError, match="VPC flow record"):
        FlowRecord.parse(line.replace("REJECT", "MAYBE"))


def test_a_query_with_a_key_twice_is_refused() -> None:
    with pytest.raises(LogFormatError, match="twice"):
        QueryRecord.parse('{"query_name": "a.example.", "query_name": "b.example."}')


def test_an_alert_of_dns_firewall_is_a_deny_that_is_only_watched() -> None:
    fields = {
        "version": "1.1",
        "account_id": "1",
        "region": "us-east-1",
        "vpc_id": "vpc-1",
        "query_timestamp": "2026-11-21T09:00:00Z",
        "query_name": "x.example.",
        "query_type": "A",
        "srcaddr": "10.0.0.4",
        "srcport": "53000",
        "transport": "UDP",
        "firewall_rule_action": "ALERT",
        "firewall_rule": "everything-else",
        "rcode": "NOERROR",
    }
    found = QueryRecord.parse(json.dumps(fields))
    assert found is not None
    decision = decide_from_query(found, "dev")
    assert (decision.rule, decision.verdict, decision.enforced) == ("dns-firewall:everything-else", PolicyVerdict.DENY, False)
    assert (decision.server_name, decision.source) == ("x.example", found.srcaddr)
    with pytest.raises(LogFormatError, match="srcaddr"):
        QueryRecord.parse(json.dumps({**fields, "srcaddr": "host"}))
