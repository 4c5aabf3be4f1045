"""Configuration is wrong in one place, told once: the key, why it matters and the fix; all mistakes at once, never a traceback."""

from __future__ import annotations

import json
from ipaddress import ip_network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.library import load_library
from containment.model.config import StackConfig
from containment.model.errors import InputError, Problem
from containment.model.invariants import broken_invariants
from containment.model.names import PolicyMode
from containment.model.parse import alias_of
from containment.model.policy import build_ruleset
from containment.model.preset import Harness, Library
from containment.model.spec import resolve
from tests.support.configs import TODAY, configs

from .conftest import SpecOf

LAWS = settings(max_examples=25, deadline=None, database=None, derandomize=True)
LIBRARY = load_library()
GOOD: dict[str, Any] = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0"}

API: dict[str, Any] = {"cidrs": ["10.9.0.0/24"], "ports": [443, "8000-8010"], "owner": "billing", "reason": "Invoices."}
WAIVER: dict[str, Any] = {"host": "files.acme.example", "owner": "records", "reason": "Case files.", "until": "2027-01-31"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

BROKEN: list[tuple[str, Any, str]] = [
    # Who and where
    ("namePrefix", "", "lower-case"),
    ("namePrefix", "ab", "lower-case"),
    ("namePrefix", "Vca", "lower-case"),
    ("namePrefix", "1vca", "lower-case"),
    ("namePrefix", "vca_openclaw", "lower-case"),
    ("namePrefix", "v" * 31, "lower-case"),
    ("namePrefix", "vca\n", "lower-case"),
    ("agentClass", "reserch", "not a class in presets/"),
    ("agentClass", "../coding", "name of a file"),
    ("agentClass", "", "name of a file"),
    ("policyMode", "enforced", "monitor"),
    ("policyMode", "Enforce", "monitor"),
    ("policyMode", "", "monitor"),
    ("awsRegion", "us-east", "AWS region"),
    ("awsRegion", "US-EAST-1", "AWS region"),
    ("awsRegion", "cn-north-1", "partition"),
    ("awsAccessAccount", "", "not set"),
    ("awsAccessAccount", None, "string"),
    ("tags", "owner=me", "not JSON"),
    ("tags", "[]", "dictionary"),
    ("tags", {"cost": 7}, "string"),
    ("controllerVersion", "7.2", "8.1"),
    ("controllerVersion", 9.0, "8.1"),
    ("manageControllerPolicy", "perhaps", "boolean"),
    # Network
    ("vpcCidr", "10.42.0.0", "between /16 and /24"),
    ("vpcCidr", "10.42.0.5/16", "IPv4 network"),
    ("vpcCidr", "10.0.0.0/8", "between /16 and /24"),
    ("vpcCidr", "10.42.0.0/25", "between /16 and /24"),
    ("vpcCidr", "8.8.0.0/16", "RFC 1918"),
    ("vpcCidr", "172.32.0.0/16", "RFC 1918"),
    ("vpcCidr", "fd00::/20", "IPv4 network"),
    ("vpcCidr", "here", "IPv4 network"),
    ("vpcCidr", None, "IPv4 network"),
    ("availabilityZoneCount", 0, "greater than or equal to 1"),
    ("availabilityZoneCount", 4, "less than or equal to 3"),
    ("availabilityZoneCount", "two", "integer"),
    ("privateSubnetNewbits", 4, "greater than or equal to 5"),
    ("privateSubnetNewbits", 13, "less than or equal to 12"),
    ("programPrivateDefaultRoute", True, "singleIpSnat"),
    ("flowLogRetentionDays", 0, "retention"),
    ("flowLogRetentionDays", 100, "retention"),
    ("controllerSyncWait", "45s", "not 0s"),
    # Gateway
    ("spokeGatewaySize", "", "at least 1"),
    ("spokeGatewayName", "Gateway One", "lower-case"),
    ("spokeGatewayName", "g" * 51, "at most 50"),
    ("singleIpSnat", False, "switch off every WebGroup"),
    ("enableTlsDecryptionDesign", True, "without tlsDecryptionUrls"),
    ("haGateway", "two", "boolean"),
    ("organizationId", "acme", "organisation"),
    ("organizationId", "o-short", "organisation"),
    ("internalDnsDomains", ["*"], "top-level domain"),
    ("internalDnsDomains", ["api.*.acme.example"], "leading '*.'"),
    ("internalDnsDomains", ["app*.acme.example"], "leading '*.'"),
    # Host
    ("agentInstanceType", "large", "instance type"),
    ("agentRootVolumeSizeGb", 7, "greater than or equal to 8"),
    ("agentRootVolumeSizeGb", 20000, "less than or equal to 16384"),
    ("agentPrivateIp", "10.42.10.256", "IPv4 address"),
    ("agentPrivateIp", "10.42.11.5", "usable address"),
    ("agentPrivateIp", "10.42.10.3", "usable address"),
    ("agentPrivateIp", "10.42.10.255", "usable address"),
    ("agentPrivateIp", "8.8.8.8", "usable address"),
    ("agentImageId", "ubuntu", "image id"),
    ("agentImageId", "ami-XYZ", "image id"),
    ("installerVersion", "one; rm -rf /", "one release"),
    ("installerDigest", "md5-00", "sha256-HEX"),
    ("installerDigest", "sha256-XYZ", "sha256-HEX"),
    ("agentImageOwner", "canonical", "12-digit"),
    ("agentImageOwner", 99720109477, "string"),
    ("agentImageName", "", "at least 1"),
    ("agentWorkloadTagKey", "", "tag"),
    ("agentWorkloadTagValue", "a\tb", "tag"),
    ("agentWorkloadTagKey", "PolicyMode", "another meaning"),
    ("agentWorkloadTagKey", "Name", "another meaning"),
    ("tags", {"Role": "openclaw-agent-harness"}, "who is an agent"),
    ("tags", {"AgentStack": "coding-monitor", "Owner": "x"}, "holds AgentStack,"),
    ("installMode", "clawdbot", "nemoclaw"),
    ("autoRunInstaller", "maybe", "boolean"),
    ("installDocker", 2, "boolean"),
    # Destinations
    ("enablePackageInstalls", "some", "boolean"),
    ("enablePublicReference", "some", "boolean"),
    ("openclawCoreDomains", "openclaw.ai", "not JSON"),
    ("openclawCoreDomains", None, "tuple"),
    ("openclawCoreDomains", ["*"], "top-level domain"),
    ("openclawCoreDomains", ["https://openclaw.ai"], "characters"),
    ("openclawCoreDomains", ["openclaw.ai", "OpenClaw.AI."], "twice"),
    ("approvedModelGatewayDomains", ["*.com"], "top-level domain"),
    ("approvedModelGatewayDomains", ["localhost"], "top-level domain"),
    ("approvedModelGatewayDomains", ["gateway.acme.example:8443"], "characters"),
    ("packageRegistryDomains", ["github.com*"], "anybody can register"),
    ("packageRegistryDomains", ["*github.com"], "anybody can register"),
    ("osUpdateDomains", ["archive.**.com"], "refuses"),
    ("publicReferenceDomains", ["a..b"], "empty label"),
    ("unapprovedModelProviderDomains", ["*"], "top-level domain"),
    ("unapprovedModelProviderDomains", [""], "empty"),
    ("approvedModelGatewayCidrs", ["0.0.0.0/0"], "public addresses"),
    ("approvedModelGatewayCidrs", ["52.0.0.0/24"], "public addresses"),
    ("approvedModelGatewayCidrs", ["10.0.0.0/7"], "public addresses"),
    ("approvedModelGatewayCidrs", ["10.9.0.0/24", "10.9.0.0/24"], "twice"),
    ("approvedModelGatewayCidrs", ["10.0.0.0/8"], "wider than a /20"),
    ("approvedModelGatewayCidrs", "10.9.0.0/24", "not JSON"),
    ("approvedSaasApiDomains", [5], "string"),
    ("approvedSaasApiDomains", {"a": 1}, "tuple"),
    ("approvedSaasApiDomains", ["💩.example.com"], "not a domain name"),
    ("approvedMcpGatewayDomains", ["mcp acme.example"], "characters"),
    ("identityAndTelemetryDomains", ["login.acme.example/path"], "characters"),
    ("awsInfraDomains", ["ec2.amazonaws.*"], "anybody can register"),
    ("eastWestDenyCidrs", ["10.0.0.1/8"], "IPv4 network"),
    ("eastWestDenyCidrs", "{", "not JSON"),
    ("eastWestDenyCidrs", [True], "network such as"),
    ("eastWestDenyCidrs", [0], "network such as"),
    ("vpcCidr", 167772160, "network such as"),
    ("approvedInternalApis", "[]", "dictionary"),
    ("approvedInternalApis", {"Billing": API}, "lower-case"),
    ("approvedInternalApis", {"billing": {}}, "billing.cidrs field required"),
    ("approvedInternalApis", {"billing": {**API, "cidrs": []}}, "billing.cidrs value should have at least 1"),
    ("approvedInternalApis", {"billing": {**API, "ports": []}}, "billing.ports value should have at least 1"),
    ("approvedInternalApis", {"billing": {**API, "cidrs": ["8.8.8.0/24"]}}, "billing.cidrs[0] holds public addresses"),
    ("approvedInternalApis", {"billing": {**API, "cidrs": ["10.0.0.0/8"]}}, "wider than a /20"),
    ("approvedInternalApis", {"billing": {**API, "cidrs": ["169.254.169.254/32"]}}, "not a private network that a gateway routes to"),
    ("approvedInternalApis", {"billing": {**API, "ports": [0]}}, "billing.ports[0] is not between 1 and 65535"),
    ("approvedInternalApis", {"billing": {**API, "ports": [True]}}, "is not a port"),
    ("approvedInternalApis", {"billing": {**API, "ports": ["https"]}}, "is not a port"),
    ("approvedInternalApis", {"billing": {**API, "ports": ["9000-8000"]}}, "lower port first"),
    ("approvedInternalApis", {"billing": {**API, "ports": ["1-65535"]}}, "spans more than 100"),
    ("approvedInternalApis", {"billing": {**API, "ports": ["50-60"]}}, "port 53"),
    ("approvedInternalApis", {"billing": {**API, "owner": ""}}, "billing.owner string should have at least 1"),
    ("approvedInternalApis", {"billing": {**API, "why": "x"}}, "billing.why extra inputs"),
    ("approvedInternalApis", {f"api{n}": {**API, "cidrs": [f"10.9.{n}.0/24"]} for n in range(9)}, "at most 8"),
    ("approvedInternalApis", {"billing": {**API, "cidrs": ["10.42.7.0/24"]}}, "meets the stack's own VPC"),
    ("approvedInternalApis", {"one": API, "two": API}, "one and two share"),
    ("uploadWaivers", {"host": "a.example.com"}, "tuple"),
    ("uploadWaivers", [{**WAIVER, "host": "*.dropbox.com"}], "not one exact host"),
    ("uploadWaivers", [{**WAIVER, "until": "soon"}], "[0].until input should be a valid date"),
    ("uploadWaivers", [{**WAIVER, "owner": ""}], "[0].owner string should have at least 1"),
    ("uploadWaivers", [{"host": "a.example.com"}], "[0].owner field required"),
    ("uploadWaivers", [WAIVER, {**WAIVER, "host": "FILES.acme.example."}], "twice"),
    ("tlsDecryptionUrls", ["api.acme.example"], "has no path"),
    ("tlsDecryptionUrls", ["api.acme.example/*"], "covers the whole host"),
    ("tlsDecryptionUrls", ["http://api.acme.example/v1"], "not an https URL"),
    ("tlsDecryptionUrls", ["*.com/v1"], "top-level domain"),
    ("tlsDecryptionUrls", ["api.acme.example/*/v1"], "at its end only"),
    ("tlsDecryptionUrls", ["api.acme.example:8443/v1"], "characters"),
    ("acceptDecryptionWithSnat", "maybe", "boolean"),
    # Logs
    ("logKmsKeyArn", "alias/logs", "ARN of a KMS key"),
    ("syslogServer", "https://collector", "host name or an address"),
    ("syslogPort", 0, "greater than or equal to 1"),
    ("syslogProtocol", "TLS", "TCP"),
    ("syslogIndex", 9, "CoPilot's own index"),
    ("syslogIndex", 10, "less than or equal to 9"),
    ("syslogCaCertificate", "acme", "PEM"),
    ("syslogCleartext", True, "without syslogServer"),
    # Approved and denied, by meaning
    ("approvedModelGatewayDomains", ["api.openai.com"], "is permitted"),
    ("approvedModelGatewayDomains", ["API.OpenAI.com."], "is permitted"),
    ("approvedModelGatewayDomains", ["api。openai。com"], "is permitted"),
    ("approvedModelGatewayDomains", ["ⓐpi.openai.com"], "is permitted"),
    ("approvedSaasApiDomains", ["*.openai.com"], "is permitted"),
    ("approvedMcpGatewayDomains", ["api.*.openai.com", "*.api.openai.com"], "is permitted"),
    ("identityAndTelemetryDomains", ["*.anthropic.com"], "is permitted"),
    ("packageRegistryDomains", ["*.huggingface.co"], "is permitted"),
    ("approvedSaasApiDomains", ["ntfy.sh"], "wg-paste-and-webhooks denies"),
    ("approvedSaasApiDomains", ["dns.google"], "wg-doh-resolvers denies"),
    ("unapprovedModelProviderDomains", ["integrate.api.nvidia.com"], "is permitted"),
    ("unapprovedModelProviderDomains", ["*.NVIDIA.com"], "is permitted"),
    # CoPilot
    ("copilotPrivateIp", "copilot", "IPv4 address"),
    ("copilotPublicIp", "203.0.113.9", "without copilotPrivateIp"),
    ("copilotSyslogIndex", 10, "less than or equal to 9"),
    ("copilotSyslogIndex", -1, "greater than or equal to 0"),
    # Keys that are none
    ("vpcCIDR", "10.42.0.0/16", "did you mean vpcCidr?"),
    ("vpc_cidr", "10.42.0.0/16", "did you mean vpcCidr?"),
    ("enablePackageInstall", True, "did you mean enablePackageInstalls?"),
    ("zzz", 1, "is not a key"),
    ("", 1, "is not a key"),
]


def refused(library: Library, config: dict[str, Any], stack: str = "made-up") -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        resolve({**GOOD, **config}, library, stack)
    return caught.value.problems


def name_of(case: Any) -> str:
    return json.dumps(case, default=str)[:40]


@pytest.mark.parametrize(("key", "value", "says"), BROKEN, ids=name_of)
def test_a_wrong_value_is_told_at_its_key_with_the_reason_and_the_fix(library: Library, key: str, value: Any, says: str) -> None:
    problems = refused(library, {key: value})
    assert {problem.where for problem in problems} == {f"Pulumi.made-up.yaml:{key}"}
    assert says in " ".join(problem.what for problem in problems)
    for problem in problems:
        assert len(problem.why) > 10
        assert problem.fix
        assert "validationerror" not in str(problem).lower()
        assert "pydantic" not in str(problem)


def test_the_table_has_every_key_that_can_be_wrong() -> None:
    never = {
        "createSsmVpcEndpoints",
        "createS3GatewayEndpoint",
        "enableVpcFlowLogs",
        "enableGatewayVolumeEncryption",
        "logPermitRules",
        "verifySni",
        "enableDnsFirewall",
        "enableDnsQueryLogs",
        "enableEndpointPolicies",
        "enableNetworkAcls",
        "enablePermissionsBoundary",
    }
    between = {"autoAcceptThirdPartySoftware", "installBootstrapPackages"}  # see the next test
    assert {alias_of(name) for name in StackConfig.model_fields} == {
        key for key, _, _ in BROKEN if key in map(alias_of, StackConfig.model_fields)
    } | never | between


URL = "api.acme.example/v1/*"
DECRYPTED: dict[str, Any] = {"tlsDecryptionUrls": [URL], "acceptDecryptionWithSnat": True}

BETWEEN: list[tuple[dict[str, Any], str, str]] = [
    ({"agentClass": "locked-down", "packageRegistryDomains": ["pypi.org"]}, "packageRegistryDomains", "enablePackageInstalls is off"),
    ({"enablePackageInstalls": False, "packageRegistryDomains": ["pypi.org"]}, "packageRegistryDomains", "no rule would use it"),
    ({"publicReferenceDomains": ["brave.com"]}, "publicReferenceDomains", "enablePublicReference is off"),
    ({"agentWorkloadTagKey": "Team", "tags": {"Team": "agents"}}, "tags", "holds Team"),
    ({"vpcCidr": "10.42.0.0/24", "privateSubnetNewbits": 5}, "privateSubnetNewbits", "/29"),
    ({"vpcCidr": "10.42.0.0/20", "privateSubnetNewbits": 12}, "privateSubnetNewbits", "/32"),
    ({"policyMode": "enforce", "installBootstrapPackages": True}, "installBootstrapPackages", "cannot work in enforce"),
    ({"policyMode": "enforce", "installDocker": True}, "installDocker", "cannot work in enforce"),
    ({"policyMode": "enforce", "agentImageId": ""}, "agentImageId", "nemoclaw in enforce starts from a prepared image"),
    ({"policyMode": "enforce", "agentImageId": "", "installMode": "hermes"}, "agentImageId", "hermes in enforce"),
    (
        {"policyMode": "enforce", "agentClass": "locked-down", "autoRunInstaller": True, "autoAcceptThirdPartySoftware": True},
        "autoRunInstaller",
        "locked-down does not reach what an installer fetches",
    ),
    ({"approvedSaasApiDomains": ["app*.acme.example"]}, "approvedSaasApiDomains", "the DNS firewall"),
    ({"autoRunInstaller": True, "installMode": "nemoclaw"}, "autoAcceptThirdPartySoftware", "nemoclaw"),
    ({"autoRunInstaller": True, "installMode": "hermes"}, "autoAcceptThirdPartySoftware", "hermes"),
    ({"autoRunInstaller": True}, "autoAcceptThirdPartySoftware", "nemoclaw"),  # the class's own harness
    ({"agentPrivateIp": "10.42.10.9", "vpcCidr": "10.43.0.0/16"}, "agentPrivateIp", "10.43.10.0/24"),
    ({"programPrivateDefaultRoute": True, "singleIpSnat": True}, "programPrivateDefaultRoute", "singleIpSnat"),
    ({"controllerVersion": "8.1", "verifySni": False}, "controllerVersion", "no rulesets"),
    ({"controllerVersion": "8.1", "manageControllerPolicy": True}, "verifySni", "needs TLS profiles"),
    ({"tlsDecryptionUrls": [URL]}, "acceptDecryptionWithSnat", "on a gateway with SNAT"),
    ({**DECRYPTED, "approvedSaasApiDomains": ["*.acme.example"]}, "tlsDecryptionUrls", "permits '*.acme.example' whole"),
    ({**DECRYPTED, "tlsDecryptionUrls": ["API.OpenAI.com/v1/*"]}, "tlsDecryptionUrls", "wg-unapproved-model-providers denies"),
    ({**DECRYPTED, "tlsDecryptionUrls": ["ntfy.sh/x*"]}, "tlsDecryptionUrls", "wg-paste-and-webhooks denies"),
    ({"approvedModelGatewayCidrs": ["10.42.7.0/24"]}, "approvedModelGatewayCidrs", "meets the stack's own VPC"),
    ({"approvedModelGatewayCidrs": ["10.9.0.0/28"], "approvedInternalApis": {"a": API}}, "approvedInternalApis", "port 443"),
    ({**DECRYPTED, "controllerVersion": "8.2"}, "tlsDecryptionUrls", "needs a Controller 9.0 or newer"),
    ({"syslogServer": "logs.acme.example"}, "syslogCaCertificate", "in cleartext"),
    ({"syslogServer": "logs.acme.example", "syslogProtocol": "UDP", "syslogCaCertificate": PEM}, "syslogProtocol", "cannot carry TLS"),
    ({"syslogCaCertificate": PEM}, "syslogCaCertificate", "without syslogServer"),
    (
        {"unapprovedModelProviderDomains": ["*.acme.example"], "approvedSaasApiDomains": ["a.acme.example"]},
        "approvedSaasApiDomains",
        "'*.acme.example'",
    ),
    (
        {"unapprovedModelProviderDomains": ["acme.example"], "approvedSaasApiDomains": ["*.acme.example"]},
        "approvedSaasApiDomains",
        "'acme.example'",
    ),
]


@pytest.mark.parametrize(("config", "key", "says"), BETWEEN, ids=name_of)
def test_values_that_disagree_are_told_at_the_key_to_change(library: Library, config: dict[str, Any], key: str, says: str) -> None:
    (problem,) = refused(library, config)
    assert problem.where == f"Pulumi.made-up.yaml:{key}"
    assert says in problem.what


@pytest.mark.parametrize(
    ("stack", "config", "keys"),
    [
        ("coding-monitor", {"policyMode": "enforce"}, ["policyMode"]),
        ("coding-enforce", {}, ["policyMode"]),
        ("locked-down-monitor", {"agentClass": "coding"}, ["agentClass"]),
        ("locked-down-enforce", {"agentClass": "coding"}, ["agentClass", "policyMode"]),
        ("coding-monitor", {}, []),
        ("locked-down-enforce", {"agentClass": "locked-down", "policyMode": "enforce"}, []),
        ("my-coding-monitor", {"agentClass": "locked-down"}, []),
        ("payments-enforce", {"agentClass": "locked-down"}, ["policyMode"]),
        ("dev", {"agentClass": "locked-down", "policyMode": "enforce"}, []),
    ],
)
def test_a_stack_named_after_a_class_and_mode_is_that_class_in_that_mode(
    library: Library, stack: str, config: dict[str, Any], keys: list[str]
) -> None:
    if keys:
        problems = refused(library, config, stack)
        assert [problem.where for problem in problems] == [f"Pulumi.{stack}.yaml:{key}" for key in keys]
        assert all(stack in problem.what for problem in problems)
    else:
        assert resolve({**GOOD, **config}, library, stack).stack == stack


def test_every_mistake_is_told_at_once_and_sorted(library: Library) -> None:
    mistakes = {
        "vpcCidr": "8.8.0.0/16",
        "policyMode": "off",
        "availabilityZoneCount": 9,
        "approvedSaasApiDomains": ["*", "api.openai.com", "a..b"],
        "approvedMcpGatewayDomains": ["*.anthropic.com"],
        "singleIpSnat": False,
        "agentImageId": "latest",
        "copilotPublicIp": "203.0.113.9",
        "unknownKey": 1,
        "awsAccessAccount": "",
    }
    problems = refused(library, mistakes)
    assert {problem.where.partition(":")[2] for problem in problems} == set(mistakes)
    assert [problem.where for problem in problems] == sorted(problem.where for problem in problems)
    said = str(InputError("title", problems))
    assert said.startswith(f"title: {len(problems)} problems")
    assert said.count("why:") == said.count("fix:") == len(problems)


ONE_PER_KEY = {key: value for key, value, _ in BROKEN if key in {alias_of(name) for name in StackConfig.model_fields}}
"""The last wrong value of each key."""
INDEPENDENT = sorted(set(ONE_PER_KEY) - {"singleIpSnat", "programPrivateDefaultRoute", "syslogCleartext"})  # wrong by each other's value


@pytest.mark.parametrize("pair", [*combinations(INDEPENDENT[::4], 2)], ids="+".join)
def test_one_mistake_never_hides_another(library: Library, pair: tuple[str, str]) -> None:
    problems = refused(library, {key: ONE_PER_KEY[key] for key in pair})
    assert {problem.where.partition(":")[2] for problem in problems} == set(pair)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"vpcCidr": "here", "agentPrivateIp": "10.77.10.9"}, "vpcCidr"),
        ({"singleIpSnat": "perhaps", "programPrivateDefaultRoute": True}, "singleIpSnat"),
        ({"manageControllerPolicy": "perhaps", "controllerVersion": "8.1", "verifySni": False}, "manageControllerPolicy"),
        ({"copilotPrivateIp": "there", "copilotPublicIp": "203.0.113.9"}, "copilotPrivateIp"),
        ({"policyMode": "off"}, "policyMode"),  # nor that it disagrees with the stack's name
    ],
    ids=name_of,
)
def test_nothing_is_said_of_a_value_that_depends_on_a_wrong_one(library: Library, config: dict[str, Any], key: str) -> None:
    stack = "coding-enforce" if key == "policyMode" else "made-up"
    assert [problem.where for problem in refused(library, config, stack)] == [f"Pulumi.{stack}.yaml:{key}"]


