"""Kinds of residual risk: what remains possible, in which stacks, what closes it, and the key that decides.

A kind is a protection that is off or narrowed, a consequence of a permit, or a risk that no key closes. `residual` reports those of a
stack; docs/residual-risks.md is generated from the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from containment.addresses.address_space import is_inside
from containment.catalog.preset import Harness
from containment.config.open_questions import list_direct_models
from containment.config.parser import get_alias
from containment.config.spec import ContainmentSpec
from containment.names import RFC1918, ControllerVersion, PolicyMode

Found: TypeAlias = tuple[str, ...] | None
"""The names to which a risk applies in one stack: () when it applies without any, None when it does not apply."""


@dataclass(frozen=True, slots=True)
class RiskKind:
    """One kind: `key` is the configuration key that decides it, empty when none can close it; by default a kind applies to every stack."""

    id: str
    what: str
    closed_by: str
    key: str = ""
    found: Callable[[ContainmentSpec], Found] = lambda _: ()


KEPT_FOLDERS: Final[Mapping[Harness, tuple[str, ...]]] = {
    Harness.OPENCLAW: ("~/.openclaw",),
    Harness.NEMOCLAW: ("~/.nemoclaw", "~/.openclaw"),
    Harness.HERMES: ("~/.hermes",),
}
"""Folders in which each harness keeps sessions, memory, skills and settings from one task to the next."""


def _make_off_risk(field: str, id_: str, what: str, closed_by: str = "") -> RiskKind:
    """Return the risk of a protection that is off; the protection's key closes it."""
    key = get_alias(field)
    return RiskKind(id_, what, closed_by or key, key, lambda spec: None if getattr(spec.config, field) else ())


def _format_names(names: Iterable[object]) -> Found:
    return tuple(map(str, names)) or None


def _find_installs(spec: ContainmentSpec) -> Found:
    fields = ("auto_run_installer", "install_docker", "install_bootstrap_packages")
    return _format_names(get_alias(field) for field in fields if getattr(spec.config, field))


def _find_not_denied(spec: ContainmentSpec) -> Found:
    return _format_names(block for block in RFC1918 if not is_inside(block, spec.config.east_west_deny_cidrs))


