"""Keys of permitted destinations, of destinations denied by name, and of the routes of the credential gateway.

Defines the format of one entry of `credentialRoutes`: a destination, the secret with its key, and the permitted models, repositories or
other names. `containment.credential_gateway` has the reviewed APIs and decides requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from containment.config.destination_entry import DeniedDomains, Domains, Networks, Urls, get_networks
from containment.config.internal_api import InternalApis
from containment.config.keys.key import NAMES_OR_ENTRIES, Keys, declare_added_domains, declare_domains, declare_key
from containment.config.pulumi_format.unquoted_values import Flag
from containment.config.values import Cidrs, OrNothing, SetNames, decode_json
from containment.config.waivers import UNIQUE_HOSTS, SanctionedProviders, UploadWaivers
from containment.credential_gateway.api import MODEL, Slug
from containment.credential_gateway.route import DEFAULT_BODY, LARGEST_BODY, RouteEntry, check_exact_host, check_name, check_secret
from containment.fixes.unfit_value import UnfitError
from containment.names import RFC1918


class CredentialRouteKeys(Keys):
    """One route, as a stack file has it."""

    host: Annotated[str, AfterValidator(check_exact_host)]
    secret: Annotated[str, AfterValidator(check_secret)]
    models: Annotated[tuple[Annotated[str, AfterValidator(check_name)], ...], Field(min_length=1)] = ()
    names: Mapping[Slug, Annotated[tuple[Annotated[str, AfterValidator(check_name)], ...], Field(min_length=1)]] = {}
    max_body_bytes: Annotated[int, Field(ge=1, le=LARGEST_BODY)] = DEFAULT_BODY

    @model_validator(mode="after")
    def _refuse_two_lists(self) -> Self:
        if self.models and MODEL in self.names:
            raise UnfitError("lists models twice, in models and in names.model", "keep models, and remove names.model")
        return self

    def to_entry(self) -> RouteEntry:
        """Return the entry of the gateway's own configuration."""
        names = {**self.names, **({MODEL: self.models} if self.models else {})}
        return RouteEntry(host=self.host, secret=self.secret, names=names, max_body_bytes=self.max_body_bytes)


CredentialRoutes = Annotated[tuple[CredentialRouteKeys, ...], BeforeValidator(decode_json), UNIQUE_HOSTS]


