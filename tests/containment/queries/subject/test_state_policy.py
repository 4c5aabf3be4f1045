"""A policy read back from resources is the policy: proofs over a state hold as over the spec, and what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from containment.analysis.proofs import ProofStatus, prove
from containment.errors import InputError
from containment.names import Action, WellKnownObject
from containment.queries.subject.other_owners import place_other_owners, read_other_owners
from containment.queries.subject.state_policy import read_state_subject

SMART, WEB = "aviatrix:index/smartGroup:SmartGroup", "aviatrix:index/webGroup:WebGroup"
LIST = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"
DEFAULT = "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule"


def entry(type_: str, name: str, **inputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:s::p::{type_}::{name}"
    return {"urn": urn, "type": type_, "custom": True, "id": f"id-{name}", "inputs": inputs, "outputs": {"uuid": f"id-{name}"}}


def rule(name: str, action: str, priority: int, to: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "action": action,
        "priority": priority,
        "protocol": "TCP",
        "srcSmartGroups": ["id-agents"],
        "dstSmartGroups": [to],
        **more,
    }


def state(tmp_path: Path, rules: list[dict[str, Any]], *others: dict[str, Any]) -> Path:
    path = tmp_path / "state.json"
    resources = [
        entry(SMART, "agents", selector={"matchExpressions": [{"type": "vm", "tags": {"Role": "a"}}, {"cidr": "10.42.10.0/24"}]}),
        entry(WEB, "shadow", selector={"matchExpressions": [{"snifilter": "API.OpenAI.com."}, {"snifilter": "*.anthropic.com"}]}),
        entry(WEB, "git", selector={"matchExpressions": [{"snifilter": "github.com"}]}),
        entry(LIST, "list", policies=rules),
        *others,
    ]
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return path


PUBLIC, ANYWHERE = WellKnownObject.PUBLIC_INTERNET.value, WellKnownObject.ANYWHERE.value
HTTPS = [{"lo": 443, "hi": 443}]
GIT = rule("git", "PERMIT", 20, PUBLIC, webGroups=["id-git"], portRanges=HTTPS, flowAppRequirement="TLS_REQUIRED")
DENY = rule("shadow", "DENY", 10, PUBLIC, webGroups=["id-shadow"], portRanges=HTTPS)


def verdicts(path: Path) -> dict[str, ProofStatus]:
    return {proof.id: proof.verdict for proof in prove(read_state_subject(path))}


def test_a_sound_list_is_proved(tmp_path: Path) -> None:
    found = verdicts(state(tmp_path, [DENY, GIT], entry(DEFAULT, "default", action="DENY")))
    assert set(found.values()) <= {ProofStatus.PROVED, ProofStatus.SKIPPED}


def test_a_broad_permit_breaks_what_it_opens(tmp_path: Path) -> None:
    found = verdicts(state(tmp_path, [rule("all", "PERMIT", 5, ANYWHERE), DENY, GIT]))
    broken = {key for key, verdict in found.items() if verdict is ProofStatus.BROKEN}
    assert {"shadow-models-out-of-reach", "only-named-tls-to-the-internet", "only-approved-names", "named-denies-first"} <= broken, found


def test_a_group_made_elsewhere_is_uncertain_and_never_proved(tmp_path: Path) -> None:
    unknown = rule("mirror", "PERMIT", 5, PUBLIC, webGroups=["id-of-another-stack"], portRanges=HTTPS, flowAppRequirement="TLS_REQUIRED")
    path = state(tmp_path, [unknown, DENY, GIT])
    assert verdicts(path)["shadow-models-out-of-reach"] is ProofStatus.UNCERTAIN
    assert any("id-of-another-stack" in text for text in read_state_subject(path).assumptions)


def test_an_action_not_known_is_taken_for_a_permit(tmp_path: Path) -> None:
    path = state(tmp_path, [{**DENY, "action": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, GIT])
    assert read_state_subject(path).ruleset.rules[0].action is Action.PERMIT


def test_a_state_without_rules_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no policy to analyze"):
        read_state_subject(state(tmp_path, []))


def test_another_owners_permit_before_the_stacks_rules_breaks_the_chain(tmp_path: Path) -> None:
    subject = read_state_subject(state(tmp_path, [DENY, GIT]))
    legacy = {"name": "legacy", "action": "PERMIT", "priority": 0, "protocol": "PROTOCOL_UNSPECIFIED", "src_ads": ["u1"]}
    group = {"uuid": "u1", "name": "all vms", "selector": {"any": [{"all": {"cidr": "0.0.0.0/0"}}]}}
    others = {"policies": [{**legacy, "dst_ads": [ANYWHERE]}], "app_domains": [group]}
    path = tmp_path / "others.json"
    path.write_text(json.dumps(others))
    before = {proof.id: proof.verdict for proof in prove(place_other_owners(subject, read_other_owners(path), None))}
    after = {proof.id: proof.verdict for proof in prove(place_other_owners(subject, None, read_other_owners(path)))}
    assert before["named-denies-first"] is ProofStatus.BROKEN
    assert after["named-denies-first"] is ProofStatus.PROVED, "the named deny stands before it"
    assert after["only-named-tls-to-the-internet"] is ProofStatus.BROKEN
    assert any("before" in text for text in place_other_owners(subject, None, read_other_owners(path)).assumptions)
    assert not any(
        text.startswith("no rule of another owner precedes")
        for text in place_other_owners(subject, read_other_owners(path), None).assumptions
    )
