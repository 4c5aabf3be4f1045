"""A valid change of every documented key, as it is made on a stack that is deployed.

`before` is what is deployed (None: the shipped stack's own value, or the default), `after` the change, and `needed` what both have
beside it. What the pack refuses to see switched off is changed the other way round: from off to on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.configs import IMAGE, OIDC, PEM, PROVIDER, ROUTE, SAML

_KEY: Final = "arn:aws:kms:us-east-1:123456789012:key/0b7d4f2e-1111-2222-3333-444455556666"
_API: Final = {"cidrs": ["10.200.1.0/28"], "ports": [443, "8000-8010"], "owner": "platform", "reason": "An internal service."}
_WAIVER: Final = {"host": "telemetry.openclaw.ai", "owner": "records", "reason": "Usage reports, reviewed.", "until": "2099-12-31"}
_HARNESS_WAIVER: Final = {"harness": "nemoclaw", "owner": "platform", "reason": "Reviewed.", "until": "2099-12-31"}
_SANCTION: Final = {"host": PROVIDER, "owner": "platform", "reason": "Company contract.", "until": "2099-12-31"}
_SYSLOG: Final = {"syslogServer": "logs.acme.example", "syslogCaCertificate": PEM}
_SESSIONS: Final = {"operatorSessions": True, "sessionOwner": "platform-team"}
_DECRYPTED: Final = {"tlsDecryptionUrls": ["paths.example.org/v1/*"], "controllerVersion": "9.0.10"}


@dataclass(frozen=True)
class Change:
    """One key's change; see the module."""

    after: Any
    before: Any = None
    needed: Mapping[str, Any] = field(default_factory=dict)


