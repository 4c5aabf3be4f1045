"""What was deployed matches seed 001, row by row: each expectation stands beside the seed's own words.

Read back independently of the model: AWS with boto3, the Controller over HTTPS. All four stacks stand on one Controller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.conftest import STACKS
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = pytest.mark.slow

ANYWHERE, PUBLIC = "def000ad-0000-0000-0000-000000000000", "def000ad-0000-0000-0000-000000000001"


class Deployed:
    """One stack as AWS and the Controller tell it."""

    def __init__(self, lab: Lab, stack: str) -> None:
        self.lab, self.stack, self.prefix = lab, stack, f"vca-openclaw-{stack}"
        self.mode = stack.rsplit("-", 1)[1]
        self.inventory = lab.controller()
        self.ec2 = lab.aws("ec2")
        self.vpc = self._one(self.ec2.describe_vpcs(Filters=self._named(self.prefix))["Vpcs"])

    def _named(self, name: str) -> list[dict[str, Any]]:
        return [{"Name": "tag:Name", "Values": [name]}]

    def _one(self, found: list[Any]) -> Any:
        assert len(found) == 1, f"{self.stack}: expected one, found {len(found)}"
        return found[0]

    @property
    def in_vpc(self) -> list[dict[str, Any]]:
        return [{"Name": "vpc-id", "Values": [self.vpc["VpcId"]]}]

    @property
    def host(self) -> dict[str, Any]:
        reservations = self.ec2.describe_instances(
            Filters=[{"Name": "tag:AgentStack", "Values": [self.stack]}, {"Name": "tag:Role", "Values": ["openclaw-agent-harness"]}]
        )
        running = [i for r in reservations["Reservations"] for i in r["Instances"] if i["State"]["Name"] == "running"]
        return self._one(running)

    def subnets(self, role: str) -> list[dict[str, Any]]:
        found = self.ec2.describe_subnets(Filters=[*self.in_vpc, {"Name": "tag:Name", "Values": [f"{self.prefix}-{role}*"]}])
        return found["Subnets"]

    def routes(self, role: str) -> list[dict[str, Any]]:
        return self._one(
            self.ec2.describe_route_tables(Filters=[*self.in_vpc, {"Name": "tag:Name", "Values": [f"{self.prefix}-{role}"]}])["RouteTables"]
        )["Routes"]

    @property
    def gateway(self) -> dict[str, Any]:
        return self.inventory["gateways"][self.prefix]

    @property
    def groups(self) -> dict[str, list[dict[str, str]]]:
        """Every SmartGroup and WebGroup of this stack: name without prefix -> expressions."""
        out = {}
        for domain in self.inventory["app_domains"].values():
            if domain["name"].startswith(self.prefix + "-"):
                out[domain["name"].removeprefix(self.prefix + "-")] = [any_["all"] for any_ in domain["selector"]["any"]]
        return out

    def domains(self, group: str) -> set[str]:
        return {expression["snifilter"] for expression in self.groups[group]}

    @property
    def rules(self) -> list[dict[str, Any]]:
        ruleset = self._one([found for found in self.inventory["rulesets"].values() if found["name"] == self.prefix])
        return sorted(ruleset["policies"], key=lambda rule: rule["priority"])

    def rule(self, name: str) -> dict[str, Any]:
        return self._one([rule for rule in self.rules if rule["name"] == f"vca-openclaw-{name}"])

    def names_of(self, uuids: list[str]) -> list[str]:
        known = {uuid: domain["name"].removeprefix(self.prefix + "-") for uuid, domain in self.inventory["app_domains"].items()}
        return [{ANYWHERE: "Anywhere", PUBLIC: "Public Internet"}.get(uuid) or known[uuid] for uuid in uuids]


@dataclass(frozen=True)
class Row:
    """One row of the seed: its words, and what must be read back."""

    quote: str
    holds: Callable[[Deployed], object]
    classes: tuple[str, ...] = ("coding", "locked-down")


def rule_is(
    name: str, priority: int, action: str, to: str, protocol: str, port: int | None, web: str | None = None
) -> Callable[[Deployed], bool]:
    def holds(d: Deployed) -> bool:
        rule = d.rule(name)
        watched = bool(rule.get("watch"))
        ports = [(r["lo"], r.get("hi", r["lo"])) for r in rule.get("port_ranges") or []]
        expected = (priority, action, [to], protocol, [(port, port)] if port else [], [web] if web else [])
        seen = (
            rule["priority"],
            rule["action"],
            d.names_of(rule["dst_ads"]),
            rule["protocol"].replace("PROTOCOL_UNSPECIFIED", "ANY"),
            ports,
            d.names_of(rule.get("web_filters") or []),
        )
        assert seen == expected, f"{name}: {seen} is not {expected}"
        assert d.names_of(rule["src_ads"]) == ["sg-agent-workload"]
        assert rule["logging"] is True
        assert watched == (action == "DENY" and d.mode == "monitor")
        assert (rule.get("flow_app_requirement") == "TLS_REQUIRED") == (action == "PERMIT" and web is not None)
        return True

    return holds


def absent(*names: str) -> Callable[[Deployed], bool]:
    return lambda d: not {f"vca-openclaw-{name}" for name in names} & {rule["name"] for rule in d.rules}


def flow_logged(d: Deployed) -> bool:
    logs = d.ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [d.vpc["VpcId"]]}])["FlowLogs"]
    groups = {group["logGroupName"] for group in d.lab.aws("logs").describe_log_groups()["logGroups"]}
    return len(logs) == 1 and logs[0]["TrafficType"] == "ALL" and logs[0]["LogGroupName"] in groups


def least_privilege(d: Deployed) -> bool:
    iam = d.lab.aws("iam")
    profile = d.host["IamInstanceProfile"]["Arn"].rsplit("/", 1)[1]
    role = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"]
    inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements = iam.get_role_policy(RoleName=role, PolicyName=inline[0])["PolicyDocument"]["Statement"]
    actions = {action for statement in statements for action in statement["Action"] if statement["Effect"] == "Allow"}
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return (
        not attached
        and len(inline) == 1
        and bool(actions)
        and {action.split(":")[0] for action in actions} <= {"ssm", "ssmmessages", "ec2messages"}
    )


def encrypted_root(d: Deployed) -> bool:
    volumes = [mapping["Ebs"]["VolumeId"] for mapping in d.host["BlockDeviceMappings"]]
    return bool(volumes) and all(volume["Encrypted"] for volume in d.ec2.describe_volumes(VolumeIds=volumes)["Volumes"])


def interface_services(d: Deployed) -> set[str]:
    found = d.ec2.describe_vpc_endpoints(Filters=d.in_vpc)["VpcEndpoints"]
    assert all(endpoint["PrivateDnsEnabled"] for endpoint in found if endpoint["VpcEndpointType"] == "Interface")
    return {endpoint["ServiceName"].removeprefix("com.amazonaws.us-east-1.") for endpoint in found}


def default_route_to_gateway(d: Deployed) -> bool:
    default = [route for route in d.routes("agent") if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return [route.get("NetworkInterfaceId") for route in default] == [d.gateway["interface"]]


ROWS = (
    Row("Dedicated VPC with a private agent subnet", lambda d: [s["MapPublicIpOnLaunch"] for s in d.subnets("agent")] == [False]),
    Row(
        "a public gateway subnet for Aviatrix",
        lambda d: [r["GatewayId"][:4] for r in d.routes("gateway") if r.get("DestinationCidrBlock") == "0.0.0.0/0"] == ["igw-"],
    ),
    Row("VPC Flow Logs to CloudWatch", flow_logged),
    Row(
        "no public IP, least-privilege instance profile, encrypted root volume, IMDSv2 required", lambda d: "PublicIpAddress" not in d.host
    ),
    Row("no public IP, least-privilege instance profile, encrypted root volume, IMDSv2 required", least_privilege),
    Row("no public IP, least-privilege instance profile, encrypted root volume, IMDSv2 required", encrypted_root),
    Row(
        "no public IP, least-privilege instance profile, encrypted root volume, IMDSv2 required",
        lambda d: (d.host["MetadataOptions"]["HttpTokens"], d.host["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("required", 1),
    ),
    Row(
        "Interface endpoints for `ssm`, `ssmmessages`, `ec2messages`, plus CloudWatch Logs and STS endpoints for private operation",
        lambda d: interface_services(d) >= {"ssm", "ssmmessages", "ec2messages", "logs", "sts", "s3"},
    ),
    Row("The agent subnet default route points to the gateway.", default_route_to_gateway),
    Row(
        "WebGroups for approved FQDN sets; an ordered DCF policy list and a `POST_RULES` default action.",
        lambda d: (d.inventory["default_action"]["action"], d.inventory["default_action"]["logging"]) == ("DENY", True),
    ),
    Row(
        "Matches the VM by CSP tag (default Role = openclaw-agent-harness)",
        lambda d: {"type": "vm", "tags.Role": "openclaw-agent-harness", "tags.AgentStack": d.stack} in d.groups["sg-agent-workload"],
    ),
    Row(
        "VPC DNS resolver (.2/32).",
        lambda d: d.groups["sg-vpc-dns-resolver"] == [{"cidr": d.vpc["CidrBlock"].replace(".0.0/16", ".0.2/32")}],
    ),
    Row(
        "Adjacent / internal RFC1918 CIDRs.",
        lambda d: {e["cidr"] for e in d.groups["sg-east-west-deny"]} == {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"},
    ),
    Row("Created only when approved_model_gateway_cidrs is set.", lambda d: "sg-approved-model-gateway-cidrs" not in d.groups),
    Row(
        "Region-specific AWS control-plane endpoints (SSM, EC2, STS, CloudWatch Logs, ECR, S3)",
        lambda d: all(".us-east-1." in n for n in d.domains("wg-aws-infra")),
    ),
    Row("Created when <code>enable_package_installs</code> is true.", lambda d: "wg-package-registries" in d.groups, ("coding",)),
    Row("Created when <code>enable_package_installs</code> is true.", lambda d: "wg-package-registries" not in d.groups, ("locked-down",)),
    Row("Created when <code>approved_saas_api_domains</code> is set.", lambda d: "wg-approved-saas-apis" not in d.groups),
    Row("Created when <code>approved_mcp_gateway_domains</code> is set.", lambda d: "wg-approved-mcp-gateways" not in d.groups),
    Row("Created when <code>identity_and_telemetry_domains</code> is set.", lambda d: "wg-identity-telemetry" not in d.groups),
    Row("Created when <code>enable_public_reference</code> is true.", lambda d: "wg-public-reference" not in d.groups),
    Row(
        "openclaw.ai, www.openclaw.ai, docs.openclaw.ai, clawhub.ai, www.nvidia.com",
        lambda d: d.domains("wg-openclaw-core") >= {"openclaw.ai", "www.openclaw.ai", "docs.openclaw.ai", "clawhub.ai", "www.nvidia.com"},
    ),
    Row(
        "integrate.api.nvidia.com, inference-api.nvidia.com",
        lambda d: d.domains("wg-approved-model-gateways") == {"integrate.api.nvidia.com", "inference-api.nvidia.com"},
    ),
    Row(
        "api.openai.com, api.anthropic.com, generativelanguage.googleapis.com, api.mistral.ai, openrouter.ai, api.deepseek.com, ...",
        lambda d: (
            d.domains("wg-unapproved-model-providers")
            >= {
                "api.openai.com",
                "api.anthropic.com",
                "generativelanguage.googleapis.com",
                "api.mistral.ai",
                "openrouter.ai",
                "api.deepseek.com",
            }
        ),
    ),
    Row(
        "10	vca-openclaw-shadow-model-deny	DENY + LOG	Unapproved / shadow model providers",
        rule_is("shadow-model-deny", 10, "DENY", "Public Internet", "TCP", 443, "wg-unapproved-model-providers"),
    ),
    Row("evaluated ahead of all allow rules", lambda d: d.rules[0]["name"] == "vca-openclaw-shadow-model-deny"),
    Row(
        "18/19	allow-vpc-dns-udp / tcp	PERMIT	VPC DNS resolver (keep normal resolution)",
        rule_is("allow-vpc-dns-udp", 18, "PERMIT", "sg-vpc-dns-resolver", "UDP", 53),
    ),
    Row(
        "18/19	allow-vpc-dns-udp / tcp	PERMIT	VPC DNS resolver (keep normal resolution)",
        rule_is("allow-vpc-dns-tcp", 19, "PERMIT", "sg-vpc-dns-resolver", "TCP", 53),
    ),
    Row(
        "20/21	deny-dns-exfil-udp / tcp	DENY + LOG	External DNS resolvers, UDP/TCP 53",
        rule_is("deny-dns-exfil-udp", 20, "DENY", "Anywhere", "UDP", 53),
    ),
    Row(
        "20/21	deny-dns-exfil-udp / tcp	DENY + LOG	External DNS resolvers, UDP/TCP 53",
        rule_is("deny-dns-exfil-tcp", 21, "DENY", "Anywhere", "TCP", 53),
    ),
    Row(
        "30	allow-aws-infra	PERMIT	SSM, EC2, STS, Logs, ECR/S3 bootstrap",
        rule_is("allow-aws-infra", 30, "PERMIT", "sg-vpc-endpoints", "TCP", 443, "wg-aws-infra"),
    ),
    Row("31	allow-os-updates-https	PERMIT (opt.)	HTTPS package / update endpoints", absent("allow-os-updates-https")),
    Row(
        "40/41	allow-model-gateways	PERMIT	Sanctioned NVIDIA / enterprise model gateways",
        rule_is("allow-model-gateways", 40, "PERMIT", "Public Internet", "TCP", 443, "wg-approved-model-gateways"),
    ),
    Row(
        "50	allow-core	PERMIT	OpenClaw / Hermes / NemoClaw core domains",
        rule_is("allow-core", 50, "PERMIT", "Public Internet", "TCP", 443, "wg-openclaw-core"),
    ),
    Row(
        "60	allow-packages	PERMIT (opt.)	npm, PyPI, GitHub, Hugging Face, Docker",
        rule_is("allow-packages", 60, "PERMIT", "Public Internet", "TCP", 443, "wg-package-registries"),
        ("coding",),
    ),
    Row("60	allow-packages	PERMIT (opt.)	npm, PyPI, GitHub, Hugging Face, Docker", absent("allow-packages"), ("locked-down",)),
    Row("70	allow-saas-apis	PERMIT (opt.)	Business APIs approved for this agent class", absent("allow-saas-apis")),
    Row("80	allow-mcp-gateways	PERMIT (opt.)	Enterprise MCP / tool gateways", absent("allow-mcp-gateways")),
    Row("90	allow-identity-telemetry	PERMIT (opt.)	Approved IdP and monitoring endpoints", absent("allow-identity-telemetry")),
    Row("95	allow-public-reference	PERMIT (opt.)	Search / weather / reference (demo only)", absent("allow-public-reference")),
    Row(
        "100	deny-eastwest	DENY + LOG	Lateral movement to adjacent / internal CIDRs",
        rule_is("deny-eastwest", 100, "DENY", "sg-east-west-deny", "ANY", None),
    ),
    Row(
        "POST	default action	DENY + LOG	Anything not explicitly allowed",
        rule_is("default-deny", 200, "DENY", "Anywhere", "ANY", None),
    ),
    Row(
        "Deny rules precede broad allows; an explicit default-deny catches the rest.",
        lambda d: d.rules[-1]["name"].endswith("default-deny") or d.mode == "monitor",
    ),
)


def applies() -> list[Any]:
    return [
        pytest.param(stack, row, id=f"{stack}:{number}:{row.quote[:40]}")
        for stack in STACKS
        for number, row in enumerate(ROWS)
        if stack.rsplit("-", 1)[0] in row.classes
    ]


@pytest.fixture(scope="session")
def read_back(deployed: Lab) -> dict[str, Deployed]:
    return {stack: Deployed(deployed, stack) for stack in STACKS}


@pytest.mark.parametrize(("stack", "row"), applies())
def test_deployed_stack_matches_the_seeds_row(read_back: dict[str, Deployed], stack: str, row: Row) -> None:
    assert row.holds(read_back[stack]), f"{stack} does not hold: {row.quote}"


def test_every_quoted_row_is_the_seeds_own_words() -> None:
    folder = REPOSITORY.parent / "shared" / "seeds"
    seeds = [path.read_text() for path in sorted(Path(folder).glob("001*"))]
    if not seeds:
        pytest.skip("the seed documents are not beside this checkout")
    missing = [row.quote for row in ROWS if row.quote not in seeds[0]]
    assert not missing


def test_four_stacks_share_one_controller_without_sharing_an_object(read_back: dict[str, Deployed]) -> None:
    names = [name for d in read_back.values() for name in (f"{d.prefix}-{group}" for group in d.groups)]
    assert len(names) == len(set(names))
    uuids = [rule["uuid"] for d in read_back.values() for rule in d.rules]
    assert len(uuids) == len(set(uuids))
    assert len({d.vpc["CidrBlock"] for d in read_back.values()}) == len(STACKS)
