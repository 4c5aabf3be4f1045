"""What can stay possible in a stack, kind by kind: when it does, what closes it, and which key decides it.

A kind's `found` returns the names that make it real for one stack, () when it holds without any, and None when it does
not hold. `risks` makes a stack's report; the documentation's table is made of the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from containment.model.names import RFC1918, ControllerVersion, PolicyMode
from containment.model.parse import alias_of
from containment.model.spec import ContainmentSpec

Found: TypeAlias = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RiskKind:
    """One kind: `key` is the configuration key that decides it, empty when none can close it."""

    id: str
    what: str
    closed_by: str
    key: str
    found: Callable[[ContainmentSpec], Found]


def _off(field: str) -> Callable[[ContainmentSpec], Found]:
    return lambda spec: None if getattr(spec.config, field) else ()


def _on(field: str) -> Callable[[ContainmentSpec], Found]:
    return lambda spec: () if getattr(spec.config, field) else None


def _any(names: Iterable[object]) -> Found:
    return tuple(map(str, names)) or None


def _always(_: ContainmentSpec) -> Found:
    return ()


def _installs(spec: ContainmentSpec) -> Found:
    fields = ("auto_run_installer", "install_docker", "install_bootstrap_packages")
    return _any(alias_of(field) for field in fields if getattr(spec.config, field))


def _not_denied(spec: ContainmentSpec) -> Found:
    return _any(block for block in RFC1918 if not any(block.subnet_of(denied) for denied in spec.config.east_west_deny_cidrs))


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
        _off("enable_dns_firewall"),
    ),
    RiskKind(
        "dns-queries-unlogged",
        "names that are asked for leave no trace",
        "enableDnsQueryLogs",
        "enableDnsQueryLogs",
        _off("enable_dns_query_logs"),
    ),
    RiskKind(
        "endpoints-off",
        "AWS's APIs are reached over the internet, where stolen or foreign keys carry data into any account",
        "createSsmVpcEndpoints",
        "createSsmVpcEndpoints",
        _off("create_ssm_vpc_endpoints"),
    ),
    RiskKind(
        "endpoint-policies-off",
        "the VPC's endpoints answer for every AWS account, so foreign keys carry data out through them",
        "enableEndpointPolicies",
        "enableEndpointPolicies",
        _off("enable_endpoint_policies"),
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
        _off("create_s3_gateway_endpoint"),
    ),
    RiskKind(
        "network-acls-off",
        "only security groups stand between the agent and what else is in its VPC, where traffic never meets DCF",
        "enableNetworkAcls",
        "enableNetworkAcls",
        _off("enable_network_acls"),
    ),
    RiskKind(
        "no-permissions-boundary",
        "a policy attached to the host's role later could let the agent change its own containment",
        "enablePermissionsBoundary",
        "enablePermissionsBoundary",
        _off("enable_permissions_boundary"),
    ),
    RiskKind(
        "server-name-unverified",
        "a client can claim a permitted name towards any address that takes TLS on 443",
        "verifySni, on a Controller 8.2 or newer",
        "verifySni",
        _off("verify_sni"),
    ),
    RiskKind(
        "flow-logs-off",
        "traffic inside the VPC is seen nowhere",
        "enableVpcFlowLogs",
        "enableVpcFlowLogs",
        _off("enable_vpc_flow_logs"),
    ),
    RiskKind(
        "permits-unlogged",
        "what was permitted leaves no trace on the gateway",
        "logPermitRules",
        "logPermitRules",
        _off("log_permit_rules"),
    ),
    RiskKind(
        "gateway-volume-unencrypted",
        "the gateway's disk, with policy and logs, is readable to whoever gets its snapshot",
        "enableGatewayVolumeEncryption",
        "enableGatewayVolumeEncryption",
        _off("enable_gateway_volume_encryption"),
    ),
    RiskKind(
        "logs-in-cleartext",
        "logs go to the collector without TLS, where whoever is on the way reads and changes them",
        "syslogCaCertificate, and syslogCleartext false",
        "syslogCleartext",
        _on("syslog_cleartext"),
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
        "shorter-shadow-list",
        "calls to model providers that the stack's own list leaves out are stopped by the last deny alone and not named",
        "an empty unapprovedModelProviderDomains, which keeps the catalog's list",
        "unapprovedModelProviderDomains",
        lambda spec: () if spec.config.unapproved_model_provider_domains else None,
    ),
    RiskKind(
        "no-log-of-ends",
        "a Controller without rulesets logs no end of a connection, so nobody sees how much left",
        "a Controller 8.2 or newer",
        "controllerVersion",
        lambda spec: () if spec.config.controller_version is ControllerVersion.V8_1 else None,
    ),
)
"""Protections that a stack has off or narrowed; each is closed by a key."""

PERMITTED: Final = (
    RiskKind(
        "uploads-to-strangers",
        "these permitted hosts store data under anybody's account",
        "an own mirror, or a gateway that sees requests; in a class with `uploads: refused`, no waiver",
        "",
        lambda spec: _any(host.pattern for host in spec.known_hosts if host.uploads),
    ),
    RiskKind(
        "relays",
        "these permitted hosts pass on what they are sent to destinations of the sender's choosing",
        "an own mirror, or a gateway that sees requests",
        "",
        lambda spec: _any(host.pattern for host in spec.known_hosts if host.relays),
    ),
    RiskKind(
        "foreign-tenants",
        "these permitted hosts serve accounts other than ours, and a foreign key is not told from ours",
        "a gateway of one's own in front, or the tenant's own host name",
        "",
        lambda spec: _any(host.pattern for host in spec.known_hosts if host.foreign_tenant),
    ),
    RiskKind(
        "hosts-not-in-catalog",
        "what these permitted hosts accept is not known to the catalog, so nothing refuses them by what they are",
        "an entry in presets/catalog/ with its flags",
        "",
        lambda spec: _any(host.pattern for host in spec.known_hosts if not host.listed),
    ),
    RiskKind(
        "wildcards",
        "every host under these names is permitted, those that do not exist yet included",
        "exact host names",
        "",
        lambda spec: _any(host.pattern for host in spec.known_hosts if not host.pattern.is_exact),
    ),
    RiskKind(
        "waived-uploads",
        "upload hosts are waived for a class that otherwise refuses them",
        "the end of the waiver",
        "uploadWaivers",
        lambda spec: _any(f"{waiver.host} until {waiver.until} ({waiver.owner})" for waiver in spec.config.upload_waivers),
    ),
    RiskKind(
        "internal-apis-by-address",
        "TCP to these networks and ports is permitted whatever is said in it: no name can be checked",
        "networks as small as the service, and authentication there",
        "approvedInternalApis",
        lambda spec: _any(f"{api.name} ({', '.join(map(str, api.cidrs))})" for api in spec.internal_apis),
    ),
    RiskKind(
        "model-gateways-by-address",
        "TCP 443 to these networks is permitted whatever is said in it: no name can be checked",
        "networks as small as the gateway, and authentication there",
        "approvedModelGatewayCidrs",
        lambda spec: _any(spec.config.approved_model_gateway_cidrs),
    ),
    RiskKind(
        "names-under-a-domain",
        "any name under these domains is resolved, so whoever runs their name servers can receive data in names",
        "exact names instead of wildcards; internalDnsDomains for domains of one's own only",
        "internalDnsDomains",
        lambda spec: _any(name for name in spec.dns_names if not name.is_exact) if spec.config.enable_dns_firewall else None,
    ),
    RiskKind(
        "decrypted-contents",
        "the gateway sees the contents of these requests, and with SNAT beside it a release may not carry both",
        "an empty tlsDecryptionUrls",
        "tlsDecryptionUrls",
        lambda spec: _any(spec.decrypted_urls),
    ),
)
"""What a permit itself leaves possible; smaller permits make it smaller."""

ALWAYS: Final = (
    RiskKind(
        "permitted-contents-unseen",
        "what is said inside permitted TLS is not seen: a prompt, an upload and a fronted host name look alike",
        "a model or tool gateway of one's own that reads requests",
        "",
        _always,
    ),
    RiskKind(
        "inside-the-host",
        "what the agent does on its own host (files, processes, other sandboxes there) is not the network's to stop",
        "the harness's own sandbox (OpenShell, NemoClaw)",
        "",
        _always,
    ),
    RiskKind(
        "administrators",
        "whoever holds the Controller's or the account's rights can open what is closed here",
        "few administrators, drift detection, and reviews of the policy repository",
        "",
        _always,
    ),
    RiskKind(
        "copilot-syslog-in-cleartext",
        "CoPilot takes its logs over UDP, unencrypted, on its own syslog profile",
        "CoPilot reached over a private path",
        "copilotPrivateIp",
        lambda spec: () if spec.config.copilot_private_ip else None,
    ),
)
"""What no key of a stack closes."""

KINDS: Final = (*SWITCHED_OFF, *PERMITTED, *ALWAYS)
"""Every kind, in the order reports have it."""
