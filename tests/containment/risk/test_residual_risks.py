"""Whatever is off or open is reported, with what closes it; nothing is reported that does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from containment.catalog.preset import Switch
from containment.config.parser import get_alias
from containment.config.spec import resolve
from containment.config.stack_config import StackConfig
from containment.loaders.presets import load_library
from containment.risk.kinds import ALWAYS, KINDS
from containment.risk.residual_risks import PAGE, SHOWN, Risk, find_residual_risks
from containment.risk.threats import THREATS
from tests.containment.conftest import SpecOf
from tests.support.configs import IMAGE, ROUTE, TODAY, configs

LIBRARY = load_library()
KEYS = {get_alias(name) for name in StackConfig.model_fields}
API = {"cidrs": ["10.200.0.0/28"], "ports": [443], "owner": "o", "reason": "r"}
QUIET: dict[str, Any] = {"policyMode": "enforce", "agentClass": "healthcare-phi", "approvedModelGatewayDomains": ["gateway.acme.example"]}


def risks(spec_of: SpecOf, **config: Any) -> dict[str, Risk]:
    return {risk.id: risk for risk in find_residual_risks(spec_of(**config))}


def test_kinds_have_one_name_each_and_point_at_a_key_that_exists() -> None:
    assert len({kind.id for kind in KINDS}) == len(KINDS)
    assert {kind.key for kind in KINDS} - {""} <= KEYS
    assert all(kind.what and kind.closed_by and not kind.what.endswith(".") for kind in KINDS)


@pytest.mark.parametrize(
    ("config", "risk", "says"),
    [
        ({"policyMode": "monitor"}, "monitor-delivers", "logged and delivered"),
        ({"enableDnsFirewall": False}, "dns-firewall-off", "resolver forwards any name"),
        ({"enableDnsQueryLogs": False}, "dns-queries-unlogged", "are not logged"),
        ({"createSsmVpcEndpoints": False}, "endpoints-off", "over the internet"),
        ({"enableEndpointPolicies": False}, "endpoint-policies-off", "every AWS account"),
        ({"organizationId": "o-a1b2c3d4e5"}, "organization-wide-endpoints", "o-a1b2c3d4e5"),
        ({"createS3GatewayEndpoint": False}, "s3-gateway-off", "S3"),
        ({"enableNetworkAcls": False}, "network-acls-off", "security groups"),
        ({"enablePermissionsBoundary": False}, "no-permissions-boundary", "containment"),
        ({"verifySni": False}, "server-name-unverified", "claim"),
        ({"enableVpcFlowLogs": False}, "flow-logs-off", "inside the VPC"),
        ({"logPermitRules": False}, "permits-unlogged", "does not log"),
        ({"enableGatewayVolumeEncryption": False}, "gateway-volume-unencrypted", "disk"),
        ({"syslogServer": "logs.acme.example", "syslogCleartext": True}, "logs-in-cleartext", "without TLS"),
        ({"policyMode": "monitor", "agentImageId": ""}, "image-not-pinned", "ubuntu"),
        ({"policyMode": "monitor", "installDocker": True}, "first-boot-installs", "installDocker"),
        ({"eastWestDenyCidrs": []}, "east-west-not-named", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"),
        ({"eastWestDenyCidrs": ["10.0.0.0/8", "172.16.0.0/13"]}, "east-west-not-named", "172.16.0.0/12, 192.168.0.0/16"),
        ({"eastWestDenyCidrs": ["10.0.0.0/9", "10.128.0.0/9", "172.16.0.0/12"]}, "east-west-not-named", "log: 192.168.0.0/16"),
        ({"controllerVersion": "8.1", "manageControllerPolicy": True, "verifySni": False}, "no-log-of-ends", "end of a connection"),
        ({}, "sessions-uncontrolled", "root shell"),
        ({"operatorSessions": True, "sessionPorts": [8080]}, "forwarded-ports-unrecorded", "8080"),
        ({}, "prompt-injection-undetected", "not detected"),
        ({}, "agent-trust-unsettled", "Traffic between agents is denied"),
        ({}, "aws-only", "AWS"),
        ({}, "keys-on-hosts", "integrate.api.nvidia.com"),
        ({"enableCredentialGateway": False}, "credential-gateway-off", "integrate.api.nvidia.com"),
        ({}, "uploads-to-strangers", "github.com"),
        ({}, "relays", "proxy.golang.org"),
        ({}, "foreign-tenants", "integrate.api.nvidia.com"),
        ({"approvedSaasApiDomains": ["crm.acme.example"]}, "hosts-not-in-catalog", "crm.acme.example"),
        ({"approvedSaasApiDomains": ["*.acme.example"]}, "wildcards", "*.acme.example"),
        ({"approvedSaasApiDomains": ["*.acme.example"]}, "names-under-a-domain", "*.acme.example"),
        ({"approvedSaasApiDomains": ["content.dropboxapi.com"]}, "uploads-to-strangers", "content.dropboxapi.com"),
        ({"internalDnsDomains": ["*.acme.internal"]}, "names-under-a-domain", "*.acme.internal"),
        ({"approvedInternalApis": {"billing": API}}, "internal-apis-by-address", "billing (10.200.0.0/28)"),
        ({"approvedModelGatewayCidrs": ["10.9.0.0/28"]}, "model-gateways-by-address", "10.9.0.0/28"),
        ({"tlsDecryptionUrls": ["a.acme.example/v1/*"], "acceptDecryptionWithSnat": True}, "decrypted-contents", "a.acme.example/v1/*"),
        ({"copilotPrivateIp": "10.250.0.9"}, "copilot-syslog-in-cleartext", "UDP"),
    ],
    ids=lambda case: str(case)[:50],
)
def test_what_is_off_or_open_is_named(spec_of: SpecOf, config: dict[str, Any], risk: str, says: str) -> None:
    found = risks(spec_of, **{"policyMode": "enforce", **config})[risk]
    assert says in found.what or says in found.names
    assert found.where.startswith(("Pulumi.made-up.yaml:", f"{PAGE}#"))
    assert found.closed_by


def test_a_closed_stack_has_only_what_nobody_can_close(spec_of: SpecOf) -> None:
    # Its own gateway, which has no reviewed API, and AWS's endpoint names.
    names = {"hosts-not-in-catalog", "names-under-a-domain", "keys-on-hosts", "sessions-uncontrolled"}
    assert set(risks(spec_of, **QUIET)) == {kind.id for kind in ALWAYS} - {"copilot-syslog-in-cleartext"} | names


@pytest.mark.parametrize("switch", Switch, ids=lambda switch: switch.value)
def test_every_protection_that_a_class_can_keep_on_is_reported_when_off(spec_of: SpecOf, switch: Switch) -> None:
    before = set(risks(spec_of, policyMode="enforce"))
    (new,) = set(risks(spec_of, policyMode="enforce", **{switch.value: False})) - before
    assert risks(spec_of, policyMode="enforce", **{switch.value: False})[new].where == f"Pulumi.made-up.yaml:{switch.value}"


def test_with_a_credential_gateway_no_key_is_on_a_host(spec_of: SpecOf) -> None:
    gateway_risks = {"keys-on-hosts", "credential-gateway-off"}
    assert not gateway_risks & {*risks(spec_of, credentialRoutes=[ROUTE], credentialGatewayImageId=IMAGE)}
    assert gateway_risks & {*risks(spec_of)} == {"keys-on-hosts"}, "on by default, with an open question"
    assert gateway_risks & {*risks(spec_of, enableCredentialGateway=False)} == {"credential-gateway-off"}


def test_with_operator_sessions_a_session_is_controlled(spec_of: SpecOf) -> None:
    found = risks(spec_of, operatorSessions=True)
    assert not {"sessions-uncontrolled", "forwarded-ports-unrecorded"} & set(found)


def test_the_denial_between_agents_names_packets_and_a_proof_that_exist() -> None:
    """A limit that cites a test which was renamed would state more than is tested."""
    (risk,) = (kind for kind in ALWAYS if kind.id == "agent-trust-unsettled")
    table = (Path(__file__).parents[3] / "tests/scenarios/evasion.yaml").read_text()
    for packet in ("same-subnet-neighbour-443", "routed-neighbour-443"):
        assert packet in risk.what
        assert f"  - id: {packet}\n" in table
    proof = "neighbours-out-of-reach"
    assert proof in risk.what
    assert any(proof in threat.proofs for threat in THREATS)


def test_a_sanctioned_provider_is_reported_with_its_owner_and_end() -> None:
    sanction = {"host": "api.openai.com", "owner": "platform", "reason": "Company contract.", "until": "2027-03-31"}
    config = {"awsAccessAccount": "a", "approvedModelGatewayDomains": [sanction["host"]], "sanctionedModelProviders": [sanction]}
    found = {risk.id: risk for risk in find_residual_risks(resolve(config, LIBRARY, "made-up", today=TODAY))}
    assert found["sanctioned-providers"].names == ("api.openai.com until 2027-03-31 (platform)",)


def test_a_waiver_is_listed_with_its_owner_and_end() -> None:
    waiver = {"host": "telemetry.openclaw.ai", "owner": "records", "reason": "Reviewed.", "until": "2099-12-31"}
    config = {"awsAccessAccount": "a", "agentClass": "research", "identityAndTelemetryDomains": [waiver["host"]], "uploadWaivers": [waiver]}
    found = {risk.id: risk for risk in find_residual_risks(resolve(config, LIBRARY, "made-up", today=TODAY))}
    assert found["waived-uploads"].names == ("telemetry.openclaw.ai until 2099-12-31 (records)",)
    assert found["uploads-to-strangers"].names == ("telemetry.openclaw.ai",)


def test_a_long_list_is_shortened_in_the_sentence_and_kept_whole_next_to_it(spec_of: SpecOf) -> None:
    found = risks(spec_of)["foreign-tenants"]
    assert len(found.names) > SHOWN
    assert f"and {len(found.names) - SHOWN} more" in found.what


@pytest.mark.slow
@settings(max_examples=40, deadline=None, database=None, derandomize=True)
@given(configs(LIBRARY))
def test_every_valid_stack_has_a_report_that_names_only_what_is_there(config: dict[str, Any]) -> None:
    spec = resolve(config, LIBRARY, "made-up", today=TODAY)
    found = {risk.id: risk for risk in find_residual_risks(spec)}
    assert {kind.id for kind in ALWAYS} - {"copilot-syslog-in-cleartext"} <= set(found)
    off = {switch.value for switch in Switch if not config[switch.value]}
    assert {f"Pulumi.made-up.yaml:{key}" for key in off} <= {risk.where for risk in found.values()}
    permitted = {str(host.pattern) for host in spec.known_hosts}
    for risk in ("uploads-to-strangers", "relays", "foreign-tenants", "hosts-not-in-catalog", "wildcards"):
        assert risk not in found or set(found[risk].names) <= permitted
