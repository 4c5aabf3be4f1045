"""Each part of a bundle finds what is planted in its source: another policy, a broken record, a missing owner, a gap in the logs."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.errors import InputError
from containment.evidence.controls import judge_controls
from containment.evidence.model import Origin, Part, PartName
from containment.evidence.parts.people import ROLES
from containment.evidence.registry import build_part
from containment.observe.evidence import Evidence, render_evidence
from containment.preflight.finding import Status
from containment.record.digests import digest_ruleset
from containment.record.log import append_decision
from containment.vending.agent import NOT_ENFORCED
from tests.containment.evidence.desk import STACK, Desk, get_status, judge
from tests.containment.record.conftest import NOW as DECIDED
from tests.containment.record.conftest import Office

LIST = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"


def judge_state(desk: Desk, state: dict[str, Any], name: PartName = PartName.STATE) -> Part:
    return judge(desk, name, PartName.STATE, state=desk.write("state.json", state))


def find_resources(state: dict[str, Any], word: str) -> list[dict[str, Any]]:
    found = [one for one in state["deployment"]["resources"] if word in one["type"]]
    assert found, word
    return found


def test_a_state_of_the_configured_policy_passes_and_is_not_taken_for_live(desk: Desk, state: dict[str, Any]) -> None:
    part = judge_state(desk, state)
    assert (part.status, part.origin) == (Status.PASS, Origin.UNKNOWN), part.claims


def test_a_deployed_rule_that_permits_more_fails(desk: Desk, state: dict[str, Any]) -> None:
    changed = copy.deepcopy(state)
    for one in find_resources(changed, "webGroup"):
        for side in ("inputs", "outputs"):
            selector = one[side].get("selector") or {}
            selector["matchExpressions"] = [*selector.get("matchExpressions", []), {"snifilter": "collect.attacker.example"}]
    part = judge_state(desk, changed)
    assert get_status(part, "same-policy") == "FAIL"
    assert "newly allowed" in next(claim.reason for claim in part.claims if claim.id == "same-policy")


def test_a_state_without_rules_fails(desk: Desk, state: dict[str, Any]) -> None:
    changed = copy.deepcopy(state)
    changed["deployment"]["resources"] = [one for one in changed["deployment"]["resources"] if not one["type"].startswith("aviatrix:")]
    assert get_status(judge_state(desk, changed), "same-policy") == "FAIL"


def test_an_empty_state_is_no_pass(desk: Desk) -> None:
    part = judge_state(desk, {"version": 3, "deployment": {"resources": []}})
    assert (part.status, get_status(part, "resources"), get_status(part, "stack")) == (Status.FAIL, "FAIL", "FAIL")
    assert judge_state(desk, {"version": 3, "deployment": {"resources": []}}, PartName.PACK).status == Status.NOT_TESTED


def test_the_state_of_another_stack_fails(desk: Desk, state: dict[str, Any]) -> None:
    other = json.loads(json.dumps(state).replace(f"urn:pulumi:{STACK}::", "urn:pulumi:coding-monitor::"))
    assert get_status(judge_state(desk, other), "stack") == "FAIL"


@pytest.mark.parametrize(
    "inputs",
    [
        {"controllerIp": "127.0.0.1:23228"},
        {"controllerIp": "https://localhost:8443/"},
        {"controllerIp": "controller.localhost"},
        {"controllerIp": "[::1]:443"},
        {"endpoints": [{"ec2": "http://127.0.0.1:5000"}]},
        {"endpoints": '[{"ec2":"http://127.8.0.1:5000"}]'},
        {"controllerIp": "0.0.0.0"},
    ],
)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_state_of_simulators_is_simulated(desk: Desk, state: dict[str, Any], inputs: dict[str, Any], side: str) -> None:
    changed = copy.deepcopy(state)
    urn = f"urn:pulumi:{STACK}::agent-containment::pulumi:providers:aviatrix::controller"
    provider = {"urn": urn, "type": "pulumi:providers:aviatrix", "custom": True, "id": "x", "inputs": {}, "outputs": {}, side: inputs}
    changed["deployment"]["resources"].append(provider)
    assert judge_state(desk, changed).origin is Origin.SIMULATED
    assert judge_state(desk, changed, PartName.PACK).origin is Origin.SIMULATED


def test_a_state_of_the_example_account_is_simulated(desk: Desk, state: dict[str, Any]) -> None:
    changed = copy.deepcopy(state)
    find_resources(changed, "instance:Instance")[0]["outputs"]["arn"] = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"
    assert judge_state(desk, changed).origin is Origin.SIMULATED


@pytest.mark.parametrize("host", ["203.0.113.7", "controller.example.com", "127001.example.com", "localhost.example.com"])
def test_another_controller_is_no_sign_of_a_simulation(desk: Desk, state: dict[str, Any], host: str) -> None:
    changed = copy.deepcopy(state)
    urn = f"urn:pulumi:{STACK}::agent-containment::pulumi:providers:aviatrix::controller"
    changed["deployment"]["resources"].append(
        {"urn": urn, "type": "pulumi:providers:aviatrix", "custom": True, "id": "x", "inputs": {"controllerIp": host}, "outputs": {}}
    )
    assert judge_state(desk, changed).origin is Origin.UNKNOWN


def test_a_violated_rule_of_the_pack_fails(desk: Desk, state: dict[str, Any]) -> None:
    changed = copy.deepcopy(state)
    for side in ("inputs", "outputs"):
        find_resources(changed, "instance:Instance")[0][side]["associatePublicIpAddress"] = True
    assert get_status(judge_state(desk, changed, PartName.PACK), "agent-host-has-no-public-ip") == "FAIL"
    assert get_status(judge_state(desk, state, PartName.PACK), "agent-host-has-no-public-ip") == "PASS"


@pytest.mark.parametrize("name", [PartName.STATE, PartName.PACK])
def test_without_a_state_nothing_is_tested(desk: Desk, name: PartName) -> None:
    assert judge(desk, name).status == Status.NOT_TESTED


def test_a_file_that_is_no_state_is_refused(desk: Desk) -> None:
    for document in ({}, [], {"deployment": 3}, {"deployment": {"resources": [3]}}):
        with pytest.raises(InputError):
            judge(desk, PartName.STATE, state=desk.write("state.json", document))


def test_monitor_mode_is_no_pass(desk: Desk) -> None:
    part = judge(desk, PartName.CONFIGURATION, stack="coding-monitor")
    assert (part.status, get_status(part, "denies-applied")) == (Status.NOT_TESTED, "NOT TESTED")
    assert judge(desk, PartName.CONFIGURATION).status == Status.PASS


def test_an_uncertain_or_broken_proof_is_no_pass(desk: Desk) -> None:
    part = judge(desk, PartName.PROOFS, stack="coding-monitor")
    assert {claim.status for claim in part.claims} >= {Status.PASS, Status.NOT_TESTED}, "monitor does not enforce today"


def write_agent(desk: Desk, name: str, text: str) -> None:
    (desk.folder / "agents").mkdir(exist_ok=True)
    (desk.folder / "agents" / f"{name}.yaml").write_text(text)


AGENT = "purpose: Builds.\ndataClassification: internal\nuntil: 2027-03-31"
OWNER = "owner: {business: platform-team, securityApprover: security-team, dataSteward: data-office}"


def test_each_agent_needs_every_owner(desk: Desk) -> None:
    assert judge(desk, PartName.STAKEHOLDERS).status == Status.NOT_TESTED
    write_agent(desk, "other", f"stack: coding-monitor\n{OWNER}\n")
    assert judge(desk, PartName.STAKEHOLDERS).status == Status.NOT_TESTED, "the file is of another stack"
    write_agent(desk, "builder", f"stack: {STACK}\n{AGENT}\n{OWNER}\n")
    assert judge(desk, PartName.STAKEHOLDERS).status == Status.PASS


@pytest.mark.parametrize(
    "owner",
    [
        "owner: {business: platform-team, securityApprover: security-team}",
        "owner: {business: platform-team, securityApprover: '', dataSteward: data-office}",
        "owner: {business: '  ', securityApprover: security-team, dataSteward: data-office}",
        "owner: {business: 3, securityApprover: security-team, dataSteward: data-office}",
        "owner: [platform-team]",
        "owner: platform-team",
        "forbiddenActions: [payment]",
    ],
)
def test_an_agent_without_an_owner_fails(desk: Desk, owner: str) -> None:
    write_agent(desk, "builder", f"stack: {STACK}\n{AGENT}\n{owner}\n")
    part = judge(desk, PartName.STAKEHOLDERS)
    assert {claim.id for claim in part.claims if claim.status == Status.FAIL} & {f"builder-{role}" for role in ROLES}


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (AGENT.replace("2027-03-31", "2026-11-27"), "builder-until"),
        (AGENT.replace("until: 2027-03-31", "until: soon"), "builder-until"),
        (AGENT.replace("internal", "none of the words"), "builder-file"),
        (AGENT + "\nmore: key", "builder-file"),
    ],
)
def test_an_agent_that_ended_or_whose_file_is_invalid_fails(desk: Desk, text: str, claim: str) -> None:
    write_agent(desk, "builder", f"stack: {STACK}\n{text}\n{OWNER}\n")
    assert get_status(judge(desk, PartName.STAKEHOLDERS), claim) == "FAIL"


def test_forbidden_actions_are_named_and_never_a_pass(desk: Desk) -> None:
    """The network does not enforce them, so no bundle may claim that it does; an agent without any has no such claim."""
    write_agent(desk, "builder", f"stack: {STACK}\n{AGENT}\n{OWNER}\nforbiddenActions: [payment, data-deletion]\n")
    write_agent(desk, "reader", f"stack: {STACK}\n{AGENT}\n{OWNER}\n")
    part = judge(desk, PartName.STAKEHOLDERS)
    (claim,) = (one for one in part.claims if "forbidden" in one.id)
    assert (claim.id, claim.status, claim.reason) == ("builder-forbidden-actions", Status.NOT_TESTED, NOT_ENFORCED)
    assert claim.statement == "builder takes no forbidden action: payment, data-deletion"
    results = {one.control.id: one.status for one in judge_controls([part])}
    assert results["stakeholders"] == Status.PASS, "each agent has its owners"
    assert (part.status, [one.status for one in part.claims if one.status == Status.FAIL]) == (Status.NOT_TESTED, [])


def test_an_agent_file_that_cannot_be_read_is_refused(desk: Desk) -> None:
    write_agent(desk, "builder", "stack: [\n")
    with pytest.raises(InputError, match="1 problem"):
        judge(desk, PartName.STAKEHOLDERS)


def build_observation(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return an observation without a finding, with changes."""
    inputs = desk.build_inputs(stack=changes.pop("of", STACK))
    start, end = "2026-11-01T00:00:00Z", "2026-11-28T00:00:00Z"
    document = {
        "schema": "containment-observe/v1",
        "stack": inputs.stack,
        "policyDigest": digest_ruleset(inputs.ruleset),
        "window": {"start": start, "end": end, "days": 27, "sessions": 900},
        **{key: [] for key in ("gaps", "wouldBeDenied", "dnsOnly", "addressWithoutName", "disagreements", "neverUsed", "notTested")},
        "rejected": {},
        "lines": {"gateway": 900},
        **changes,
    }
    return json.loads(render_evidence(Evidence.model_validate(document)))


