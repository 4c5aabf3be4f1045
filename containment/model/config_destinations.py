"""Keys of what an agent may reach, and of what is denied by name."""

from __future__ import annotations

from typing import Annotated

from containment.model.internal_api import InternalApis
from containment.model.keys import Keys, domains, key, more_domains
from containment.model.names import RFC1918
from containment.model.sanctioned_provider import SanctionedProviders
from containment.model.unquoted import Flag
from containment.model.upload_waiver import UploadWaivers
from containment.model.values import Cidrs, DeniedDomains, Domains, OrNothing, PrivateCidrs, Urls


class DestinationKeys(Keys):
    """Destinations, as lists of names, networks and URLs."""

    enable_package_installs: Annotated[Flag | None, OrNothing] = key(
        None, "Permit the package registries; empty: the class's own.", "they run strangers' code", "leave empty"
    )
    enable_public_reference: Annotated[Flag | None, OrNothing] = key(
        None, "Permit search and reference sites; empty: the class's own.", "for demos only", "leave empty"
    )
    log_permit_rules: Flag = key(True, "Log permitted flows as well.", "evidence needs them", "leave true")
    verify_sni: Flag = key(
        True, "Tie the server name to the address with a TLS profile (Controller 8.2+).", "a client can claim any name", "leave true"
    )
    openclaw_core_domains: Domains = domains("Core services of the harness.")
    approved_model_gateway_domains: Domains = domains("Approved model gateways.")
    package_registry_domains: Domains = domains("Package registries and source control.")
    os_update_domains: Domains = domains("HTTPS package mirrors of the operating system.")
    public_reference_domains: Domains = domains("Search and reference sites.")
    unapproved_model_provider_domains: DeniedDomains = key(
        (),
        "More model providers denied ahead of every permit. Adds to the class's own set, and never shortens it.",
        "an attempt is named in the log only when the deny names the provider",
        "list host names, or wildcards such as *.example.com",
    )
    sanctioned_model_providers: SanctionedProviders = key(
        (),
        "Model providers of the deny set that this stack may reach: {host, owner, reason, until}.",
        "a sanctioned provider receives prompts and data; some classes allow none",
        "name one exact host that approvedModelGatewayDomains has, its owner, the reason, and the last day (YYYY-MM-DD)",
        items="object",
    )
    approved_model_gateway_cidrs: PrivateCidrs = key(
        (), "Internal model gateways by address (TCP 443).", "an L4 permit has no name to check", "list internal CIDRs, as small as can be"
    )
    approved_saas_api_domains: Domains = more_domains("Business SaaS APIs.")
    approved_mcp_gateway_domains: Domains = more_domains("Enterprise MCP and tool gateways.")
    identity_and_telemetry_domains: Domains = more_domains("Identity providers and telemetry.")
    aws_infra_domains: Domains = more_domains("More AWS endpoints beside the generated ones.")
    east_west_deny_cidrs: Cidrs = key(
        RFC1918, "Networks no agent may reach sideways.", "a compromised agent moves sideways", "leave RFC 1918"
    )
    approved_internal_apis: InternalApis = key(
        {},
        "Internal APIs and artifact stores by address: name -> {cidrs, ports, owner, reason}; TCP, at most 8.",
        "an L4 permit has no name to check, and stands ahead of the east-west deny",
        "list each with private CIDRs (/20 or narrower), ports, owner and reason",
    )
    upload_waivers: UploadWaivers = key(
        (),
        "Hosts where strangers can store data, wanted nevertheless: {host, owner, reason, until}.",
        "a class with private data may not reach them otherwise; each is a way out for data",
        "name one exact host, its owner, the reason, and the day the waiver ends (YYYY-MM-DD)",
        items="object",
    )
    tls_decryption_urls: Urls = key(
        (),
        "URLs (host/path*) permitted by path, on decrypted TLS; [] decrypts nothing. Controller 9.0 or newer.",
        "decryption breaks pinned certificates and shows contents to the gateway",
        "list only URLs whose path must be checked, such as api.example.com/v1/*",
    )
    accept_decryption_with_snat: Flag = key(
        False,
        "Accept TLS decryption together with SNAT: sources disagree whether a release carries both (Controller 9.0 or newer).",
        "where a Controller does not carry both, WebGroup rules stop working",
        "set true knowingly, after trying it on your release; or list no tlsDecryptionUrls",
    )