SWITCHED_OFF: Final = (
    RiskKind(
        "monitor-delivers",
        "denies are only watched, except those of alwaysEnforce: all other traffic of an agent is logged and delivered",
        "policyMode enforce, once the would-be-denied destinations are reviewed",
        "policyMode",
        lambda spec: () if spec.mode is PolicyMode.MONITOR else None,
    ),
    _make_off_risk(
        "enable_dns_firewall", "dns-firewall-off", "the VPC resolver forwards any name, so data can leave encoded in queried names"
    ),
    _make_off_risk("enable_dns_query_logs", "dns-queries-unlogged", "DNS queries are not logged"),
    _make_off_risk(
        "create_ssm_vpc_endpoints",
        "endpoints-off",
        "AWS's APIs are reached over the internet, where stolen or foreign keys can copy data into any account",
    ),
    _make_off_risk(
        "enable_endpoint_policies",
        "endpoint-policies-off",
        "the VPC's endpoints serve every AWS account, so foreign keys can copy data out through them",
    ),
    RiskKind(
        "organization-wide-endpoints",
        "the VPC's endpoints serve every account of the organization, not only this one",
        "an empty organizationId",
        "organizationId",
        lambda spec: (spec.config.organization_id,) if spec.config.organization_id and spec.config.enable_endpoint_policies else None,
    ),
    _make_off_risk(
        "create_s3_gateway_endpoint", "s3-gateway-off", "S3 is not reachable inside the VPC; programs that use it need another permit"
    ),
    _make_off_risk(
        "enable_network_acls",
        "network-acls-off",
        "only security groups separate the agent from other hosts in its VPC, where traffic does not cross DCF",
    ),
    _make_off_risk(
        "enable_permissions_boundary",
        "no-permissions-boundary",
        "a policy attached to the host's role later could let the agent change its own containment",
    ),
    _make_off_risk(
        "verify_sni",
        "server-name-unverified",
        "a client can claim a permitted name toward any address that accepts TLS on 443",
        closed_by="verifySni, on a Controller 8.2 or newer",
    ),
    _make_off_risk("enable_vpc_flow_logs", "flow-logs-off", "traffic inside the VPC is not logged"),
    _make_off_risk("log_permit_rules", "permits-unlogged", "the gateway does not log permitted flows"),
    _make_off_risk(
        "enable_gateway_volume_encryption",
        "gateway-volume-unencrypted",
        "the gateway's disk, with policy and logs, is readable from any copy of its snapshot",
    ),
    RiskKind(
        "keys-on-hosts",
        "provider keys are on the hosts, not behind the credential gateway: agents call providers directly, with any key that they find",
        "credentialRoutes, with the credential gateway's image",
        "credentialRoutes",
        lambda spec: _format_names(list_direct_models(spec)) if spec.config.enable_credential_gateway else None,
    ),
    RiskKind(
        "credential-gateway-off",
        "the credential gateway is off: provider keys are on the hosts, and agents call model providers with any key that they find",
        "enableCredentialGateway true, and credentialRoutes",
        "enableCredentialGateway",
        lambda spec: None if spec.config.enable_credential_gateway else _format_names(list_direct_models(spec)),
    ),
    _make_off_risk(
        "operator_sessions",
        "sessions-uncontrolled",
        "anyone in the account with a right to ssm:StartSession gets a root shell on a host, without a record, limit or second factor",
        closed_by="operatorSessions, with sessionOwner or agents by request",
    ),
    RiskKind(
        "forwarded-ports-unrecorded",
        "traffic through these forwarded ports of the hosts' loopback is not recorded, only the opening of the session",
        "an empty sessionPorts",
        "sessionPorts",
        lambda spec: _format_names(spec.config.session_ports) if spec.config.operator_sessions else None,
    ),
    RiskKind(
        "logs-in-cleartext",
        "logs go to the collector without TLS and can be read and changed on the way",
        "syslogCaCertificate, and syslogCleartext false",
        "syslogCleartext",
        lambda spec: () if spec.config.syslog_cleartext else None,
    ),
    RiskKind(
        "image-not-pinned",
        "the host is created from the newest image of that owner and name, whatever its content is",
        "agentImageId",
        "agentImageId",
        lambda spec: None if spec.config.agent_image_id else (spec.config.agent_image_name,),
    ),
    RiskKind(
        "first-boot-installs",
        "the host fetches and runs software from the internet when it starts",
        "an image with that software (agentImageId)",
        "autoRunInstaller",
        _find_installs,
    ),
    RiskKind(
        "east-west-not-named",
        "connections to these private networks are stopped only by the default deny, without a name in the log",
        "eastWestDenyCidrs with all of RFC 1918",
        "eastWestDenyCidrs",
        _find_not_denied,
    ),
    RiskKind(
        "sanctioned-providers",
        "these model providers of the deny set are permitted, and accept prompts and data under any account",
        "the end of the sanction",
        "sanctionedModelProviders",
        lambda spec: _format_names(f"{one.host} until {one.until} ({one.owner})" for one in spec.config.sanctioned_model_providers),
    ),
    RiskKind(
        "no-log-of-ends",
        "a Controller without rulesets does not log the end of a connection, so the amount of data sent is unknown",
        "a Controller 8.2 or newer",
        "controllerVersion",
        lambda spec: () if spec.config.controller_version.line is ControllerVersion.V8_1 else None,
    ),
)
"""Protections that a stack has off or narrowed."""

