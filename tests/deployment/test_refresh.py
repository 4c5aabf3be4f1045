"""A refresh of what nobody touched finds no drift, and the preview after it plans nothing, for every type that the program makes."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from tests.deployment.lab import REPOSITORY, Lab
from tests.support.configs import PEM

pytestmark = pytest.mark.slow

EVERYTHING: dict[str, Any] = {
    "agentPrivateIp": "10.50.10.7",
    "approvedInternalApis": {
        "artifacts": {"cidrs": ["10.200.1.0/28"], "ports": [443, "8000-8010"], "owner": "platform", "reason": "An internal service."}
    },
    "approvedModelGatewayCidrs": ["10.201.0.0/28"],
    "approvedModelGatewayDomains": ["models.acme.example"],
    "availabilityZoneCount": 3,
    "copilotPrivateIp": "10.250.0.9",
    "copilotPublicIp": "192.0.2.9",
    "haGateway": True,
    "installBootstrapPackages": True,
    "installDocker": True,
    "internalDnsDomains": ["artifacts.acme.internal"],
    "organizationId": "o-a1b2c3d4e5",
    "osUpdateDomains": ["security.ubuntu.com"],
    "syslogCaCertificate": PEM,
    "syslogServer": "logs.acme.example",
    "tags": {"owner": "platform"},
    "tlsDecryptionUrls": ["api.acme.example/v1/*"],
    "controllerVersion": "9.0.10",
}
"""A configuration that switches on every resource that a stack may have."""

OF_A_DEDICATED_CONTROLLER = {
    "aviatrix:index/distributedFirewallingConfig:DistributedFirewallingConfig",
    "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList",
}
"""Types that only `manageControllerPolicy: true` makes; `test_dedicated_controller` refreshes them."""


def options(config: dict[str, Any]) -> list[str]:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return [word for key, text in texts.items() for word in ("--config", f"{key}={text}")]


def types_in_state(lab: Lab, stack: str, folder: str = ".") -> set[str]:
    return {each["type"] for each in json.loads(lab.export(stack, REPOSITORY / folder))["deployment"]["resources"] if each.get("custom")}


def classes_of_the_program() -> set[str]:
    """Return the classes of `pulumi_aws` and `pulumi_aviatrix` that the program and the platform construct, as their source names them."""
    files = [REPOSITORY / "__main__.py", *(REPOSITORY / "platform").glob("*.py"), *(REPOSITORY / "components").glob("*.py")]
    called = (node.func for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    names = {ast.unparse(each) for each in called}
    resources = {name for name in names if name.startswith(("aws.", "aviatrix.")) and name.rpartition(".")[2][:1].isupper()}
    return {name.rpartition(".")[2] for name in resources if not name.endswith(("Args", "Provider"))}


@pytest.mark.long
def test_every_type_of_the_program_is_read_back_as_it_was_stated(lab: Lab) -> None:
    lab.platform()
    lab.must("up", "regulated-data-monitor", "--skip-preview", *options(EVERYTHING))

    made = types_in_state(lab, "regulated-data-monitor") | types_in_state(lab, "platform", "platform") | OF_A_DEDICATED_CONTROLLER
    assert classes_of_the_program() - {token.rpartition(":")[2] for token in made} == set()

    assert set(lab.must("refresh", "platform", folder=REPOSITORY / "platform").report["changes"]) == {"same"}
    assert set(lab.must("refresh", "regulated-data-monitor", *options(EVERYTHING)).report["changes"]) == {"same"}
    assert set(lab.must("preview", "platform", folder=REPOSITORY / "platform", pack=None).report["changes"]) == {"same"}
    assert set(lab.must("preview", "regulated-data-monitor", *options(EVERYTHING), pack=None).report["changes"]) == {"same"}