SEEN = {"agent": "10.43.10.4", "count": 3, "firstSeen": "2026-11-02T00:00:00Z", "lastSeen": "2026-11-03T00:00:00Z", "days": 2}
DENIED = {
    **SEEN,
    "name": "pastes.example",
    "registrableDomain": "pastes.example",
    "rule": "default-deny",
    "bytesOut": 1,
    "bytesIn": 1,
    "inCatalog": False,
    "catalogSet": None,
    "flags": [],
}


def test_whole_logs_pass_and_their_origin_is_unknown(desk: Desk) -> None:
    path = desk.write("observed.json", build_observation(desk))
    part = judge(desk, PartName.OBSERVED, observed=path)
    assert (part.status, part.origin) == (Status.PASS, Origin.UNKNOWN), part.claims


@pytest.mark.parametrize(
    ("change", "claim", "status"),
    [
        ({"stack": "coding-monitor"}, "logs-stack", "FAIL"),
        ({"stack": None}, "logs-stack", "FAIL"),
        ({"policyDigest": None}, "logs-policy", "NOT TESTED"),
        ({"policyDigest": "sha256:" + "0" * 64}, "logs-policy", "NOT TESTED"),
        ({"window": {"start": None, "end": None, "days": 0, "sessions": 0}}, "logs-traffic", "NOT TESTED"),
        (
            {"gaps": [{"source": "gateway", "start": "2026-11-02T00:00:00Z", "end": "2026-11-03T00:00:00Z", "seconds": 86400}]},
            "logs-whole",
            "NOT TESTED",
        ),
        ({"rejected": {"gateway": 2}}, "logs-read", "NOT TESTED"),
        ({"disagreements": [{**SEEN, "name": "github.com", "address": "203.0.113.9"}]}, "names-agree", "FAIL"),
        ({"notTested": [{"question": "would be denied", "reason": "no rules"}]}, "not-tested-1", "NOT TESTED"),
    ],
)
def test_a_finding_in_the_logs_is_no_pass(desk: Desk, change: dict[str, Any], claim: str, status: str) -> None:
    path = desk.write("observed.json", build_observation(desk, **change))
    assert get_status(judge(desk, PartName.OBSERVED, observed=path), claim) == status


