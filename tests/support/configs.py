"""Any valid stack configuration, as a Hypothesis strategy: every class, mode and harness, and a wide range of every key.

Valid by construction: nothing is drawn and thrown away. What depends on a class is read from its preset, so that a new
class is drawn as soon as its file is there. `TODAY` is the day that the waivers drawn here hold on.
"""

from __future__ import annotations

import json
from datetime import date
from ipaddress import IPv4Network, ip_network
from typing import Any, Final

from hypothesis import strategies as st

from containment.catalog.catalog import DestinationKind
from containment.catalog.preset import Harness, Library, Preset, Sanctions, Switch, Uploads
from containment.config.values import RETENTIONS
from tests.support.entries import with_entries

TODAY: Final = date(2026, 11, 25)
PEM: Final = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
IMAGE: Final = "ami-0123456789abcdef0"
WAIVABLE: Final = "telemetry.openclaw.ai"
"""A host of the catalog that takes uploads and is no registry."""

PROVIDER: Final = "api.mistral.ai"
"""A model provider of every class's deny set, which a stack may sanction where its class allows that."""

MODEL_HOST: Final = "integrate.api.nvidia.com"
"""A model gateway of every class's permitted set, with a reviewed API."""
ROUTE: Final = {
    "host": MODEL_HOST,
    "secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:models/nvidia-AbCdEf",
    "models": ["meta/llama-3.3-70b-instruct"],
}
"""A route of the credential gateway."""

OIDC: Final = "arn:aws:iam::123456789012:oidc-provider/login.acme.example"
SAML: Final = "arn:aws:iam::123456789012:saml-provider/company"
"""Identity providers of operators."""

INDEPENDENT: Final[dict[str, tuple[Any, ...]]] = {
    "awsAccessAccount": ("aws-lab", "123456789012"),
    "awsRegion": ("us-east-1", "eu-central-1"),
    "controllerSyncWait": ("0s", "0"),
    "programPrivateDefaultRoute": (False,),
    "singleIpSnat": (True,),
    "spokeGatewaySize": ("t3.medium", "c5.xlarge"),
    "spokeGatewayName": ("", "gw-one"),
    "agentInstanceType": ("t3.large", "m7i.xlarge"),
    "agentImageOwner": ("099720109477", "123456789012"),
    "agentImageName": ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*", "acme-agent-*"),
    "installerVersion": ("", "2026.9.6"),
    "installerDigest": ("", "sha256-" + "ab" * 32),
    "credentialGatewayPort": (8443, 9443),
    "syslogPort": (6514, 10514),
    "observeResults": ("", "observations"),
    "observeMaxAgeHours": (26, 50),
    "sessionIdleMinutes": (15, 30),
    "sessionMaxMinutes": (240, 60),
    "sessionPorts": ([], [8080]),
    "sessionMfaTag": ("mfa", "second-factor"),
    "sessionOwnerTag": ("owner", "team"),
}
"""Keys whose valid values depend on no other key; each is drawn from these."""

PERMITTED: Final = (
    "openclawCoreDomains",
    "osUpdateDomains",
    "approvedSaasApiDomains",
    "approvedMcpGatewayDomains",
    "identityAndTelemetryDomains",
)
"""Keys whose names are permitted in every class."""

_labels = st.from_regex(r"[a-z]{2,8}", fullmatch=True)
_exact = st.builds("{}.acme.example".format, _labels)
_domains = st.lists(st.builds("{}{}".format, st.sampled_from(["", "*."]), _exact), max_size=3, unique=True)
_maybe = st.sampled_from


