"""Pulumi.yaml declares exactly the keys the model reads, with the same types and defaults, for any YAML reader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.config.parser import get_alias
from containment.config.spec import resolve
from containment.config.stack_config import StackConfig
from containment.config.validation.entries import DENY_FIELDS, PERMIT_FIELDS
from containment.loaders.presets import load_library
from tools import project_file

TEXT = (Path(__file__).parents[2] / "Pulumi.yaml").read_text(encoding="utf-8")
DECLARED: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["config"]

REFERENCE_KEYS = [
    "namePrefix",
    "agentClass",
    "awsRegion",
    "awsAccessAccount",
    "tags",
    "copilotPrivateIp",
    "copilotPublicIp",
    "copilotSyslogIndex",
    "manageControllerPolicy",
    "vpcCidr",
    "availabilityZoneCount",
    "privateSubnetNewbits",
    "programPrivateDefaultRoute",
    "createSsmVpcEndpoints",
    "enableVpcFlowLogs",
    "createS3GatewayEndpoint",
    "controllerSyncWait",
    "spokeGatewaySize",
    "spokeGatewayName",
    "singleIpSnat",
    "enableGatewayVolumeEncryption",
    "enableTlsDecryptionDesign",
    "agentInstanceType",
    "agentRootVolumeSizeGb",
    "agentPrivateIp",
    "agentWorkloadTagKey",
    "agentWorkloadTagValue",
    "installMode",
    "autoRunInstaller",
    "autoAcceptThirdPartySoftware",
    "installDocker",
    "installBootstrapPackages",
    "policyMode",
    "enablePackageInstalls",
    "enablePublicReference",
    "logPermitRules",
    "openclawCoreDomains",
    "approvedModelGatewayDomains",
    "packageRegistryDomains",
    "osUpdateDomains",
    "publicReferenceDomains",
    "unapprovedModelProviderDomains",
    "approvedModelGatewayCidrs",
    "approvedSaasApiDomains",
    "approvedMcpGatewayDomains",
    "identityAndTelemetryDomains",
    "awsInfraDomains",
    "eastWestDenyCidrs",
]
"""Inputs of the published reference, in camelCase; controller_ip, _username and _password are the aviatrix provider's own configuration."""

REFERENCE_DEFAULTS = {
    "awsRegion": "us-east-1",
    "copilotSyslogIndex": 9,
    "vpcCidr": "10.42.0.0/16",
    "availabilityZoneCount": 1,
    "privateSubnetNewbits": 8,
    "programPrivateDefaultRoute": False,
    "createSsmVpcEndpoints": True,
    "enableVpcFlowLogs": True,
    "createS3GatewayEndpoint": True,
    "spokeGatewaySize": "t3.medium",
    "singleIpSnat": True,
    "enableGatewayVolumeEncryption": True,
    "enableTlsDecryptionDesign": False,
    "agentInstanceType": "t3.large",
    "agentRootVolumeSizeGb": 80,
    "agentPrivateIp": "",
    "agentWorkloadTagKey": "Role",
    "agentWorkloadTagValue": "openclaw-agent-harness",
    "autoRunInstaller": False,
    "autoAcceptThirdPartySoftware": False,
    "installDocker": False,
    "installBootstrapPackages": False,
    "policyMode": "monitor",
    "logPermitRules": True,
    "approvedModelGatewayCidrs": [],
    "approvedSaasApiDomains": [],
    "approvedMcpGatewayDomains": [],
    "identityAndTelemetryDomains": [],
    "awsInfraDomains": [],
    "eastWestDenyCidrs": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
}
"""The published defaults we keep."""


def test_the_project_file_is_rendered_from_the_model() -> None:
    assert project_file.render(TEXT) == TEXT


def test_rendering_keeps_what_is_above_the_config_and_is_stable() -> None:
    head = "name: other\nruntime: python\n"
    once = project_file.render(head + "config:\n  stale:\n    type: string\n")
    assert once.startswith(head + "config:\n")
    assert "stale" not in once
    assert project_file.render(once) == once


def test_every_key_of_the_model_is_declared_once_in_order_with_a_description() -> None:
    assert [*DECLARED] == [get_alias(name) for name in StackConfig.model_fields]
    assert len(re.findall(r"^  [a-zA-Z0-9]+:$", TEXT[TEXT.index("config:\n") :], re.MULTILINE)) == len(DECLARED)
    assert all(found["description"] == found["description"].strip() != "" for found in DECLARED.values())


@pytest.mark.parametrize("key", REFERENCE_KEYS)
def test_every_input_of_the_published_reference_is_a_key(key: str) -> None:
    assert key in DECLARED


@pytest.mark.parametrize("key", REFERENCE_DEFAULTS)
def test_a_default_of_the_published_reference_is_kept(key: str) -> None:
    assert DECLARED[key]["default"] == REFERENCE_DEFAULTS[key]


@pytest.mark.parametrize("key", DECLARED)
def test_a_default_is_of_the_declared_type(key: str) -> None:
    kinds = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
    found = DECLARED[key]
    if "type" not in found:  # a list of names or entries: Pulumi has no type for it, and checks no value of a key without a type
        assert found["default"] == []
        assert "items" not in found
        assert key in {get_alias(field) for field in (*PERMIT_FIELDS, *DENY_FIELDS)}
        return
    assert type(found["default"]) is kinds[found["type"]]
    assert ("items" in found) is (found["type"] == "array")


def test_no_text_looks_like_a_number_to_a_yaml_1_2_reader() -> None:
    bare = re.findall(r"^ +default: ([^'\n]*)$", TEXT, re.MULTILINE)
    texts = [text for text in bare if text not in ("true", "false", "[]", "{}", "")]
    numbers = {str(found["default"]) for found in DECLARED.values() if found.get("type") == "integer"}
    assert {text for text in texts if re.fullmatch(r"[-+]?(0x|0o)?[0-9_]+(\.[0-9]*)?(e[0-9]+)?", text, re.IGNORECASE)} <= numbers


def test_the_declared_defaults_are_the_defaults_the_model_uses() -> None:
    declared = {key: found["default"] for key, found in DECLARED.items()} | {"awsAccessAccount": "aws-lab"}
    library = load_library()
    assert resolve(declared, library, "dev") == resolve({"awsAccessAccount": "aws-lab"}, library, "dev")


def test_checking_and_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_file, "__file__", str(tmp_path / "tools" / "project_file.py"))
    path = tmp_path / "Pulumi.yaml"
    path.write_text("name: x\nconfig:\n  old: {}\n")
    assert project_file.main([]) == 1
    assert path.read_text() == "name: x\nconfig:\n  old: {}\n"
    assert project_file.main(["--write"]) == 0
    assert project_file.main([]) == 0
    assert yaml.safe_load(path.read_text())["config"] == DECLARED