def test_open_destinations_count_in_monitor_only(desk: Desk) -> None:
    for stack, status in ((STACK, "PASS"), ("coding-monitor", "NOT TESTED")):
        path = desk.write("observed.json", build_observation(desk, of=stack, wouldBeDenied=[DENIED]))
        assert get_status(judge(desk, PartName.OBSERVED, stack=stack, observed=path), "destinations-settled") == status


def test_another_document_is_no_observation(desk: Desk) -> None:
    assert judge(desk, PartName.OBSERVED).status == Status.NOT_TESTED
    assert judge(desk, PartName.OBSERVED, observed=desk.write("observed.json", {"schema": "x"})).status == Status.NOT_TESTED


def record(desk: Desk, **changes: Any) -> Office:
    """Record a signed decision to enforce the stack."""
    office = Office(desk.folder)
    office.write_approvers()
    subject = {"stack": STACK, "mode": "enforce", "policyDigest": "sha256:" + "1" * 64, "evidenceDigest": "sha256:" + "2" * 64}
    decision = office.make(**({"stack": STACK, "subject": subject} | changes))
    append_decision(office.sign(decision, "Approver One"), folder=desk.folder, now=DECIDED)
    return office


def find_anchor(desk: Desk) -> str:
    path = desk.folder / "anchor.json"
    path.write_bytes((desk.folder / "decisions/head.json").read_bytes())
    return str(path)


