"""The TLS profile that is live is compared field by field, and each rule's use of it; nothing passes that was not read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from containment.attestation.policy_checks import check_policy
from containment.attestation.reviewed import ReviewedPolicy
from containment.attestation.tls_checks import ID, check_tls
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec, StackContext, resolve
from containment.controller_api.client import ControllerAddress
from containment.controller_api.reader import ControllerReader
from containment.names import CertificateValidation, WellKnownObject
from containment.policy.builder import build_ruleset
from containment.policy.rules import RuleSet
from containment.preflight.facts import UnreadFact
from containment.preflight.finding import Status
from containment.queries.account.controller import read_controller
from containment.queries.account.reading import Reading
from containment.record.digests import digest_ruleset
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph, Resource

PROFILE = {"id": "p-1", "displayName": "verify", "certificateValidation": CertificateValidation.NONE.value, "verifySni": True}
DECRYPTING = {**PROFILE, "id": "p-2", "displayName": "verify-server", "certificateValidation": CertificateValidation.ENFORCE.value}


@pytest.fixture(scope="module")
def spec(library: Library) -> ContainmentSpec:
    raw = {"awsAccessAccount": "aws-lab", "controllerVersion": "9.0.10", "tlsDecryptionUrls": ["api.acme.example/v1/*"]}
    return resolve(raw, library, "coding-site1", around=StackContext(day=date(2026, 11, 29)))


@pytest.fixture(scope="module")
def reviewed(spec: ContainmentSpec) -> RuleSet:
    return build_ruleset(spec)


def make_blocks(reviewed: RuleSet) -> list[dict[str, Any]]:
    return [
        {
            "name": rule.name,
            "tlsProfile": "" if not rule.verify_sni else "p-2" if rule.decrypts else "p-1",
            "decryptPolicy": "DECRYPT_ALLOWED" if rule.decrypts else "DECRYPT_UNSPECIFIED",
        }
        for rule in reviewed.rules
    ]


def make_graph(blocks: list[dict[str, Any]], *profiles: dict[str, Any]) -> Graph:
    found = [Resource("rules", kt.RULESET, "rules", outputs={"id": "r-1", "rules": blocks})]
    return Graph([*found, *(Resource(f"tls-{place}", kt.TLS_PROFILE, "tls", outputs=one) for place, one in enumerate(profiles))])


def find_block(blocks: list[dict[str, Any]], end: str) -> dict[str, Any]:
    return next(one for one in blocks if str(one["name"]).endswith(end))


@pytest.mark.parametrize("unset", ["", None, WellKnownObject.DEFAULT_TLS_PROFILE.value])
def test_the_reviewed_profile_passes_with_its_counts(reviewed: RuleSet, unset: str | None) -> None:
    blocks = [one | {"tlsProfile": one["tlsProfile"] or unset} for one in make_blocks(reviewed)]
    found = check_tls(reviewed, make_graph(blocks, PROFILE, DECRYPTING), make_graph(blocks, PROFILE, DECRYPTING), has_profiles=True)
    assert (found.status, found.witness) == (Status.PASS, "p-1, p-2")
    assert found.detail == f"{sum(rule.verify_sni for rule in reviewed.rules)} rules verify server names, 1 decrypt"


@pytest.mark.parametrize(
    ("change", "witness"),
    [
        ({"verifySni": False}, "verifySni: True reviewed, False live"),
        ({"verifySni": None}, "verifySni: True reviewed, none live"),
        (
            {"certificateValidation": "CERTIFICATE_VALIDATION_LOG_ONLY"},
            "certificateValidation: CERTIFICATE_VALIDATION_NONE reviewed, CERTIFICATE_VALIDATION_LOG_ONLY live",
        ),
        ({"caBundleId": "bundle-7"}, "caBundleId: none reviewed, bundle-7 live"),
        ({"id": "p-3"}, "the Controller has no TLS profile p-1"),
    ],
)
def test_a_profile_that_was_edited_fails_with_the_field_as_witness(reviewed: RuleSet, change: dict[str, Any], witness: str) -> None:
    blocks = make_blocks(reviewed)
    live = make_graph(blocks, PROFILE | change, DECRYPTING)
    found = check_tls(reviewed, make_graph(blocks, PROFILE, DECRYPTING), live, has_profiles=True)
    assert found.status is Status.FAIL
    assert witness in found.witness


def drop_profile(blocks: list[dict[str, Any]]) -> None:
    find_block(blocks, "allow-model-gateways")["tlsProfile"] = ""


def use_the_default_profile(blocks: list[dict[str, Any]]) -> None:
    find_block(blocks, "allow-model-gateways")["tlsProfile"] = WellKnownObject.DEFAULT_TLS_PROFILE.value


def give_another_profile(blocks: list[dict[str, Any]]) -> None:
    find_block(blocks, "default-deny")["tlsProfile"] = "p-9"


def decrypt_without_validation(blocks: list[dict[str, Any]]) -> None:
    next(one for one in blocks if one["decryptPolicy"] == "DECRYPT_ALLOWED")["tlsProfile"] = "p-1"


def decrypt_more(blocks: list[dict[str, Any]]) -> None:
    find_block(blocks, "allow-model-gateways")["decryptPolicy"] = "DECRYPT_ALLOWED"


def decrypt_less(blocks: list[dict[str, Any]]) -> None:
    next(one for one in blocks if one["decryptPolicy"] == "DECRYPT_ALLOWED")["decryptPolicy"] = "DECRYPT_UNSPECIFIED"


@pytest.mark.parametrize(
    ("change", "witness"),
    [
        (drop_profile, "allow-model-gateways does not use a TLS profile of the stack (none)"),
        (use_the_default_profile, "allow-model-gateways does not use a TLS profile of the stack (def000ad-6000"),
        (give_another_profile, "default-deny uses TLS profile p-9, which was not reviewed for it"),
        (decrypt_without_validation, "certificateValidation: CERTIFICATE_VALIDATION_ENFORCE reviewed, CERTIFICATE_VALIDATION_NONE live"),
        (decrypt_more, "allow-model-gateways decrypts, and the reviewed rule does not"),
        (decrypt_less, "does not decrypt, and the reviewed rule does"),
    ],
)
def test_a_rule_that_was_edited_fails_with_the_rule_as_witness(
    reviewed: RuleSet, change: Callable[[list[dict[str, Any]]], None], witness: str
) -> None:
    blocks = make_blocks(reviewed)
    state = make_graph(blocks, PROFILE, DECRYPTING)
    change(blocks)
    found = check_tls(reviewed, state, make_graph(blocks, PROFILE, DECRYPTING), has_profiles=True)
    assert found.status is Status.FAIL
    assert witness in found.witness


def test_nothing_to_compare_is_no_pass(reviewed: RuleSet) -> None:
    blocks = make_blocks(reviewed)
    state = make_graph(blocks, PROFILE, DECRYPTING)
    assert check_tls(reviewed, state, make_graph([], PROFILE, DECRYPTING), has_profiles=True).status is Status.FAIL
    assert check_tls(reviewed, make_graph(blocks), make_graph(blocks), has_profiles=True).status is Status.FAIL
    assert check_tls(reviewed, state, state, has_profiles=False).status is Status.NOT_TESTED


def test_without_a_controller_the_check_is_not_tested(spec: ContainmentSpec, reviewed: RuleSet) -> None:
    policy = ReviewedPolicy(spec, reviewed, digest_ruleset(reviewed), None, (), ())
    (found,) = (one for one in check_policy(policy, (), UnreadFact("no address")).checks if one.id == ID)
    assert (found.status, "no address" in found.detail) == (Status.NOT_TESTED, True)


class Answers(ControllerReader):
    """A Controller whose TLS profiles are given; every other call is answered with nothing."""

    def __init__(self, profiles: list[dict[str, Any]]) -> None:
        self.profiles = profiles

    def _get(self, path: str) -> dict[str, Any]:
        return {"profiles": self.profiles} if path == "dcf/tls-profile" else {}


def test_the_profile_is_read_back_under_the_names_of_the_state() -> None:
    answer = {"uuid": "p-1", "display_name": "verify", "certificate_validation": CertificateValidation.NONE.value, "verify_sni": False}
    others = {**answer, "uuid": WellKnownObject.DEFAULT_TLS_PROFILE.value}
    reading = Reading(is_lab=False)
    address = ControllerAddress("controller.example.com", "admin", "password")
    read_controller(reading, address, make_graph([], PROFILE), lambda _: Answers([others, answer]))
    (found,) = (one for one in reading.resources if one.type == kt.TLS_PROFILE)
    assert found.outputs == {**PROFILE, "verifySni": False, "uuid": "p-1"}
