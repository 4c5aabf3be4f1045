"""Residual risks of protections that a stack has off or narrowed; each is closed by a key."""

from __future__ import annotations

from ipaddress import collapse_addresses
from typing import Final

from containment.model.names import RFC1918, ControllerVersion, PolicyMode
from containment.model.parse import alias_of
from containment.model.risk_kind import Found, RiskKind, named, off, on
from containment.model.spec import ContainmentSpec


def _installs(spec: ContainmentSpec) -> Found:
    fields = ("auto_run_installer", "install_docker", "install_bootstrap_packages")
    return named(alias_of(field) for field in fields if getattr(spec.config, field))


def _not_denied(spec: ContainmentSpec) -> Found:
    denied = [*collapse_addresses(spec.config.east_west_deny_cidrs)]
    return named(block for block in RFC1918 if not any(block.subnet_of(each) for each in denied))


SWITCHED_OFF: Final = (
    RiskKind(
        "monitor-delivers",
        "every deny is only watched: whatever an agent tries is logged and delivered",
        "policyMode enforce, once the would-be-denied destinations are reviewed",
        "policyMode",
        lambda spec: () if spec.mode is PolicyMode.MONITOR else None,
    ),
    RiskKind(
        "dns-firewall-off",
        "the VPC resolver forwards any name, so data can leave encoded in names it is asked for",
        "enableDnsFirewall",
        "enableDnsFirewall",
        off("enable_dns_firewall"),
    ),
    RiskKind(
        "dns-queries-unlogged",
        "names that are asked for leave no trace",
        "enableDnsQueryLogs",
        "enableDnsQueryLogs",
        off("enable_dns_query_logs"),
    ),
    RiskKind(
        "endpoints-off",
        "AWS's APIs are reached over the internet, where stolen or foreign keys carry data into any account",
        "createSsmVpcEndpoints",
        "createSsmVpcEndpoints",
        off("create_ssm_vpc_endpoints"),
    ),
    RiskKind(
        "endpoint-policies-off",
        "the VPC's endpoints answer for every AWS account, so foreign keys carry data out through them",
        "enableEndpointPolicies",
        "enableEndpointPolicies",
        off("enable_endpoint_policies"),
    ),
    RiskKind(
        "organization-wide-endpoints",
        "the VPC's endpoints answer for every account of the organisation, not for this one alone",
        "an empty organizationId",
        "organizationId",
        lambda spec: (spec.config.organization_id,) if spec.config.organization_id and spec.config.enable_endpoint_policies else None,
    ),
    RiskKind(
        "s3-gateway-off",
        "S3 is not reached inside the VPC; what needs it asks for another way out",
        "createS3GatewayEndpoint",
        "createS3GatewayEndpoint",
        off("create_s3_gateway_endpoint"),
    ),
    RiskKind(
        "network-acls-off",
        "only security groups stand between the agent and what else is in its VPC, where traffic never meets DCF",
        "enableNetworkAcls",
        "enableNetworkAcls",
        off("enable_network_acls"),
    ),
    RiskKind(
        "no-permissions-boundary",
        "a policy attached to the host's role later could let the agent change its own containment",
        "enablePermissionsBoundary",
        "enablePermissionsBoundary",
        off("enable_permissions_boundary"),
    ),
    RiskKind(
        "server-name-unverified",
        "a client can claim a permitted name towards any address that takes TLS on 443",
        "verifySni, on a Controller 8.2 or newer",
        "verifySni",
        off("verify_sni"),
    ),
    RiskKind(
        "flow-logs-off",
        "traffic inside the VPC is seen nowhere",
        "enableVpcFlowLogs",
        "enableVpcFlowLogs",
        off("enable_vpc_flow_logs"),
    ),
    RiskKind(
        "permits-unlogged",
        "what was permitted leaves no trace on the gateway",
        "logPermitRules",
        "logPermitRules",
        off("log_permit_rules"),
    ),
    RiskKind(
        "gateway-volume-unencrypted",
        "the gateway's disk, with policy and logs, is readable to whoever gets its snapshot",
        "enableGatewayVolumeEncryption",
        "enableGatewayVolumeEncryption",
        off("enable_gateway_volume_encryption"),
    ),
    RiskKind(
        "logs-in-cleartext",
        "logs go to the collector without TLS, where whoever is on the way reads and changes them",
        "syslogCaCertificate, and syslogCleartext false",
        "syslogCleartext",
        on("syslog_cleartext"),
    ),
    RiskKind(
        "image-not-pinned",
        "the newest image of that owner and name is taken when the host is made, whatever is in it by then",
        "agentImageId",
        "agentImageId",
        lambda spec: None if spec.config.agent_image_id else (spec.config.agent_image_name,),
    ),
    RiskKind(
        "first-boot-installs",
        "the host fetches and runs software from the internet when it starts",
        "an image that has it (agentImageId)",
        "autoRunInstaller",
        _installs,
    ),
    RiskKind(
        "east-west-not-named",
        "moves towards these private networks are stopped by the last deny alone and not named in the log",
        "eastWestDenyCidrs with all of RFC 1918",
        "eastWestDenyCidrs",
        _not_denied,
    ),
    RiskKind(
        "sanctioned-providers",
        "these model providers of the deny set are permitted, and take prompts and data of any account",
        "the end of the sanction",
        "sanctionedModelProviders",
        lambda spec: named(f"{one.host} until {one.until} ({one.owner})" for one in spec.config.sanctioned_model_providers),
    ),
    RiskKind(
        "no-log-of-ends",
        "a Controller without rulesets logs no end of a connection, so nobody sees how much left",
        "a Controller 8.2 or newer",
        "controllerVersion",
        lambda spec: () if spec.config.controller_version is ControllerVersion.V8_1 else None,
    ),
)
