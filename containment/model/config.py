"""What a stack may be configured with: every key once, with type, default, description, why it matters and its fix.

Keys are flat camelCase (the published reference's inputs, and ours). `Pulumi.yaml` declares the same keys; a test
compares the two. This module owns single values; checks between keys are `spec`'s, reading and reporting `parse`'s.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from containment.model.names import DEFAULT_PREFIX, DEFAULT_ROLE, RFC1918, ControllerVersion, HostTag, PolicyMode
from containment.model.preset import Harness
from containment.model.values import (
    Cidrs,
    DeniedDomains,
    Domains,
    OptionalAddress,
    OrNothing,
    Prefix,
    PrivateCidrs,
    Tags,
    TagText,
    matching,
    retention,
    vpc_sized,
)


def _key(default: Any, description: str, why: str, fix: str, **constraints: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"why": why, "fix": fix}, **constraints)


def _domains(description: str) -> Any:
    return _key(
        (),
        f"{description} Replaces the class's own set; [] keeps it.",
        "these names become a WebGroup; a wrong one reaches more, or nothing",
        "list host names, or wildcards such as *.example.com",
    )


def _more_domains(description: str) -> Any:
    return _key(
        (),
        f"{description} The rule and its WebGroup exist only when not empty.",
        "these names become a WebGroup; a wrong one reaches more, or nothing",
        "list host names, or wildcards such as *.example.com",
    )


class StackConfig(BaseModel):
    """The configuration of one agent stack, each value valid by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    # Who and where
    name_prefix: Prefix = _key(DEFAULT_PREFIX, "Prefix of every object's name and of every rule.", "log lines show it", "set a short name")
    agent_class: Annotated[str, matching(r"[a-z][a-z0-9-]*", "the name of a file in presets/")] = _key(
        "coding", "The agent class: a file in presets/.", "the class decides which destinations are permitted", "name a class from presets/"
    )
    policy_mode: PolicyMode = _key(
        PolicyMode.MONITOR,
        "monitor (denies are watched and logged) or enforce (denies are applied).",
        "it decides whether anything is blocked",
        "set monitor or enforce",
    )
    aws_region: Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region such as us-east-1")] = _key(
        "us-east-1", "AWS region of the VPC, the host and the gateway.", "endpoint names are made from it", "set a region such as us-east-1"
    )
    aws_access_account: Annotated[str, Field(min_length=1)] = _key(
        ...,
        "The Controller's name for the AWS account.",
        "the Controller makes the gateway in it",
        "pulumi config set awsAccessAccount NAME",
    )
    tags: Tags = _key({}, "Tags for every AWS resource.", "owners are found by them", "set an object of texts")
    controller_version: ControllerVersion = _key(
        ControllerVersion.V9_0,
        "MAJOR.MINOR of the Controller; picks the provider release and its features.",
        "the provider refuses a Controller of another MAJOR.MINOR",
        "set 8.1, 8.2, 9.0 or 10.0",
    )
    manage_controller_policy: bool = _key(
        False,
        "Own the Controller-wide policy list and default action (a dedicated Controller only).",
        "the list is Controller-wide and written blindly: two owners destroy each other's rules",
        "leave false and run platform/ once, or dedicate a Controller to this stack",
    )

    # Network
    vpc_cidr: Annotated[IPv4Network, AfterValidator(vpc_sized)] = _key(
        IPv4Network("10.42.0.0/16"),
        "The VPC's network; each stack has its own.",
        "two stacks on one network cannot be told apart",
        "a /16 to /24",
    )
    availability_zone_count: int = _key(
        1, "Private agent subnets, one a zone (1 to 3).", "each is a place a host may stand", "1, 2 or 3", ge=1, le=3
    )
    private_subnet_newbits: int = _key(
        8, "Bits added to the VPC's prefix for each subnet.", "subnets 0, 10.. and 20.. must exist", "5 or more", ge=5, le=12
    )
    program_private_default_route: bool = _key(
        False,
        "Let the Controller program the private default route as its own feature; must stay false with SNAT.",
        "with single-IP SNAT the Controller refuses it (AVXERR-TRANSIT-EDIT-0056)",
        "leave false",
    )
    create_ssm_vpc_endpoints: bool = _key(
        True,
        "Interface endpoints for ssm, ssmmessages, ec2messages, logs, sts, ec2, ecr.api and ecr.dkr.",
        "without them AWS APIs are reached over the internet, in any account",
        "leave true",
    )
    create_s3_gateway_endpoint: bool = _key(True, "S3 gateway endpoint for the agent subnets.", "S3 stays off the internet", "leave true")
    enable_vpc_flow_logs: bool = _key(True, "VPC flow logs to CloudWatch.", "same-VPC traffic is seen nowhere else", "leave true")
    flow_log_retention_days: Annotated[int, AfterValidator(retention)] = _key(
        365, "Days CloudWatch keeps the flow logs.", "an incident is read from them", "set 365, or another retention CloudWatch has"
    )
    controller_sync_wait: Annotated[str, matching(r"0s?", "0s")] = _key(
        "0s",
        "Kept from the published reference; only 0s. The source group holds the agent subnets, so no wait is needed.",
        "a sleep hides, and does not close, the time before the Controller's inventory knows the host",
        "remove the key",
    )

    # Gateway
    spoke_gateway_size: str = _key(
        "t3.medium", "Instance type of the gateway (DCF needs t3.small or more).", "too small drops DCF", "t3.medium", min_length=1
    )
    spoke_gateway_name: Annotated[str, matching(r"([a-z][a-z0-9-]{0,49})?", "at most 50 lower-case letters, digits and dashes")] = _key(
        "", "Name of the gateway; empty: <namePrefix>-<stack>.", "names are unique on a Controller", "leave empty"
    )
    single_ip_snat: bool = _key(True, "Source NAT on the gateway.", "WebGroup rules need it (Aviatrix documentation)", "leave true")
    enable_gateway_volume_encryption: bool = _key(True, "Encrypt the gateway's volume.", "it holds the policy and its logs", "leave true")
    enable_tls_decryption_design: bool = _key(
        False, "Kept from the published reference; not offered yet.", "SNAT and decryption conflict", "leave false"
    )

    # Host
    agent_instance_type: Annotated[str, matching(r"[a-z0-9-]+\.[a-z0-9-]+", "an instance type")] = _key(
        "t3.large", "Instance type of the agent host.", "the host cannot start otherwise", "set a type such as t3.large"
    )
    agent_root_volume_size_gb: int = _key(
        80, "Size of the encrypted gp3 root volume, in GB.", "a harness fills small disks", "8 to 16384", ge=8, le=16384
    )
    agent_private_ip: OptionalAddress = _key(
        None, "Fixed private address; empty: AWS picks one.", "it must lie in the first agent subnet", "leave empty"
    )
    agent_image_id: Annotated[str, matching(r"(ami-[0-9a-f]{8,17})?", "an image id such as ami-0123456789abcdef0")] = _key(
        "",
        "Pinned image; empty: the newest of agentImageOwner at creation, kept from then on.",
        "the image is what runs",
        "set an image id",
    )
    agent_image_owner: Annotated[str, matching(r"\d{12}", "a 12-digit AWS account")] = _key(
        "099720109477",
        "Account that owns the image (default: Canonical).",
        "anybody can publish an image with that name",
        "set the account",
    )
    agent_image_name: str = _key(
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*",
        "Name pattern of the image.",
        "it picks the image",
        "set a pattern",
        min_length=1,
    )
    agent_workload_tag_key: TagText = _key(
        HostTag.ROLE.value, "Tag key that makes a VM an agent.", "the source group is built on it", "leave Role"
    )
    agent_workload_tag_value: TagText = _key(
        DEFAULT_ROLE, "Tag value that makes a VM an agent.", "the source group is built on it", "leave it"
    )
    install_mode: Annotated[Harness | None, OrNothing] = _key(
        None,
        "Harness the host is prepared for; empty: the class's own.",
        "it decides which core services are permitted",
        "none, openclaw, nemoclaw or hermes",
    )
    auto_run_installer: bool = _key(False, "Run the harness's installer at first boot.", "it runs code from the internet", "leave false")
    auto_accept_third_party_software: bool = _key(
        False, "Accept the installers' licences.", "NemoClaw's installer needs it", "set it knowingly"
    )
    install_docker: bool = _key(False, "Install Docker at first boot.", "it needs package sources", "use an image that has it")
    install_bootstrap_packages: bool = _key(
        False, "Install packages at first boot.", "in enforce it breaks the boot", "use an image that has them"
    )

    # Destinations
    enable_package_installs: Annotated[bool | None, OrNothing] = _key(
        None, "Permit the package registries; empty: the class's own.", "they run strangers' code", "leave empty"
    )
    enable_public_reference: Annotated[bool | None, OrNothing] = _key(
        None, "Permit search and reference sites; empty: the class's own.", "for demos only", "leave empty"
    )
    log_permit_rules: bool = _key(True, "Log permitted flows as well.", "evidence needs them", "leave true")
    verify_sni: bool = _key(
        True, "Tie the server name to the address with a TLS profile (Controller 8.2+).", "a client can claim any name", "leave true"
    )
    openclaw_core_domains: Domains = _domains("Core services of the harness.")
    approved_model_gateway_domains: Domains = _domains("Approved model gateways.")
    package_registry_domains: Domains = _domains("Package registries and source control.")
    os_update_domains: Domains = _domains("HTTPS package mirrors of the operating system.")
    public_reference_domains: Domains = _domains("Search and reference sites.")
    unapproved_model_provider_domains: DeniedDomains = _domains("Model providers denied ahead of every permit.")
    approved_model_gateway_cidrs: PrivateCidrs = _key(
        (), "Internal model gateways by address (TCP 443).", "an L4 permit has no name to check", "list internal CIDRs, as small as can be"
    )
    approved_saas_api_domains: Domains = _more_domains("Business SaaS APIs.")
    approved_mcp_gateway_domains: Domains = _more_domains("Enterprise MCP and tool gateways.")
    identity_and_telemetry_domains: Domains = _more_domains("Identity providers and telemetry.")
    aws_infra_domains: Domains = _more_domains("More AWS endpoints beside the generated ones.")
    east_west_deny_cidrs: Cidrs = _key(
        RFC1918, "Networks no agent may reach sideways.", "a compromised agent moves sideways", "leave RFC 1918"
    )

    # CoPilot
    copilot_private_ip: OptionalAddress = _key(
        None, "CoPilot's private address; empty: no association.", "logs go there", "set CoPilot's address"
    )
    copilot_public_ip: OptionalAddress = _key(None, "CoPilot's public address.", "logs go there", "set CoPilot's address")
    copilot_syslog_index: int = _key(
        9, "Syslog profile for CoPilot; 9 is CoPilot's own.", "another owner's profile would be taken", "leave 9", ge=0, le=9
    )