def test_a_wrong_list_item_says_which(library: Library) -> None:
    problems = refused(library, {"approvedSaasApiDomains": ["a.acme.example", "*.com", "b.acme.example", "x y.z"]})
    assert [problem.what.partition(" ")[0] for problem in problems] == ["[1]", "[3]"]


@LAWS
@given(
    st.dictionaries(
        st.sampled_from([*map(alias_of, StackConfig.model_fields), "nonsense"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=8)
        | st.lists(st.text(max_size=5), max_size=2)
        | st.just({})
        | st.just("[1]"),
        max_size=6,
    ),
    st.sampled_from(["dev", "coding-monitor", "locked-down-enforce"]),
)
def test_anything_at_all_is_a_spec_or_an_input_error(library: Library, config: dict[str, Any], stack: str) -> None:
    try:
        spec = resolve(config, library, stack)
    except InputError as error:
        wheres = [problem.where for problem in error.problems]
    else:
        wheres = [problem.where for problem in broken_invariants(spec, build_ruleset(spec))]
        assert wheres == []
    assert all(where.startswith(f"Pulumi.{stack}.yaml:") for where in wheres)


# What is valid.


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        ({"availabilityZoneCount": "2"}, "availability_zone_count", 2),
        ({"logPermitRules": "false"}, "log_permit_rules", False),
        ({"tags": '{"owner": "me"}'}, "tags", {"owner": "me"}),
        ({"approvedSaasApiDomains": '["ACME.atlassian.net."]'}, "approved_saas_api_domains", ("acme.atlassian.net",)),
        ({"installMode": ""}, "install_mode", None),
        ({"approvedInternalApis": "{}"}, "approved_internal_apis", {}),
        ({**DECRYPTED, "tlsDecryptionUrls": '["https://API.acme.example/v1/*"]'}, "tls_decryption_urls", (URL,)),
        ({"internalDnsDomains": ["*.Acme.internal."]}, "internal_dns_domains", ("*.acme.internal",)),
        ({"enablePackageInstalls": ""}, "enable_package_installs", None),
        ({"agentPrivateIp": ""}, "agent_private_ip", None),
        ({"eastWestDenyCidrs": "[]"}, "east_west_deny_cidrs", ()),
        ({"approvedModelGatewayCidrs": ["100.64.0.0/24"]}, "approved_model_gateway_cidrs", (ip_network("100.64.0.0/24"),)),
        ({"unapprovedModelProviderDomains": ["*openai.com"]}, "unapproved_model_provider_domains", ("*openai.com",)),
    ],
    ids=name_of,
)
def test_texts_of_stack_configuration_are_read_as_what_they_mean(spec_of: SpecOf, config: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(spec_of(**config).config, name) == value


def test_defaults_resolve_for_every_class_mode_harness_and_controller(spec_of: SpecOf, library: Library) -> None:
    for agent_class in library.presets:
        for mode in PolicyMode:
            for harness in Harness:
                for version in ("9.0",) if library.presets[agent_class].strict_logging else ("8.1", "9.0"):
                    spec = spec_of(
                        agentClass=agent_class,
                        policyMode=mode.value,
                        installMode=harness.value,
                        controllerVersion=version,
                        verifySni=version != "8.1",
                        manageControllerPolicy=True,
                    )
                    assert broken_invariants(spec, build_ruleset(spec)) == []


@LAWS
@given(configs(LIBRARY))
def test_every_valid_configuration_keeps_every_invariant(library: Library, config: dict[str, Any]) -> None:
    spec = resolve(config, library, "made-up", today=TODAY)
    ruleset = build_ruleset(spec)
    assert broken_invariants(spec, ruleset) == []
    assert [rule.priority for rule in ruleset.rules] == sorted({rule.priority for rule in ruleset.rules})
    permitted = {name for rule in ruleset.rules if rule.action.permits for name in rule.web_groups}
    named = {str(pattern) for name in permitted for pattern in ruleset.web_groups[name].patterns}
    assert set(config["approvedSaasApiDomains"]) <= named


@LAWS
@given(configs(LIBRARY))
def test_subnets_lie_inside_the_vpc_and_never_meet(library: Library, config: dict[str, Any]) -> None:
    spec = resolve(config, library, "made-up", today=TODAY)
    second = [spec.ha_gateway_subnet] if spec.ha_gateway_subnet else []
    subnets = [spec.gateway_subnet, *second, *spec.agent_subnets, *spec.endpoint_subnets]
    assert len(subnets) == 1 + config["haGateway"] + 2 * config["availabilityZoneCount"]
    assert all(subnet.subnet_of(spec.config.vpc_cidr) and 16 < subnet.prefixlen <= 28 for subnet in subnets)
    assert not any(one.overlaps(two) for one, two in combinations(subnets, 2))
    assert int(spec.dns_resolver) == int(spec.config.vpc_cidr.network_address) + 2
    assert spec.dns_resolver not in spec.agent_subnets[0]


@LAWS
@given(bits=st.integers(16, 24), newbits=st.integers(5, 12), zones=st.integers(1, 3))
def test_a_vpc_is_cut_or_refused_at_28_bits(library: Library, bits: int, newbits: int, zones: int) -> None:
    config = {**GOOD, "vpcCidr": f"10.64.0.0/{bits}", "privateSubnetNewbits": newbits, "availabilityZoneCount": zones}
    if bits + newbits > 28:
        (problem,) = refused(library, config)
        assert problem.where.endswith(":privateSubnetNewbits")
    else:
        assert {subnet.prefixlen for subnet in resolve(config, library, "made-up").agent_subnets} == {bits + newbits}


def test_what_everything_below_reads_is_complete(spec_of: SpecOf) -> None:
    spec = spec_of("one", policyMode="enforce")
    assert (spec.prefix, spec.object_prefix, spec.gateway_name) == ("vca-openclaw", "vca-openclaw-one", "vca-openclaw-one")
    assert spec.mode is PolicyMode.ENFORCE
    assert spec.harness is Harness.NEMOCLAW
    assert spec_of("one", spokeGatewayName="gw-one").gateway_name == "gw-one"


def test_a_prefix_and_a_stack_too_long_for_a_gateway_are_refused(library: Library) -> None:
    prefix = "a" * 30
    (problem,) = refused(library, {"namePrefix": prefix}, "b" * 20)
    assert problem.where.endswith(":namePrefix")
    assert "gateway" in problem.what
    assert len(resolve({**GOOD, "namePrefix": prefix}, library, "b" * 19).gateway_name) == 50