@st.composite
def configs(draw: st.DrawFn, library: Library, agent_class: str | None = None, policy_mode: str | None = None) -> dict[str, Any]:
    """Return one stack's configuration, camelCase, as Python values; class and mode are drawn where they are not given."""
    preset = library.presets[agent_class or draw(st.sampled_from(sorted(library.presets)))]
    mode = policy_mode or draw(st.sampled_from(["monitor", "enforce"]))
    version = draw(st.sampled_from(["8.1", "8.2", "9.0", "9.0.10", "10.0"]))
    if preset.strict_logging and version == "8.1":
        version = "8.2"
    switches, destinations = draw(_switches(preset, version)), draw(_destinations(preset, version))
    chosen = {key: draw(st.sampled_from(values)) for key, values in INDEPENDENT.items()}
    gateway = draw(_credential_gateway(switches, destinations, draw(st.sampled_from(INDEPENDENT["awsRegion"]))))
    region = gateway.get("awsRegion", chosen["awsRegion"])
    return {
        "agentClass": preset.name,
        "policyMode": mode,
        "controllerVersion": version,
        "manageControllerPolicy": version == "8.1" or draw(st.booleans()),
        "namePrefix": draw(st.from_regex(r"[a-z][a-z0-9-]{2,10}", fullmatch=True)),
        "tags": draw(st.dictionaries(st.sampled_from(["owner", "cost-centre"]), _labels, max_size=2)),
        **chosen,
        **draw(_network(preset)),
        **switches,
        **draw(_host(preset, mode)),
        **destinations,
        "internalDnsDomains": draw(_resolved_names(destinations)),
        **draw(_logs(preset)),
        **draw(_sessions()),
        **gateway,
        "awsInfraDomains": draw(st.sampled_from([[], [f"{one}.{region}.amazonaws.com" for one in ("sqs", "s3")]])),
    }


@st.composite
def _sessions(draw: st.DrawFn) -> dict[str, Any]:
    opens = draw(st.booleans())
    provider, issuer = draw(st.sampled_from([("", ""), (OIDC, ""), (SAML, "https://login.acme.example/saml")]))
    return {
        "operatorSessions": opens,
        "sessionOwner": "platform-team" if opens else draw(st.sampled_from(["", "platform-team"])),
        "sessionIdentityProvider": provider,
        "sessionSamlIssuer": issuer,
    }


@st.composite
def _credential_gateway(draw: st.DrawFn, switches: dict[str, Any], destinations: dict[str, Any], region: str) -> dict[str, Any]:
    named = destinations["approvedModelGatewayDomains"]
    hosts = [PROVIDER] if PROVIDER in named else [] if named else [MODEL_HOST]
    chosen = hosts if switches[Switch.ENDPOINTS.value] and draw(st.booleans()) else []
    return {
        "awsRegion": region,
        "credentialRoutes": [{**ROUTE, "host": host, "secret": ROUTE["secret"].replace("us-east-1", region)} for host in chosen],
        "credentialGatewayImageId": IMAGE if chosen else "",
        "enableCredentialGateway": bool(chosen) or draw(st.booleans()),
    }


