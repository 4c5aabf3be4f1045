"""A recorded report with everything that a page can have: each outcome, open ways, long names, both modes."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from containment.config.spec import ContainmentSpec
from containment.loaders.scenarios import read_scenarios
from containment.loaders.stack_file import read_stack
from containment.logs.record import DecisionRecord
from containment.names import PolicyMode
from containment.policy.flow import Effect, PolicyVerdict
from containment_lab.report.facts import OmittedPart, Report
from containment_lab.validation.comparison import FlowComparison
from containment_lab.validation.evasion import TechniqueResult
from containment_lab.validation.evasion_table import load_table
from containment_lab.validation.opened_tls import Client, ClientResult
from containment_lab.validation.probes import Probe, ProbeResult, Result
from containment_lab.validation.six_tests import NAMES, ValidationResult

REPOSITORY = Path(__file__).parents[3]
SCENARIOS = REPOSITORY / "tests" / "scenarios"
_LONG_NAME = "a-department-with-a-very-long-name.of-a-company.whose-tenant-is-longer-than-a-column.example.com"
_SENT = 8
"""Techniques of the table that are recorded as they are expected; the longest name and the open ones are added."""


def recorded(mode: PolicyMode = PolicyMode.ENFORCE, *, failing: bool = True, stack: str = "coding-enforce") -> Report:
    """Return the report; with `failing`, rows of every part failed or were not tested."""
    spec = read_stack(f"coding-{mode.value}", {}, REPOSITORY)
    table = load_table(SCENARIOS / "evasion.yaml").select_for_stack(spec)
    prefix = spec.config.name_prefix
    rules = [
        {"name": f"{prefix}-{name}", "permits": name.startswith("allow"), "watched": mode is PolicyMode.MONITOR}
        for name in (
            "allow-core",
            "shadow-model-deny",
            "deny-dns-exfil-udp",
            "allow-a-rule-of-a-company-with-a-very-long-name",
            "default-deny",
        )
    ]
    return Report(
        stack=stack,
        agent_class="coding",
        mode=mode,
        made=datetime(2026, 11, 28, 12, 30, tzinfo=UTC),
        version="0.1.0",
        commit="0123abc-dirty",
        machines={
            "vca-8f4c87-coding-enforce-agent": {"instance": "i-b82d8f5bccf7caa31", "address": "10.200.100.104"},
            "vca-8f4c87-coding-enforce-gateway": {"instance": "i-e498d052f960f98b3", "address": "10.200.100.204"},
        },
        rules=tuple(rules),
        hits={f"{prefix}-default-deny": 12345},
        tests=_tests(failing),
        evasion=_lines(table.scenarios, frozenset(each.id for each in table.open), mode, failing),
        known_open=table.open,
        predicted=_flows(spec, mode, failing),
        versions={"kernel": "6.18.5", "envoy sha256": "0123456789abcdef" * 4, "nftables": "nftables v1.0.6 (Lester Gooch #5)"},
        left_out=(OmittedPart(f"the host {_LONG_NAME}/path/to/<somewhere>", "it was <not> there"),) if failing else (),
        opened=_opened(f"{prefix}-allow-decrypted-urls", failing),
    )


def _opened(rule: str, failing: bool) -> tuple[ClientResult, ...]:
    passing = ClientResult("api.acme.example/v1/*", rule, Client.PINNING, Result.PASS, "it refuses the gateway's certificate")
    url = f"{_LONG_NAME}/path/*"
    failed = [
        ClientResult(url, rule, Client.OTHER_PATH, Result.FAIL, "PERMITTED by vca-openclaw-allow-core"),
        ClientResult(url, rule, Client.PERMITTED, Result.NOT_TESTED, "no certificate can be made"),
    ]
    return (passing, *(failed if failing else ()))


def _judged(
    test: int, id_: str, target: str, rule: str, *, permits: bool = False, result: Result = Result.PASS, why: str = ""
) -> ProbeResult:
    outcome = "delivered" if permits else "blocked"
    decision = DecisionRecord(
        time=datetime.now(UTC),
        stack="dev",
        source=ip_address("10.42.10.4"),
        server_name=None,
        address=ip_address("192.0.2.1"),
        port=443,
        rule_uuid=None,
        rule=rule,
        verdict=PolicyVerdict.PERMIT if permits else PolicyVerdict.DENY,
        enforced=True,
    )
    return ProbeResult(Probe(test, id_, target, result, outcome, why, "n"), result, why or f"DENIED by {rule}", decision)


def _tests(failing: bool) -> tuple[ValidationResult, ...]:
    session = ProbeResult(Probe(2, "ssm-session", "-", Result.NOT_TESTED, "unknown", "", "n"), Result.NOT_TESTED, "only on AWS")
    probes = [
        _judged(1, "model-call", "inference-api.nvidia.com:443", "vca-openclaw-allow-model-gateways", permits=True),
        _judged(2, "core", f"{_LONG_NAME}:443", "vca-openclaw-allow-core", permits=True),
        session,
        _judged(3, "attacker-by-name", "example.com:443", "dns-firewall:everything-else"),
        _judged(4, "shadow-by-name", "api.openai.com:443", "vca-openclaw-shadow-model-deny"),
        _judged(5, "external-dns-udp", "8.8.8.8:53", "vca-openclaw-deny-dns-exfil-udp"),
        _judged(6, "update-before", "api.newly-approved.dev:443", "dns-firewall:everything-else"),
        _judged(6, "update-after", "api.newly-approved.dev:443", "vca-openclaw-allow-saas-apis", permits=True),
    ]
    if failing:
        wrong = "decided by vca-openclaw-default-deny, expected shadow-model-deny or deny-paste-and-webhooks"
        probes[4] = _judged(4, "shadow-forced-address", "api.openai.com:443", "vca-openclaw-default-deny", result=Result.FAIL, why=wrong)
    return tuple(ValidationResult(number, tuple(each for each in probes if each.probe.test == number)) for number in NAMES)


def _lines(scenarios, open_ids: frozenset[str], mode: PolicyMode, failing: bool) -> tuple[TechniqueResult, ...]:
    picked = [each for each in scenarios if each.id in open_ids or each.id == "tls-longest-name"]
    picked += [each for each in scenarios if each not in picked][:_SENT]
    states = {each.id: "AGREES" for each in picked}
    if mode is PolicyMode.ENFORCE:
        states |= dict.fromkeys(open_ids, "OPEN")
    says = {"OPEN": "gets through", "DISAGREES": "expected blocked, was delivered (attacker)"}
    says["NOT TESTED"] = "with enforcement off its nonce does not arrive either (TimeoutError: timed out)"
    if failing:
        states |= {"tls-attacker-name": "DISAGREES", "tls-shadow-model": "NOT TESTED"}
    return tuple(TechniqueResult(each, mode, states[each.id], says.get(states[each.id], "blocked by its rule"), None) for each in picked)


def _flows(spec: ContainmentSpec, mode: PolicyMode, failing: bool) -> tuple[FlowComparison, ...]:
    rows = [each for each in read_scenarios(SCENARIOS / "coding.yaml").scenarios if each.flow is not None and not each.needs]
    out = [FlowComparison(each, each.expect[mode], "AGREES") for each in rows[:6]]
    out[1] = FlowComparison(rows[1], rows[1].expect[mode], "EXPLAINED", "inside the VPC: vpc-resolver, answered")
    if failing:
        out[2] = FlowComparison(
            rows[2], rows[2].expect[mode], "DISAGREES", f"{Effect.DELIVERED.value} (attacker), predicted {Effect.BLOCKED.value}"
        )
    return tuple(out)
