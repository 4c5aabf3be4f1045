"""Each check of preflight passes where all is well, and says so, with the fix, where one thing is not; unread facts are SKIPPED."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest

from containment.preflight import registry
from containment.preflight.check import Check, CheckedSystem, make_pass
from containment.preflight.facts import (
    AccessAccount,
    AwsFacts,
    Certificate,
    ControllerFacts,
    Facts,
    Image,
    Network,
    Quota,
    UnreadFact,
    Usage,
)
from containment.preflight.finding import Finding, Status
from containment.preflight.registry import CHECKS, run_checks
from tests.containment.preflight.conftest import ACCOUNT, AWS, NOW, POINT, PREFIX, SpecOf, spoiled

PASS, WARN, FAIL, SKIPPED = Status.PASS, Status.WARN, Status.FAIL, Status.SKIPPED
IMAGE = AWS.image
assert isinstance(IMAGE, Image)
FULL = {quota: Usage(5, 5, 0) for quota in Quota}
STRANGER = Network("vpc-9", "stranger", (IPv4Network("10.0.0.0/8"),))


def said(facts: Facts, check: str) -> Finding:
    (finding,) = [each for each in run_checks(facts) if each.check == check]
    return finding


def test_where_all_is_well_everything_passes(well: Facts) -> None:
    assert [(each.check, each.detail) for each in run_checks(well) if each.status is not PASS] == []


AWS_CASES: list[tuple[str, dict[str, Any], Status, str]] = [
    ("aws-identity", {"arn": f"arn:aws:iam::{ACCOUNT}:root"}, WARN, "root"),
    ("aws-rights", {"rights": {"ec2:CreateVpc": False, "iam:PassRole": True}}, FAIL, "ec2:CreateVpc"),
    ("aws-rights", {"rights": {"ec2:AllocateAddress": True}, "rights_from": "dry runs of 1 calls only: x"}, WARN, "dry runs"),
    ("aws-rights", {"rights": {"ec2:AllocateAddress": False}, "rights_from": "dry runs of 1 calls only: x"}, FAIL, "AllocateAddress"),
    *((f"quota-{quota.name.lower().replace('_', '-')}", {"quotas": FULL}, FAIL, "5 of 5") for quota in Quota),
    ("network-free", {"vpcs": (STRANGER,)}, FAIL, "vpc-9"),
    ("peerings-apart", {"peerings": (STRANGER,)}, FAIL, "vpc-9"),
    ("image", {"image": None}, FAIL, "does not exist"),
    ("image", {"image": replace(IMAGE, owner="999999999999")}, FAIL, "999999999999"),
    ("image", {"image": replace(IMAGE, disk_gb=500)}, FAIL, "500 GB"),
    ("image", {"image": replace(IMAGE, deprecated=date(2026, 11, 25))}, WARN, "deprecated"),
    ("image", {"image": replace(IMAGE, deprecated=date(2026, 11, 26))}, PASS, "ami-"),
    ("image-sharing", {"image": replace(IMAGE, public=True)}, FAIL, "public"),
    ("image-sharing", {"image": replace(IMAGE, shared_with=("999999999999",))}, WARN, "999999999999"),
    ("image-sharing", {"image": replace(IMAGE, owner="099720109477", public=True)}, PASS, "no image of this account"),
    ("snapshots-public", {"public_snapshots": ("snap-0", "snap-1")}, FAIL, "snap-1, snap-0"),
    ("snapshot-sharing-blocked", {"snapshot_sharing": "unblocked"}, WARN, "unblocked"),
    ("snapshot-sharing-blocked", {"snapshot_sharing": "block-new-sharing"}, PASS, "block-new-sharing"),
    ("image-sharing-blocked", {"image_sharing": "unblocked"}, WARN, "unblocked"),
    ("serial-console", {"serial_console": True}, FAIL, "is on"),
    ("encryption-default", {"encryption_default": False}, WARN, "off"),
    ("metadata-default", {"metadata_defaults": {}}, WARN, "no preference"),
    ("metadata-default", {"metadata_defaults": {"HttpTokens": "optional"}}, WARN, "optional"),
]


@pytest.mark.parametrize(("check", "changed", "status", "detail"), AWS_CASES)
def test_what_is_wrong_with_an_account_is_reported(well: Facts, check: str, changed: dict[str, Any], status: Status, detail: str) -> None:
    finding = said(spoiled(well, "aws", **changed), check)
    assert finding.status is status
    assert detail in finding.detail
    assert bool(finding.fix) is (status is not PASS)


CONTROLLER_CASES: list[tuple[str, dict[str, Any], Status, str]] = [
    ("controller-certificate", {"verified": False}, FAIL, "verifySslCertificate"),
    ("controller-certificate", {"certificate": Certificate(NOW + timedelta(days=29))}, WARN, "2026-12-24"),
    ("controller-version", {"version": "8.2.20"}, FAIL, "8.2.20"),
    ("controller-version", {"version": "90.0.1"}, FAIL, "90.0.1"),
    ("controller-version", {"version": ""}, FAIL, "''"),
    ("controller-version", {"version": "UserConnect-9.0.11"}, PASS, "9.0.11"),
    ("controller-version", {"version": "9.0.9"}, WARN, "AVX-76494"),
    ("access-account", {"accounts": ()}, FAIL, "none"),
    ("access-account", {"accounts": (AccessAccount("other", 1, ACCOUNT),)}, FAIL, "its accounts: other"),
    ("access-account", {"accounts": (AccessAccount("aws-lab", 8, ACCOUNT),)}, FAIL, "cloud type 8"),
    ("access-account", {"accounts": (AccessAccount("aws-lab", 1, "999999999999"),)}, FAIL, "another account"),
    ("firewall-on", {"features": {"microseg": False}}, FAIL, "off"),
    ("firewall-on", {"features": {}}, FAIL, "off"),
    ("policy-ownership", {"points": {}}, FAIL, "no attachment point"),
    ("policy-ownership", {"attached": {POINT: "somebody"}}, FAIL, "somebody"),
    ("policy-ownership", {"attached": {POINT: PREFIX}}, PASS, "this stack's"),
    ("policy-ownership", {"attached": {"another-point": "somebody"}}, PASS, "free"),
    ("default-action", {"default_action": ("PERMIT", True)}, FAIL, "PERMIT"),
    ("default-action", {"default_action": ("DENY", False)}, FAIL, "not logged"),
    ("copilot", {"copilot": (False, "")}, WARN, "none is configured"),
    ("intrusion-profile", {"intrusion_faults": ("only reports critical intrusions",)}, FAIL, "only reports critical"),
]


@pytest.mark.parametrize(("check", "changed", "status", "detail"), CONTROLLER_CASES)
def test_what_is_wrong_with_a_controller_is_reported(well: Facts, check: str, changed: dict[str, Any], status: Status, detail: str) -> None:
    finding = said(spoiled(well, "controller", **changed), check)
    assert finding.status is status
    assert detail in finding.detail
    assert bool(finding.fix) is (status is not PASS)


def test_every_check_is_driven_to_something_else_than_pass() -> None:
    driven = {check for check, _, status, _ in (*AWS_CASES, *CONTROLLER_CASES) if status in (WARN, FAIL)}
    assert driven | {"controller-reachable"} == {check.id for check in CHECKS}, "controller-reachable fails when nothing can be read"


# A stack that owns the Controller-wide list.


@pytest.mark.parametrize(
    ("check", "changed", "status"),
    [
        ("policy-ownership", {"points": {}}, PASS),
        ("policy-ownership", {"foreign_rules": ("theirs",)}, FAIL),
        ("policy-ownership", {"attached": {POINT: "theirs"}}, FAIL),
        ("policy-ownership", {"foreign_rules": UnreadFact("x")}, SKIPPED),
        ("firewall-on", {"features": {"microseg": False}}, PASS),
        ("default-action", {"default_action": ("PERMIT", False)}, PASS),
    ],
)
def test_with_the_list_owned_the_list_must_be_nobody_elses(
    well: Facts, spec_of: SpecOf, check: str, changed: dict[str, Any], status: Status
) -> None:
    owns = replace(well, spec=spec_of(manageControllerPolicy=True))
    assert said(spoiled(owns, "controller", **changed), check).status is status


DECRYPTS = {"tlsDecryptionUrls": ["api.acme.example/v1/*"]}


@pytest.mark.parametrize(
    ("config", "live", "status", "text"),
    [
        ({"controllerVersion": "9.0.10"}, "9.0.10", PASS, "9.0.10"),
        ({"controllerVersion": "9.0.10"}, "UserConnect-9.0.12", PASS, "9.0.12"),
        ({"controllerVersion": "9.0.12"}, "9.0.11", FAIL, "controllerVersion is 9.0.12"),
        ({**DECRYPTS, "controllerVersion": "9.0.10"}, "9.0.11", PASS, "9.0.11"),
        ({**DECRYPTS, "controllerVersion": "9.0", "acceptDecryptionWithSnat": True}, "9.0.10", PASS, "9.0.10"),
        ({**DECRYPTS, "controllerVersion": "9.0", "acceptDecryptionWithSnat": True}, "9.0.9", FAIL, "needs 9.0.10 or newer"),
    ],
)
def test_a_controller_is_of_the_release_that_is_stated_and_that_decryption_needs(
    well: Facts, spec_of: SpecOf, config: dict[str, Any], live: str, status: Status, text: str
) -> None:
    found = said(spoiled(replace(well, spec=spec_of(**config)), "controller", version=live), "controller-version")
    assert (found.status, text in found.detail) == (status, True), found.detail


def test_without_the_list_owned_rules_of_others_do_not_matter(well: Facts) -> None:
    assert said(spoiled(well, "controller", foreign_rules=("theirs",)), "policy-ownership").status is PASS


@pytest.mark.parametrize(("on", "address", "status"), [(True, "10.0.0.9", PASS), (True, "10.0.0.8", FAIL), (False, "", PASS)])
def test_a_configured_copilot_is_the_associated_one_or_none_yet(
    well: Facts, spec_of: SpecOf, on: bool, address: str, status: Status
) -> None:
    facts = replace(well, spec=spec_of(copilotPrivateIp="10.0.0.9"))
    assert said(spoiled(facts, "controller", copilot=(on, address)), "copilot").status is status


# What is named in the configuration, or not.


def test_an_image_that_is_not_named_is_a_warning_in_monitor_and_a_failure_in_enforce(well: Facts, spec_of: SpecOf) -> None:
    assert said(replace(well, image_is_named=False), "image").status is WARN
    assert said(replace(well, image_is_named=False, spec=spec_of(policyMode="enforce")), "image").status is FAIL


def test_an_access_account_that_is_not_named_fails(well: Facts) -> None:
    assert said(replace(well, account_is_named=False), "access-account").status is FAIL


def test_an_access_account_cannot_be_compared_without_the_caller(well: Facts) -> None:
    assert said(replace(well, aws=UnreadFact("no credentials")), "access-account").status is WARN


def test_what_this_stack_has_already_is_not_needed_again(well: Facts, spec_of: SpecOf) -> None:
    facts = spoiled(well, "aws", quotas={quota: Usage(5, 5, 8) for quota in Quota})
    assert all(each.status is PASS for each in run_checks(facts) if each.check.startswith("quota-"))
    two = spoiled(replace(well, spec=spec_of(haGateway=True)), "aws", quotas={quota: Usage(5, 4, 0) for quota in Quota})
    assert said(two, "quota-addresses").status is FAIL
    assert said(spoiled(well, "aws", quotas={quota: Usage(5, 4, 0) for quota in Quota}), "quota-addresses").status is PASS


def test_an_endpoint_that_is_not_wanted_needs_no_room(well: Facts, spec_of: SpecOf) -> None:
    facts = replace(well, spec=spec_of(createSsmVpcEndpoints=False, createS3GatewayEndpoint=False))
    full = spoiled(facts, "aws", quotas=FULL)
    assert said(full, "quota-interface-endpoints").status is said(full, "quota-gateway-endpoints").status is PASS


# What could not be read.


@pytest.mark.parametrize("fact", [each.name for each in fields(AwsFacts) if each.name not in ("account", "arn", "rights_from", "quotas")])
def test_an_unread_fact_of_the_account_is_skipped_with_its_reason(well: Facts, fact: str) -> None:
    skipped = [each for each in run_checks(spoiled(well, "aws", **{fact: UnreadFact("AccessDenied")})) if each.status is SKIPPED]
    assert skipped
    assert all(each.detail == "AccessDenied" and each.fix for each in skipped)


@pytest.mark.parametrize("fact", ["certificate", "version", "accounts", "features", "points", "attached", "default_action", "copilot"])
def test_an_unread_fact_of_the_controller_is_skipped_with_its_reason(well: Facts, fact: str) -> None:
    skipped = [each for each in run_checks(spoiled(well, "controller", **{fact: UnreadFact("refused")})) if each.status is SKIPPED]
    assert skipped
    assert all(each.detail == "refused" and each.fix for each in skipped)


def test_a_quota_that_cannot_be_read_is_skipped_alone(well: Facts) -> None:
    facts = spoiled(well, "aws", quotas={**AWS.quotas, Quota.VPCS: UnreadFact("AccessDenied")})
    assert [each.check for each in run_checks(facts) if each.status is not PASS] == ["quota-vpcs"]


@pytest.mark.parametrize("side", [CheckedSystem.AWS, CheckedSystem.CONTROLLER])
@pytest.mark.parametrize("demanded", [False, True])
def test_a_side_that_cannot_be_read_passes_nothing_and_fails_when_it_was_demanded(well: Facts, side: CheckedSystem, demanded: bool) -> None:
    facts = replace(well, **{side.value: UnreadFact("it is gone")}, demanded=frozenset({side.value} if demanded else ()))
    mine = [each for each, check in zip(run_checks(facts), CHECKS, strict=True) if check.asks is side]
    assert mine[0].status is (FAIL if demanded else SKIPPED)
    assert mine[0].detail == "it is gone"
    assert {each.status for each in mine[1:]} == {SKIPPED}


def test_a_check_that_raises_has_failed(well: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Facts, __: ControllerFacts) -> Any:
        raise KeyError("x")

    check = Check("broken", "", "", "", "", controller=broken)
    monkeypatch.setattr(registry, "CHECKS", (check,))
    (finding,) = run_checks(well)
    assert finding.status is FAIL
    assert "KeyError" in finding.detail


def test_checks_have_one_judge_each_and_names_of_their_own() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert all(check.asks in CheckedSystem for check in CHECKS)
    with pytest.raises(AssertionError):
        _ = Check("none", "", "", "", "").asks
    with pytest.raises(AssertionError):
        _ = Check("two", "", "", "", "", aws=lambda _f, _a: make_pass(""), controller=lambda _f, _c: make_pass("")).asks


def test_dates_are_compared_with_the_time_that_was_given(well: Facts) -> None:
    late = replace(well, now=datetime(2030, 1, 1, tzinfo=NOW.tzinfo))
    assert said(late, "controller-certificate").status is WARN