CHANGES: Final[Mapping[str, Change]] = {
    "namePrefix": Change("acme"),
    "agentClass": Change("research", "coding"),
    "policyMode": Change("monitor", "enforce"),
    "awsRegion": Change("eu-central-1"),
    "awsAccessAccount": Change("prod"),
    "tags": Change({"owner": "platform"}),
    "controllerVersion": Change("10.0"),
    "manageControllerPolicy": Change(True, False),
    "vpcCidr": Change("10.99.0.0/20"),
    "availabilityZoneCount": Change(2),
    "privateSubnetNewbits": Change(9),
    "programPrivateDefaultRoute": Change(False),
    "createSsmVpcEndpoints": Change(True, False),
    "createS3GatewayEndpoint": Change(False),
    "enableEndpointPolicies": Change(True, False),
    "organizationId": Change("o-a1b2c3d4e5"),
    "enableNetworkAcls": Change(False),
    "enableDnsFirewall": Change(True, False),
    "enableDnsQueryLogs": Change(False),
    "internalDnsDomains": Change(["artifacts.acme.internal"]),
    "enableVpcFlowLogs": Change(True, False),
    "flowLogRetentionDays": Change(731),
    "controllerSyncWait": Change("0"),
    "spokeGatewaySize": Change("c5.xlarge"),
    "spokeGatewayName": Change("gw-one"),
    "singleIpSnat": Change(True),
    "enableGatewayVolumeEncryption": Change(True),
    "haGateway": Change(True),
    "enableTlsDecryptionDesign": Change(True, None, _DECRYPTED),
    "agentInstanceType": Change("m7i.xlarge"),
    "agentRootVolumeSizeGb": Change(120),
    "agentPrivateIp": Change("10.99.10.7", "", {"vpcCidr": "10.99.0.0/16"}),
    "agentImageId": Change("ami-0fedcba9876543210"),
    "agentImageOwner": Change("123456789012"),
    "agentImageName": Change("acme-agent-*"),
    "agentWorkloadTagKey": Change("Team"),
    "agentWorkloadTagValue": Change("agent"),
    "policyBundle": Change("s3://bundles-of-acme/coding"),
    "installMode": Change("openclaw"),
    "autoRunInstaller": Change(True, False, {"agentClass": "coding", "autoAcceptThirdPartySoftware": True}),
    "autoAcceptThirdPartySoftware": Change(True),
    "installerVersion": Change("2026.9.6"),
    "installerDigest": Change("sha256-" + "ab" * 32),
    "installDocker": Change(True, False, {"policyMode": "monitor"}),
    "installBootstrapPackages": Change(True, False, {"policyMode": "monitor"}),
    "enablePermissionsBoundary": Change(False),
    "enablePackageInstalls": Change(False, ""),
    "enablePublicReference": Change(False, ""),
    "logPermitRules": Change(False),
    "verifySni": Change(False),
    "openclawCoreDomains": Change(["core.acme.example"]),
    "approvedModelGatewayDomains": Change(["models.acme.example"]),
    "packageRegistryDomains": Change(["npm.acme.example"], [], {"agentClass": "coding"}),
    "osUpdateDomains": Change(["security.ubuntu.com"]),
    "publicReferenceDomains": Change(["docs.acme.example"], [], {"agentClass": "open-demo"}),
    "unapprovedModelProviderDomains": Change(["*.openai.com", "api.mistral.ai"]),
    "alwaysEnforce": Change(["unapproved-models"], [], {"policyMode": "monitor"}),
    "sanctionedModelProviders": Change(
        [{**_SANCTION, "reason": "Company contract, renewed."}],
        [_SANCTION],
        {"agentClass": "coding", "approvedModelGatewayDomains": [PROVIDER]},
    ),
    "enableCredentialGateway": Change(False),
    "credentialRoutes": Change([{**ROUTE, "models": ["one", "two"]}], [ROUTE], {"credentialGatewayImageId": IMAGE}),
    "credentialGatewayImageId": Change("ami-0fedcba9876543210", IMAGE, {"credentialRoutes": [ROUTE]}),
    "credentialGatewayPort": Change(9443, None, {"credentialRoutes": [ROUTE], "credentialGatewayImageId": IMAGE}),
    "approvedModelGatewayCidrs": Change(["10.201.0.0/28"]),
    "approvedSaasApiDomains": Change(["acme.zendesk.example"]),
    "approvedMcpGatewayDomains": Change(["mcp.acme.example"]),
    "identityAndTelemetryDomains": Change(["login.acme.example"]),
    "awsInfraDomains": Change(["sqs.us-east-1.amazonaws.com"]),
    "eastWestDenyCidrs": Change(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]),
    "approvedInternalApis": Change({"artifacts": _API}),
    "uploadWaivers": Change(
        [{**_WAIVER, "reason": "Usage reports, reviewed again."}],
        [_WAIVER],
        {"agentClass": "research", "identityAndTelemetryDomains": ["telemetry.openclaw.ai"]},
    ),
    "harnessWaivers": Change(
        [{**_HARNESS_WAIVER, "reason": "Reviewed again."}],
        [_HARNESS_WAIVER],
        {"agentClass": "regulated-data", "installMode": "nemoclaw"},
    ),
    "tlsDecryptionUrls": Change(["paths.example.org/v1/*"], [], {"controllerVersion": "9.0.10"}),
    "intrusionDetection": Change(True, None, {"tlsDecryptionUrls": ["paths.example.org/v1/*"], "controllerVersion": "9.0.10"}),
    "acceptDecryptionWithSnat": Change(True),
    "copilotPrivateIp": Change("10.250.0.9"),
    "copilotPublicIp": Change("192.0.2.9", "", {"copilotPrivateIp": "10.250.0.9"}),
    "copilotSyslogIndex": Change(8),
    "logKmsKeyArn": Change(_KEY),
    "syslogServer": Change("other.acme.example", "logs.acme.example", {"syslogCaCertificate": PEM}),
    "operatorSessions": Change(True, False, {"sessionOwner": "platform-team"}),
    "sessionOwner": Change("data-team", "platform-team", _SESSIONS),
    "sessionIdleMinutes": Change(30, None, _SESSIONS),
    "sessionMaxMinutes": Change(60, None, _SESSIONS),
    "sessionPorts": Change([8080], None, _SESSIONS),
    "sessionIdentityProvider": Change(OIDC, None, _SESSIONS),
    "sessionSamlIssuer": Change(
        "https://login.acme.example/new", "https://login.acme.example/saml", {**_SESSIONS, "sessionIdentityProvider": SAML}
    ),
    "sessionMfaTag": Change("second-factor", None, _SESSIONS),
    "sessionOwnerTag": Change("team", None, _SESSIONS),
    "observeResults": Change("observations"),
    "observeMaxAgeHours": Change(50),
    "syslogPort": Change(10514, None, _SYSLOG),
    "syslogProtocol": Change("TCP", None, _SYSLOG),
    "syslogIndex": Change(3, None, _SYSLOG),
    "syslogCaCertificate": Change(PEM + PEM, PEM, {"syslogServer": "logs.acme.example"}),
    "syslogCleartext": Change(False, True, _SYSLOG),
}
"""Key -> its change. Of `programPrivateDefaultRoute`, `singleIpSnat`, `enableGatewayVolumeEncryption` and `syslogProtocol` one value
alone is deployed without a waiver, and they are set to it; `copilotSyslogIndex` is 9 wherever CoPilot is associated."""
