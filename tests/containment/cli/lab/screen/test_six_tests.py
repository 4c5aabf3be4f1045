"""The six tests in words: the change that test 6 makes is announced, each line has what was tried and what was seen."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

from containment.cli.lab.screen.six_tests import announce, describe, summarize
from containment.logs.record import DecisionRecord
from containment.names import PolicyMode
from containment.policy.flow import PolicyVerdict
from containment_lab.validation import six_tests
from containment_lab.validation.probes import Probe, ProbeResult, Result

UPDATE_TARGET = "api.newly-approved.dev"


def passed(
    test: int, id_: str, target: str, rule: str, *, permit: bool = False, enforced: bool = False, outcome: str = "delivered"
) -> ProbeResult:
    decision = DecisionRecord(
        time=datetime.now(UTC),
        stack="dev",
        source=ip_address("10.42.10.4"),
        server_name=None,
        address=ip_address("192.0.2.1"),
        port=443,
        rule_uuid=None,
        rule=rule,
        verdict=PolicyVerdict.PERMIT if permit else PolicyVerdict.DENY,
        enforced=enforced,
    )
    return ProbeResult(Probe(test, id_, target, Result.PASS, outcome, "", "n"), Result.PASS, "", decision)


def missed(test: int, id_: str, result: Result, why: str) -> ProbeResult:
    return ProbeResult(Probe(test, id_, "-", result, "unknown", why, "n"), result, why)


def text_of(*probes: ProbeResult) -> list[str]:
    number = probes[0].probe.test
    return [line for _, line in describe([six_tests.ValidationResult(number, probes)])]


def test_the_change_of_test_6_is_announced_with_its_reason_and_how_to_leave_it_out() -> None:
    said = "\n".join(announce("dev", PolicyMode.MONITOR, "i-1", added=UPDATE_TARGET))
    for part in (f"adds {UPDATE_TARGET}", "removes it again", "approvedSaasApiDomains", "--no-update", "to see that"):
        assert part in said
    assert UPDATE_TARGET not in "\n".join(announce("dev", PolicyMode.MONITOR, "i-1", added=None))


def test_a_line_has_what_was_tried_and_what_was_seen() -> None:
    assert text_of(passed(1, "model-call", "api.example:443", "allow", permit=True)) == [
        "1 allowed model call         PASS          HTTPS to api.example: delivered, permitted by allow"
    ]
    watched = passed(3, "attacker-by-name", "example.com:443", "default-deny")
    (line,) = text_of(watched, passed(3, "attacker-forced-address", "example.com:443", "default-deny"))
    assert line.endswith("HTTPS to example.com: delivered, and logged as would-be-denied by default-deny (and 1 more probe as expected)")
    (line,) = text_of(passed(5, "external-dns-udp", "8.8.8.8:53", "deny-dns", enforced=True, outcome="blocked"))
    assert line.endswith("a DNS query over UDP to 8.8.8.8: not delivered, denied by deny-dns")


def test_test_6_shows_both_sides_of_the_update() -> None:
    before = passed(6, "update-before", f"{UPDATE_TARGET}:443", "default-deny", enforced=True, outcome="blocked")
    (line,) = text_of(before, passed(6, "update-after", f"{UPDATE_TARGET}:443", "allow-saas-apis", permit=True))
    assert "not delivered, denied by default-deny; then HTTPS to" in line
    assert line.endswith("after it was added: delivered, permitted by allow-saas-apis")


def test_what_failed_or_was_not_tested_has_a_line_of_its_own_and_counts() -> None:
    partial = six_tests.ValidationResult(
        2, (passed(2, "core", "a.example:443", "allow", permit=True), missed(2, "ssm-session", Result.NOT_TESTED, "only on AWS"))
    )
    failed = six_tests.ValidationResult(4, (missed(4, "shadow-by-name", Result.FAIL, "delivered"),))
    lines = describe([partial, failed])
    assert [result for result, _ in lines] == [Result.PASS, Result.NOT_TESTED, Result.FAIL, Result.FAIL]
    assert "PASS in part" in lines[0][1]
    assert lines[1][1] == "    NOT TESTED: an SSM session: only on AWS"
    assert summarize("dev", PolicyMode.MONITOR, [partial, failed]) == (
        "dev: 1 of 2 validation tests pass in monitor; not tested here: an SSM session, which needs AWS; "
        "the others: 4 blocked shadow model (FAIL)"
    )
