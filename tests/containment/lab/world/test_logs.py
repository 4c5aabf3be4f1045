"""What the proxy says becomes the gateway's own lines: each flow and each request is told when it begins, and nothing is refused unsaid."""

from __future__ import annotations

import json
from typing import Any

from containment.lab.world.decisions import read_line
from containment.lab.world.logs import l7_lines
from containment.model.flow import Verdict

ALLOW, DENY = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000d"


def told(**more: Any) -> list[tuple[Any, ...]]:
    entry = {"src": "10.43.10.4:40001", "dest": "203.0.113.7:443", "time": "1795598959.5", "session": 1, "received": 7, "sent": 9, **more}
    found = [read_line(line, "dev", {ALLOW: "allow", DENY: "deny"}) for line in l7_lines(entry, "gateway", 1)]
    return [(each.rule, each.verdict, each.enforced, each.bytes_out) for each in found if each]


def test_a_connection_that_the_proxy_refuses_before_any_rule_is_told_as_refused() -> None:
    assert told(chain=None, listener="yes", when="NotSet") == [("default-action", Verdict.DENY, True, None)]
    assert told(chain="http", host="x.example", rule=None, when="DownstreamEnd") == [("default-action", Verdict.DENY, True, None)]


def test_looking_whether_the_proxy_listens_is_no_flow() -> None:
    assert told(chain=None, dest="127.0.0.1:15001", listener="yes", when="NotSet") == []


def test_a_request_is_told_when_it_begins_and_when_it_is_over() -> None:
    lines = told(chain="http", host="x.example", rule=f"PERMIT|{ALLOW}|true", when="DownstreamEnd")
    assert lines == [("allow", Verdict.PERMIT, True, None), ("allow", Verdict.PERMIT, True, 7)]


def test_a_flow_is_told_by_each_line_of_the_proxys_own() -> None:
    chain = f"PERMIT|{ALLOW}|true|pass"
    assert told(chain=chain, when="TcpConnectionStart") == [("allow", Verdict.PERMIT, True, None)]
    assert told(chain=chain, when="TcpConnectionEnd") == [("allow", Verdict.PERMIT, True, 7)]
    assert told(chain=f"DENY|{DENY}|true|stop", listener="yes", when="NotSet") == [("deny", Verdict.DENY, True, None)]


def test_a_watched_rule_is_told_before_the_one_that_decides() -> None:
    lines = told(chain=f"DENY|{DENY}|false>DENY||true|stop", listener="yes", when="NotSet")
    assert [(rule, enforced) for rule, _, enforced, _ in lines] == [("deny", False), ("default-action", True)]


def test_a_line_is_the_formats_own() -> None:
    (line,) = l7_lines({"src": "10.0.0.4:1", "dest": "203.0.113.7:443", "time": "1", "chain": f"DENY|{DENY}|true|stop"}, "gw", 7)
    document = json.loads(line.partition("traffic_server[7]: ")[2])
    assert (document["action"], document["decided_by"], document["session_stage"]) == ("Deny", DENY, "start")
