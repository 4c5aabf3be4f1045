"""A waiver's text is ready to paste, and accepts nothing before somebody has written why and who."""

from __future__ import annotations

from datetime import date

import yaml

from containment.queries.check import LONGEST, format_waiver, format_waivers
from policypack.finding import Finding
from policypack.registry import RULES
from policypack.waivers import parse_waivers

TODAY = date(2026, 11, 28)
ROOT = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
WHERE = "urn:pulumi:dev::p::aws:ec2/securityGroup:SecurityGroup::sg"
BY_ID = {rule.id: rule for rule in RULES}


def finding(rule: str, where: str = WHERE) -> Finding:
    return Finding(BY_ID[rule], where, "lets something in")


def test_the_text_with_a_reason_and_an_owner_accepts_the_finding() -> None:
    one = finding("agent-host-takes-no-ingress")
    text = format_waiver(one, ROOT, TODAY).replace("reason: '...'", "reason: repaired next week").replace("owner: '...'", "owner: platform")
    waivers = parse_waivers(text, TODAY, set(BY_ID))
    assert waivers.problems == ()
    assert waivers.find_waiver(one, ROOT) is not None
    assert yaml.safe_load(text)[0]["until"] == TODAY + LONGEST


def test_a_finding_about_the_stack_is_waived_at_the_stack() -> None:
    assert yaml.safe_load(format_waiver(finding("default-deny-is-last", ""), ROOT, TODAY))[0]["resource"] == ROOT


def test_what_cannot_be_waived_has_no_entry() -> None:
    text = format_waiver(finding("agent-host-has-no-public-ip"), ROOT, TODAY)
    assert yaml.safe_load(text) is None
    assert text == "# agent-host-has-no-public-ip cannot be waived: repair sg"


def test_two_findings_of_a_rule_at_one_resource_are_one_entry() -> None:
    pair = [(finding("agent-host-takes-no-ingress"), ROOT)] * 2
    assert len(yaml.safe_load(format_waivers(pair, TODAY))) == 1