def test_a_recorded_decision_with_an_anchor_passes(desk: Desk) -> None:
    record(desk)
    part = judge(desk, PartName.DECISIONS, anchor=find_anchor(desk))
    assert part.status == Status.PASS, part.claims
    assert (part.content or {})["entries"][0]["by"] == ["Approver One"]


def test_a_record_without_an_anchor_is_not_tested_for_a_rollback(desk: Desk) -> None:
    record(desk)
    part = judge(desk, PartName.DECISIONS)
    assert [get_status(part, one) for one in ("log-whole", "log-anchored")] == ["PASS", "NOT TESTED"]


def test_a_changed_log_fails(desk: Desk) -> None:
    record(desk)
    log = desk.folder / "decisions/log.jsonl"
    log.write_bytes(
        log.read_bytes().replace(b'"sequence":1', b'"sequence":2') if b'"sequence":1' in log.read_bytes() else log.read_bytes()[:-9]
    )
    part = judge(desk, PartName.DECISIONS)
    assert (part.status, get_status(part, "log-whole")) == (Status.FAIL, "FAIL")
    assert (part.content or {})["entries"] == []


def test_a_stack_that_was_enforced_without_a_decision_fails(desk: Desk) -> None:
    record(
        desk,
        stack="coding",
        subject={"stack": "coding", "mode": "enforce", "policyDigest": "sha256:" + "1" * 64, "evidenceDigest": "sha256:" + "2" * 64},
    )
    assert get_status(judge(desk, PartName.DECISIONS), "enforce-decided") == "FAIL"


def test_without_a_log_nothing_is_tested(desk: Desk) -> None:
    assert judge(desk, PartName.DECISIONS).status == Status.NOT_TESTED


def test_the_bundle_names_every_wrong_file_at_once(desk: Desk) -> None:
    from containment.evidence.make import collect_parts

    write_agent(desk, "builder", "stack: [\n")
    inputs = desk.build_inputs(state=Path("nowhere.json"), observed=Path("none.json"))
    with pytest.raises(InputError) as raised:
        collect_parts(inputs)
    assert all(word in str(raised.value) for word in ("nowhere.json", "none.json", "agents/builder.yaml"))


def test_a_record_of_yesterday_is_no_reason_against(desk: Desk) -> None:
    record(desk)
    later = judge(desk, PartName.DECISIONS, made=DECIDED + timedelta(days=1))
    assert get_status(later, "enforce-decided") == "PASS"


def test_tools_are_named_and_unreviewed_ones_are_not_tested(desk: Desk) -> None:
    part = judge(desk, PartName.TOOLS)
    assert [get_status(part, one) for one in ("reach-named", "tools-reviewed", "actions-wait")] == ["PASS", "NOT TESTED", "PASS"]
    assert "deploy_api" in part.reason + "".join(one.reason for one in part.claims)
    facts = json.loads(json.dumps(part.content))
    facts["servers"][0]["reaches"] = []
    facts["tasks"][-1]["hitl"] = False
    broken = build_part(PartName.TOOLS, {PartName.TOOLS: facts}, "", ())
    assert [get_status(broken, one) for one in ("reach-named", "actions-wait")] == ["FAIL", "FAIL"]
