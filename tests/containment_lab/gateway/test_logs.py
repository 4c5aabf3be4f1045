"""What the proxy says becomes the gateway's own lines: each flow and each request is told when it begins, and nothing is refused unsaid."""

from __future__ import annotations

import json
from typing import Any

from containment.logs.decisions import decide_from_gateway
from containment.policy.flow import PolicyVerdict
from containment_lab.gateway.logs import make_session_lines

ALLOW, DENY = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000d"


def told(**more: Any) -> list[tuple[Any, ...]]:
    entry = {"src": "10.43.10.4:40001", "dest": "203.0.113.7:443", "time": "1795598959.5", "session": 1, "received": 7, "sent": 9, **more}
    found = [decide_from_gateway(line, "dev", {ALLOW: "allow", DENY: "deny"}) for line in make_session_lines(entry, "gateway", 1)]
    return [(each.rule, each.verdict, each.enforced, each.bytes_out) for each in found]


def test_a_connection_that_the_proxy_refuses_before_any_rule_is_reported_as_refused() -> None:
    assert told(chain=None, listener="yes", when="NotSet") == [("default-action", PolicyVerdict.DENY, True, None)]
    assert told(chain="http", host="x.example", rule=None, when="DownstreamEnd") == [("default-action", PolicyVerdict.DENY, True, None)]


def test_looking_whether_the_proxy_listens_is_no_flow() -> None:
    assert told(chain=None, dest="127.0.0.1:15001", listener="yes", when="NotSet") == []


def test_a_request_is_reported_when_it_begins_and_when_it_is_over() -> None:
    lines = told(chain="http", host="x.example", rule=f"PERMIT|{ALLOW}|true", when="DownstreamEnd")
    assert lines == [("allow", PolicyVerdict.PERMIT, True, None), ("allow", PolicyVerdict.PERMIT, True, 7)]


def test_a_flow_is_identified_by_each_line_of_the_proxys_own() -> None:
    chain = f"PERMIT|{ALLOW}|true|pass"
    assert told(chain=chain, when="TcpConnectionStart") == [("allow", PolicyVerdict.PERMIT, True, None)]
    assert told(chain=chain, when="TcpConnectionEnd") == [("allow", PolicyVerdict.PERMIT, True, 7)]
    assert told(chain=f"DENY|{DENY}|true|stop", listener="yes", when="NotSet") == [("deny", PolicyVerdict.DENY, True, None)]


def test_a_watched_rule_is_listed_before_the_one_that_decides() -> None:
    lines = told(chain=f"DENY|{DENY}|false>DENY||true|stop", listener="yes", when="NotSet")
    assert [(rule, enforced) for rule, _, enforced, _ in lines] == [("deny", False), ("default-action", True)]


def test_a_line_is_the_formats_own() -> None:
    (record,) = make_session_lines(
        {"src": "10.0.0.4:1", "dest": "203.0.113.7:443", "time": "1", "chain": f"DENY|{DENY}|true|stop"}, "gw", 7
    )
    document = json.loads(record.format().partition("traffic_server[7]: ")[2])
    assert (document["action"], document["decided_by"], document["session_stage"]) == ("Deny", DENY, "start")


def opened(**more: Any) -> list[dict[str, Any]]:
    """Return the lines of a request in TLS that the gateway opened."""
    entry = {"src": "10.0.0.4:1", "dest": "203.0.113.7:443", "time": "1", "chain": f"opened|{ALLOW}|", "when": "DownstreamEnd"}
    request = {"host": "other.example", "sni": "api.example", "path": "/v1/x?y", "rule": f"PERMIT|{ALLOW}|true|named", "failure": None}
    return [
        json.loads(line.format().partition("traffic_server[7]: ")[2]) for line in make_session_lines({**entry, **request, **more}, "gw", 7)
    ]


def test_a_request_in_opened_tls_has_its_rule_its_server_name_and_its_url() -> None:
    lines = opened()
    assert [each["session_stage"] for each in lines] == ["start", "end"]
    assert {(each["action"], each["decided_by"], each["stage"], each["reason"]) for each in lines} == {("Permit", ALLOW, "txn", "POLICY")}
    assert {(each["sni_hostname"], each["url"]) for each in lines} == {("api.example", "https://other.example/v1/x?y")}


def test_what_is_no_request_in_opened_tls_is_reported_as_refused() -> None:
    assert [(each["action"], each["decided_by"]) for each in opened(rule=None)] == [("Deny", "")]


def test_a_destination_without_a_valid_certificate_is_a_deny_of_the_rule_that_permits() -> None:
    (line,) = opened(failure="TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end")
    assert (line["action"], line["decided_by"], line["enforced"]) == ("Deny", ALLOW, True)
    assert (line["reason"], line["stage"], line["session_stage"]) == ("TLS_PROFILE", "ORIGIN_CERT_VALIDATE", "tls_check")


def test_a_destination_that_does_not_answer_is_no_deny() -> None:
    assert {each["action"] for each in opened(failure="TLS_error:|1:handshake_failure:TLS_error_end")} == {"Permit"}
