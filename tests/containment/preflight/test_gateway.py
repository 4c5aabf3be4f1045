"""Preflight, plan and vend name the secret that is missing, until it is named or the gateway is switched off."""

from __future__ import annotations

from typing import Any

import pytest

from containment.config.open_questions import find_gateway_question
from containment.preflight.finding import Status
from containment.preflight.stack_checks import check_credential_gateway
from tests.containment.conftest import SpecOf
from tests.support.configs import IMAGE, ROUTE

NAMED: dict[str, Any] = {"credentialRoutes": [ROUTE], "credentialGatewayImageId": IMAGE}


@pytest.mark.parametrize("agent_class", ["coding", "research", "customer-support", "open-demo"])
def test_a_class_with_a_model_gateway_asks_for_its_secret_by_default(spec_of: SpecOf, agent_class: str) -> None:
    spec = spec_of(agentClass=agent_class)
    finding = check_credential_gateway(spec)
    assert finding.status is Status.WARN
    assert finding.fix.endswith(": credentialRoutes")
    assert "integrate.api.nvidia.com" in find_gateway_question(spec)


def test_named_secrets_answer_the_question(spec_of: SpecOf) -> None:
    spec = spec_of(**NAMED)
    assert find_gateway_question(spec) == ""
    assert check_credential_gateway(spec).status is Status.PASS


def test_switched_off_is_an_answer_and_no_pass(spec_of: SpecOf) -> None:
    spec = spec_of(enableCredentialGateway=False)
    assert find_gateway_question(spec) == ""
    finding = check_credential_gateway(spec)
    assert (finding.status, finding.fix.partition(":")[0]) == (Status.WARN, "set enableCredentialGateway")