class DestinationKeys(Keys):
    """Destinations, as lists of names, networks and URLs."""

    enable_package_installs: Annotated[Flag | None, OrNothing] = declare_key(
        None, "Permit the package registries; empty: the class's own.", "they serve third-party code", "leave empty"
    )
    enable_public_reference: Annotated[Flag | None, OrNothing] = declare_key(
        None, "Permit search and reference sites; empty: the class's own.", "for demos only", "leave empty"
    )
    log_permit_rules: Flag = declare_key(True, "Log permitted flows as well.", "evidence needs them", "leave true")
    verify_sni: Flag = declare_key(
        True, "Tie the server name to the address with a TLS profile (Controller 8.2+).", "a client can claim any name", "leave true"
    )
    openclaw_core_domains: Domains = declare_domains("Core services of the harness.")
    approved_model_gateway_domains: Domains = declare_domains("Approved model gateways.")
    package_registry_domains: Domains = declare_domains("Package registries and source control.")
    os_update_domains: Domains = declare_domains("HTTPS package mirrors of the operating system.")
    public_reference_domains: Domains = declare_domains("Search and reference sites.")
    unapproved_model_provider_domains: DeniedDomains = declare_key(
        (),
        "More model providers denied ahead of every permit. Adds to the class's own set, and never shortens it.",
        "an attempt is named in the log only when the deny names the provider",
        "list host names, or wildcards such as *.example.com",
        items=NAMES_OR_ENTRIES,
    )
    always_enforce: SetNames = declare_key(
        (),
        "Catalog deny sets whose denies are applied in monitor as well: unapproved-models, paste-and-webhooks, doh-resolvers.",
        "in monitor every other deny is only watched, and its traffic is delivered",
        "list deny sets of the class, such as unapproved-models and paste-and-webhooks",
    )
    sanctioned_model_providers: SanctionedProviders = declare_key(
        (),
        "Model providers of the deny set that this stack may reach: {host, owner, reason, until}.",
        "a sanctioned provider receives prompts and data; some classes allow none",
        "name one exact host that approvedModelGatewayDomains has, its owner, the reason, and the last day (YYYY-MM-DD)",
        items="object",
    )
    enable_credential_gateway: Flag = declare_key(
        True,
        "Put model providers behind the credential gateway; it is made once credentialRoutes names the secret of one.",
        "without it each agent host has provider keys, and can use others",
        "leave true, and name the secrets in credentialRoutes",
    )
    credential_routes: CredentialRoutes = declare_key(
        (),
        "Model providers behind the credential gateway: {host, secret, models, maxBodyBytes}; [] has no gateway yet.",
        "without it each agent host has provider keys, and can use others; with it agents reach models through it alone",
        "name one exact host that approvedModelGatewayDomains or the class has, the secret's ARN, and the permitted models",
        items="object",
    )
    approved_model_gateway_cidrs: Networks = declare_key(
        (),
        "Internal model gateways by address (TCP 443); the name of an entry is a network.",
        "an L4 permit has no name to check",
        "list entries {name, owner, reason, function, until}; a name is an internal CIDR, as small as can be",
        items=NAMES_OR_ENTRIES,
    )
    approved_saas_api_domains: Domains = declare_added_domains("Business SaaS APIs.")
    approved_mcp_gateway_domains: Domains = declare_added_domains("Enterprise MCP and tool gateways.")
    identity_and_telemetry_domains: Domains = declare_added_domains("Identity providers and telemetry.")
    aws_infra_domains: Domains = declare_added_domains("More AWS endpoints, in addition to the generated ones.")
    east_west_deny_cidrs: Cidrs = declare_key(
        RFC1918, "Networks no agent may reach sideways.", "a compromised agent moves sideways", "leave RFC 1918"
    )
    approved_internal_apis: InternalApis = declare_key(
        {},
        "Internal APIs and artifact stores by address: name -> {cidrs, ports, owner, reason}; TCP, at most 8.",
        "an L4 permit has no name to check, and precedes the east-west deny",
        "list each with private CIDRs (/20 or narrower), ports, owner and reason",
    )
    upload_waivers: UploadWaivers = declare_key(
        (),
        "Hosts where third parties can store data, permitted as exceptions: {host, owner, reason, until}.",
        "a class with private data may not reach them otherwise; each lets data leave",
        "name one exact host, its owner, the reason, and the day the waiver ends (YYYY-MM-DD)",
        items="object",
    )
    tls_decryption_urls: Urls = declare_key(
        (),
        "URLs (host/path*) permitted by path, on decrypted TLS; [] decrypts nothing. Controller 9.0 or newer.",
        "decryption breaks pinned certificates and shows contents to the gateway",
        "list only URLs whose path must be checked, such as api.example.com/v1/*",
        items=NAMES_OR_ENTRIES,
    )
    intrusion_detection: Flag = declare_key(
        False,
        "Intrusion prevention on permits that decrypt (tlsDecryptionUrls): major and critical intrusions are dropped. Controller 9.0+.",
        "a permitted host can be made to send an attack, or to take data, inside decrypted TLS",
        "set true where tlsDecryptionUrls lists URLs, and deploy platform/ with intrusionDetection: true",
    )
    accept_decryption_with_snat: Flag = declare_key(
        False,
        "State that a Controller named 9.0 is 9.0.10 or newer, for TLS decryption with SNAT; a whole controllerVersion states it too.",
        "an older Controller does not carry TLS decryption and SNAT together, and WebGroup rules stop working",
        'leave false, and set the whole release: controllerVersion: "9.0.10"',
    )

    @property
    def model_gateway_networks(self) -> tuple[IPv4Network, ...]:
        """The networks of `approved_model_gateway_cidrs`, of bare items and of entries."""
        return get_networks(self.approved_model_gateway_cidrs)