def as_pulumi(config: dict[str, Any], project: str = "agent-containment") -> dict[str, str]:
    """Return a configuration as Pulumi hands it to a program: full keys, everything a text; bare names are entries, as enforce demands."""
    whole = with_entries(config)
    return {f"{project}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in whole.items()}


@st.composite
def _network(draw: st.DrawFn, preset: Preset) -> dict[str, Any]:
    bits = draw(st.integers(16, 23))
    vpc = IPv4Network((draw(st.sampled_from(["10.77.0.0", "172.20.0.0", "192.168.0.0"])), bits))
    newbits = draw(st.integers(5, min(12, 28 - bits)))
    first = list(vpc.subnets(new_prefix=bits + newbits))[10]
    s3 = draw(st.booleans())
    return {
        "vpcCidr": str(vpc),
        "privateSubnetNewbits": newbits,
        "availabilityZoneCount": draw(st.integers(1, 3)),
        "haGateway": draw(st.booleans()),
        "agentPrivateIp": draw(st.sampled_from(["", str(first.network_address + 7)])),
        "createS3GatewayEndpoint": s3,
        "policyBundle": draw(st.sampled_from(["", "s3://bundles-of-acme/coding"])) if s3 else "",
        "organizationId": draw(st.sampled_from(["", "o-a1b2c3d4e5"])),
        "flowLogRetentionDays": draw(st.sampled_from([days for days in RETENTIONS if days >= preset.minimum_log_retention_days])),
    }


@st.composite
def _switches(draw: st.DrawFn, preset: Preset, version: str) -> dict[str, Any]:
    kept = set(preset.keeps_on)
    if preset.uploads is Uploads.REFUSED:
        kept |= {Switch.ENDPOINTS, Switch.ENDPOINT_POLICIES}
    out = {switch.value: switch in kept or draw(st.booleans()) for switch in Switch}
    if version == "8.1":
        out[Switch.VERIFY_SNI.value] = False
    return out


@st.composite
def _host(draw: st.DrawFn, preset: Preset, mode: str) -> dict[str, Any]:
    harness = draw(st.sampled_from(["", *Harness]))
    installs = mode == "monitor"
    chosen = Harness(harness) if harness else preset.harness
    waiver = {"harness": chosen.value, "owner": "platform", "reason": "Reviewed.", "until": "2099-12-31"}
    runs = draw(st.booleans()) if installs or DestinationKind.REGISTRIES in preset.may_reach else False
    return {
        "installMode": str(harness),
        "harnessWaivers": [waiver] if preset.strict_logging and chosen is not Harness.NONE else [],
        "agentImageId": draw(st.sampled_from(["", IMAGE])) if mode == "monitor" or harness is Harness.NONE else IMAGE,
        "autoRunInstaller": runs,
        "autoAcceptThirdPartySoftware": runs or draw(st.booleans()),
        "installDocker": installs and draw(st.booleans()),
        "installBootstrapPackages": installs and draw(st.booleans()),
        "agentWorkloadTagKey": draw(st.sampled_from(["Role", "Team"])),
        "agentWorkloadTagValue": draw(st.sampled_from(["openclaw-agent-harness", "agent"])),
        "agentRootVolumeSizeGb": draw(st.integers(8, 200)),
    }


@st.composite
def _destinations(draw: st.DrawFn, preset: Preset, version: str) -> dict[str, Any]:
    packages = draw(st.sampled_from(["", False, *([True] if DestinationKind.REGISTRIES in preset.may_reach else [])]))
    reference = draw(st.sampled_from(["", False, *([True] if DestinationKind.PUBLIC_REFERENCE in preset.may_reach else [])]))
    waived = preset.uploads is Uploads.REFUSED and draw(st.booleans())
    sanctioned = preset.sanctioned_providers is Sanctions.ALLOWED and draw(st.booleans())
    sanction = {"host": PROVIDER, "owner": "platform", "reason": "Company contract.", "until": "2099-12-31"}
    waiver = {"host": WAIVABLE, "owner": "records", "reason": "Usage reports, reviewed.", "until": "2099-12-31"}
    telemetry = draw(_domains)
    decrypts = version in ("9.0", "9.0.10", "10.0") and draw(st.booleans())
    apis = draw(st.lists(_labels, max_size=4, unique=True))
    return {
        "enablePackageInstalls": packages,
        "enablePublicReference": reference,
        "packageRegistryDomains": draw(_domains) if (preset.package_installs if packages == "" else packages) else [],
        "publicReferenceDomains": draw(_domains) if (preset.public_reference if reference == "" else reference) else [],
        "openclawCoreDomains": draw(_domains),
        "approvedModelGatewayDomains": [*draw(_domains), *([PROVIDER] if sanctioned else [])],
        "sanctionedModelProviders": [sanction] if sanctioned else [],
        "osUpdateDomains": draw(_domains),
        "approvedSaasApiDomains": draw(_domains),
        "approvedMcpGatewayDomains": draw(_domains),
        "identityAndTelemetryDomains": [*telemetry, WAIVABLE] if waived else telemetry,
        "uploadWaivers": [waiver] if waived else [],
        "unapprovedModelProviderDomains": draw(st.sampled_from([[], ["api.openai.com"], ["*.openai.com", "*claude*.example.com"]])),
        "alwaysEnforce": draw(st.lists(st.sampled_from(preset.deny_sets), unique=True)),
        "approvedModelGatewayCidrs": draw(st.lists(_networks(201), max_size=2, unique=True)),
        "approvedInternalApis": {
            name: {
                "cidrs": [str(ip_network((f"10.200.{place}.0", draw(st.integers(24, 32)))))],
                "ports": draw(st.sampled_from([[443], ["8000-8010", 8443], [5432]])),
                "owner": "platform",
                "reason": "An internal service.",
            }
            for place, name in enumerate(apis)
        },
        "tlsDecryptionUrls": ["paths.example.org/v1/*"] if decrypts else [],
        "acceptDecryptionWithSnat": decrypts and (version == "9.0" or draw(st.booleans())),
        "intrusionDetection": decrypts and draw(st.booleans()),
        "enableTlsDecryptionDesign": decrypts and draw(st.booleans()),
        "eastWestDenyCidrs": draw(
            st.lists(
                st.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "10.8.0.0/24", "100.64.0.0/10", "203.0.113.0/24", "52.1.0.0/16"]),
                max_size=3,
                unique=True,
            )
        ),
    }