PERMITTED: Final = (
    RiskKind(
        "uploads-to-strangers",
        "these permitted hosts store data under any account",
        "a private mirror, or a gateway that sees requests; in a class with `uploads: refused`, no waiver",
        found=lambda spec: _format_names(host.pattern for host in spec.known_hosts if host.uploads),
    ),
    RiskKind(
        "relays",
        "these permitted hosts forward data to destinations that the sender chooses",
        "a private mirror, or a gateway that sees requests",
        found=lambda spec: _format_names(host.pattern for host in spec.known_hosts if host.relays),
    ),
    RiskKind(
        "foreign-tenants",
        "these permitted hosts serve accounts of other customers, whose keys look like the owner's",
        "a private gateway in front, or the tenant's own host name",
        found=lambda spec: _format_names(host.pattern for host in spec.known_hosts if host.foreign_tenant),
    ),
    RiskKind(
        "hosts-not-in-catalog",
        "these permitted hosts are not in the catalog, so no check can refuse them for uploads, relays or other tenants",
        "an entry in presets/catalog/ with its flags",
        found=lambda spec: _format_names(host.pattern for host in spec.known_hosts if not host.listed),
    ),
    RiskKind(
        "wildcards",
        "every host under these names is permitted, including hosts that do not exist yet",
        "exact host names",
        found=lambda spec: _format_names(host.pattern for host in spec.known_hosts if not host.pattern.is_exact),
    ),
    RiskKind(
        "waived-uploads",
        "upload hosts are waived for a class that otherwise refuses them",
        "the end of the waiver",
        "uploadWaivers",
        lambda spec: _format_names(f"{waiver.host} until {waiver.until} ({waiver.owner})" for waiver in spec.config.upload_waivers),
    ),
    RiskKind(
        "gateway-in-cleartext",
        "agents call the credential gateway over HTTP: anyone who mirrors the VPC's traffic can read prompts and answers, but no key",
        "a certificate for the listener, from the image (docs/adr/0020-agents-call-the-credential-gateway-without-tls.md)",
        found=lambda spec: (spec.credential_gateway.url,) if spec.credential_gateway else None,
    ),
    RiskKind(
        "internal-apis-by-address",
        "TCP to these networks and ports is permitted whatever its content: no name can be checked",
        "networks as small as the service, and authentication there",
        "approvedInternalApis",
        lambda spec: _format_names(f"{api.name} ({', '.join(map(str, api.cidrs))})" for api in spec.internal_apis),
    ),
    RiskKind(
        "model-gateways-by-address",
        "TCP 443 to these networks is permitted whatever its content: no name can be checked",
        "networks as small as the gateway, and authentication there",
        "approvedModelGatewayCidrs",
        lambda spec: _format_names(spec.config.model_gateway_networks),
    ),
    RiskKind(
        "names-under-a-domain",
        "any name under these domains is resolved, so the operators of their name servers can receive data in names",
        "exact names instead of wildcards; internalDnsDomains only for internal domains",
        "internalDnsDomains",
        lambda spec: _format_names(name for name in spec.dns_names if not name.is_exact) if spec.config.enable_dns_firewall else None,
    ),
    RiskKind(
        "decrypted-contents",
        "the gateway sees the contents of these requests, and a release may not support this together with SNAT",
        "an empty tlsDecryptionUrls",
        "tlsDecryptionUrls",
        lambda spec: _format_names(spec.decrypted_urls),
    ),
)
"""Risks of the permits themselves; narrower permits reduce them."""

ALWAYS: Final = (
    RiskKind(
        "prompt-injection-undetected",
        "a prompt injection is not detected: text that an agent reads can direct it to everything that its class permits",
        "narrow classes, approvals of actions that matter, and a model gateway that inspects prompts",
    ),
    RiskKind(
        "agent-trust-unsettled",
        "trust between agents is not settled: no agent authenticates another. Traffic between agents is denied"
        " (proof neighbours-out-of-reach; packets same-subnet-neighbour-443 and routed-neighbour-443 of the evasion table),"
        " but agents can leave data for each other in a service that both may use",
        "an account or tenant per agent in every shared service",
    ),
    RiskKind(
        "aws-only",
        "only hosts on AWS are contained: an agent in another cloud, in a SaaS product or on a laptop has none of these limits",
        "agents on AWS hosts only, and a search for others in the estate's logs (containment baseline estate)",
    ),
    RiskKind(
        "permitted-contents-unseen",
        "the content of permitted TLS is not seen: a prompt, an upload and a fronted host name look alike",
        "a private model or tool gateway that reads requests",
    ),
    RiskKind(
        "inside-the-host",
        "the network cannot stop actions on the agent's host itself (files, processes, other sandboxes there)",
        "the harness's own sandbox (OpenShell, NemoClaw)",
    ),
    RiskKind(
        "memory-persists",
        "data that a task leaves on its host remain for the next task, mainly in the harness's folders",
        "an agent file with ephemeral and deadline: one host per task, deleted with its disk",
        found=lambda spec: KEPT_FOLDERS.get(spec.harness, ()),
    ),
    RiskKind(
        "administrators",
        "administrators of the Controller or the account can remove these protections",
        "few administrators, drift detection, and reviews of the policy repository",
    ),
    RiskKind(
        "copilot-syslog-in-cleartext",
        "CoPilot receives its logs over UDP, unencrypted, on a separate syslog profile",
        "CoPilot reached over a private path",
        "copilotPrivateIp",
        lambda spec: () if spec.config.copilot_private_ip else None,
    ),
)
"""Risks that no key of a stack closes."""

KINDS: Final = (*SWITCHED_OFF, *PERMITTED, *ALWAYS)
"""Every kind, in the order of reports."""
