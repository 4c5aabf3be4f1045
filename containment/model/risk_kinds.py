"""Every kind of residual risk: protections that are off, what a permit leaves possible, and what no key closes.

`risks` makes a stack's report of them; the documentation's page is made of the same list.
"""

from __future__ import annotations

from typing import Final

from containment.model.risk_kind import Found, RiskKind, named
from containment.model.risks_by_switch import SWITCHED_OFF
from containment.model.spec import ContainmentSpec


def _always(_: ContainmentSpec) -> Found:
    return ()


PERMITTED: Final = (
    RiskKind(
        "uploads-to-strangers",
        "these permitted hosts store data under anybody's account",
        "an own mirror, or a gateway that sees requests; in a class with `uploads: refused`, no waiver",
        "",
        lambda spec: named(host.pattern for host in spec.known_hosts if host.uploads),
    ),
    RiskKind(
        "relays",
        "these permitted hosts pass on what they are sent to destinations of the sender's choosing",
        "an own mirror, or a gateway that sees requests",
        "",
        lambda spec: named(host.pattern for host in spec.known_hosts if host.relays),
    ),
    RiskKind(
        "foreign-tenants",
        "these permitted hosts serve accounts other than ours, and a foreign key is not told from ours",
        "a gateway of one's own in front, or the tenant's own host name",
        "",
        lambda spec: named(host.pattern for host in spec.known_hosts if host.foreign_tenant),
    ),
    RiskKind(
        "hosts-not-in-catalog",
        "what these permitted hosts accept is not known to the catalog, so nothing refuses them by what they are",
        "an entry in presets/catalog/ with its flags",
        "",
        lambda spec: named(host.pattern for host in spec.known_hosts if not host.listed),
    ),
    RiskKind(
        "wildcards",
        "every host under these names is permitted, those that do not exist yet included",
        "exact host names",
        "",
        lambda spec: named(host.pattern for host in spec.known_hosts if not host.pattern.is_exact),
    ),
    RiskKind(
        "waived-uploads",
        "upload hosts are waived for a class that otherwise refuses them",
        "the end of the waiver",
        "uploadWaivers",
        lambda spec: named(f"{waiver.host} until {waiver.until} ({waiver.owner})" for waiver in spec.config.upload_waivers),
    ),
    RiskKind(
        "internal-apis-by-address",
        "TCP to these networks and ports is permitted whatever is said in it: no name can be checked",
        "networks as small as the service, and authentication there",
        "approvedInternalApis",
        lambda spec: named(f"{api.name} ({', '.join(map(str, api.cidrs))})" for api in spec.internal_apis),
    ),
    RiskKind(
        "model-gateways-by-address",
        "TCP 443 to these networks is permitted whatever is said in it: no name can be checked",
        "networks as small as the gateway, and authentication there",
        "approvedModelGatewayCidrs",
        lambda spec: named(spec.config.approved_model_gateway_cidrs),
    ),
    RiskKind(
        "names-under-a-domain",
        "any name under these domains is resolved, so whoever runs their name servers can receive data in names",
        "exact names instead of wildcards; internalDnsDomains for domains of one's own only",
        "internalDnsDomains",
        lambda spec: named(name for name in spec.dns_names if not name.is_exact) if spec.config.enable_dns_firewall else None,
    ),
    RiskKind(
        "decrypted-contents",
        "the gateway sees the contents of these requests, and with SNAT beside it a release may not carry both",
        "an empty tlsDecryptionUrls",
        "tlsDecryptionUrls",
        lambda spec: named(spec.decrypted_urls),
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
