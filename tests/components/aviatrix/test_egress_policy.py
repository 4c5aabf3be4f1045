"""The gateway verifies the server wherever the agent cannot: names in every web permit, certificates too where TLS is decrypted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from containment.names import CertificateValidation
from tests.support.deploy import Deployed, deploy, stack_config
from tests.support.entries import with_entries

STACK = "coding-enforce"
PROFILE = "aviatrix:index/dcfTlsProfile:DcfTlsProfile"
URLS = {
    "tlsDecryptionUrls": json.dumps(with_entries({"tlsDecryptionUrls": ["api.acme.example/v1/*"]})["tlsDecryptionUrls"]),
    "controllerVersion": "9.0.10",
}


def run_program(**config: str) -> Deployed:
    done = deploy(STACK, stack_config(STACK, **config))
    assert done.error is None, done.error
    return done


def list_rules(done: Deployed) -> list[dict[str, Any]]:
    (ruleset,) = done.of_type("aviatrix:index/dcfRuleset:DcfRuleset")
    return ruleset["rules"]


@pytest.mark.parametrize("config", [URLS, {**URLS, "verifySni": "false"}], ids=["names verified", "names not verified"])
def test_a_permit_that_decrypts_has_a_profile_that_validates_certificates(config: dict[str, str]) -> None:
    done = run_program(**config)
    found = {one["uuid"]: one["certificateValidation"] for one in done.of_type(PROFILE) if one["verifySni"] is True}
    (decrypting,) = (one for one in list_rules(done) if one["decryptPolicy"] == "DECRYPT_ALLOWED")
    assert found[decrypting["tlsProfile"]] == CertificateValidation.ENFORCE
    others = {one["tlsProfile"] for one in list_rules(done) if one is not decrypting and one.get("tlsProfile")}
    assert {found[one] for one in others} == ({CertificateValidation.NONE} if "verifySni" not in config else set())


def test_a_stack_that_decrypts_nothing_has_one_profile() -> None:
    (profile,) = run_program().of_type(PROFILE)
    assert (profile["certificateValidation"], profile["verifySni"]) == (CertificateValidation.NONE, True)