@st.composite
def _resolved_names(draw: st.DrawFn, destinations: dict[str, Any]) -> list[str]:
    """Draw names of each kind that the resolver may answer: private ones, of a permitted domain, of a service permitted by address."""
    permitted = any("acme.example" in name for key, names in destinations.items() if key in PERMITTED for name in names)
    by_address = bool(destinations["approvedModelGatewayCidrs"] or destinations["approvedInternalApis"])
    kinds = ["{}.acme.internal", "*.{}.acme.internal"]
    kinds += ["*.{}.acme.example"] if permitted else []
    kinds += ["{}.acme-services.com"] if by_address else []
    return draw(st.lists(st.builds(str.format, st.sampled_from(kinds), _labels), max_size=2, unique=True))


@st.composite
def _logs(draw: st.DrawFn, preset: Preset) -> dict[str, Any]:
    kind = draw(st.sampled_from(["none", "tls", *([] if preset.strict_logging else ["cleartext"])]))
    collector = {"syslogServer": "logs.acme.example", "syslogIndex": draw(st.integers(0, 8))}
    made = {
        "none": {},
        "tls": {**collector, "syslogCaCertificate": PEM},
        "cleartext": {**collector, "syslogCleartext": True, "syslogProtocol": draw(st.sampled_from(["TCP", "UDP"]))},
    }[kind]
    key = "arn:aws:kms:us-east-1:123456789012:key/0b7d4f2e-1111-2222-3333-444455556666"
    copilot = draw(st.sampled_from(["", "10.250.0.9"]))
    return {
        "syslogServer": "",
        "syslogIndex": 0,
        "syslogProtocol": "TCP",
        "syslogCaCertificate": "",
        "syslogCleartext": False,
        **made,
        "copilotPublicIp": draw(st.sampled_from(["", "192.0.2.9"])) if copilot else "",
        "copilotSyslogIndex": 9 if copilot else draw(st.sampled_from([9, 8])),
        "logKmsKeyArn": draw(st.sampled_from(["", key])),
        "copilotPrivateIp": copilot,
    }


def _networks(second: int) -> st.SearchStrategy[str]:
    """Draw a network; two of the widest and four APIs together stay within what permits by address may reach in total."""
    return st.builds(
        lambda third, bits: str(ip_network((f"10.{second}.{third}.0", bits), strict=False)), st.integers(0, 255), st.integers(22, 32)
    )
