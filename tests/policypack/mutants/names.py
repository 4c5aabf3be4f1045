"""Holes in names of permits: one per kind of name that no permit may have, and one per group of services, tenants and clouds.

Each adds one name to the WebGroup of the harness's core, exact or as a wildcard; a few give it as the host of a URL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from containment.patterns.permitted_names import account_hosts, drop_sites, dynamic_dns, local_names, tenants, tunnels
from tests.policypack.mutants.mutant import Mutant, Set

_RULE: Final = "permitted-names-are-not-denied"
_CORE: Final = "policy-wg-openclaw-core"
_GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "dynamic-dns": dynamic_dns._BY_SERVICE,
    "tunnel": tunnels._TUNNELS_BY_SERVICE,
    "address-service": tunnels._ADDRESS_IN_NAME_BY_SERVICE,
    "resolver": tunnels._RESOLVERS_BY_OPERATOR,
    "drop-site": drop_sites._BY_KIND,
}
"""Services: any name under their domains is a hole, exact or not."""
_SHARED: Final[Mapping[str, Mapping[str, str]]] = {"cloud": tenants._CLOUDS_BY_OWNER, "tenants": tenants._TENANTS_BY_KIND}
"""Shared suffixes: a wildcard over one is a hole, a tenant's own host is not."""
_ACCOUNTS: Final[Mapping[str, str]] = account_hosts._SAAS_BY_KIND
"""Hosts of any account: a wildcard over one is a hole, its exact name is a class's decision."""
_MODELS: Final[Mapping[str, str]] = account_hosts._MODELS_BY_KIND
"""Hosts of models: every name of one in another group than the approved model gateways is a hole."""

_SINGLE: Final[Mapping[str, str]] = {
    "address": "203.0.113.66",
    "address-dotted": "203.0.113.66.",
    "address-hex-octets": "0xcb.0x0.0x71.0x42",
    "address-hex": "0xcb007142",
    "address-decimal": "3405803842",
    "address-octal": "0313.0.0161.0102",
    "address-short": "203.113",
    "address-two-octets": "127.1",
    "address-full-width": "\uff12\uff10\uff13.0.113.66",
    "address-wildcard": "*.203.0.113.66",
    "address-ipv6": "2001:db8::66",
    "address-ipv6-brackets": "[::1]",
    "address-mapped": "::ffff:203.0.113.66",
    "address-numeric-end": "host.66",
    "address-in-labels": "203.0.113.66.acme.example",
    "address-in-one-label": "app-203-0-113-66.acme.example",
    "address-of-metadata": "169-254-169-254.acme.example",
    "top-level-single": "intranet",
    "top-level-localhost": "localhost",
    "top-level-wildcard": "*.dev",
    "top-level-infix": "api.*.com",
    "top-level-idn": "*.xn--p1ai",
    "unlisted": "crm.acme.exmaple",
    "unlisted-wildcard": "*.acme.c0m",
    "unanchored-suffix": "*acme.example",
    "unanchored-prefix": "acme.*",
    "unanchored-middle": "ac*me.example",
    "suffix-icann": "co.uk",
    "suffix-icann-wildcard": "*.co.uk",
    "suffix-icann-infix": "www.*.co.jp",
    "suffix-icann-idn": "*.xn--55qx5d.cn",
    "suffix-icann-deep": "*.kobe.jp",
    "suffix-private": "github.io",
    "suffix-private-wildcard": "*.github.io",
    "suffix-private-vercel": "*.vercel.app",
    "suffix-private-workers": "*.workers.dev",
    "suffix-bucket": "*.s3.amazonaws.com",
    "suffix-bucket-in-region": "*.s3.us-west-2.amazonaws.com",
    "suffix-api-gateway": "*.execute-api.us-east-1.amazonaws.com",
    "suffix-lambda-url": "*.lambda-url.us-east-1.on.aws",
    "suffix-global-s3": "s3.amazonaws.com",
    "suffix-content": "*.githubusercontent.com",
    "suffix-below": "*.windows.net",
    "local-mdns": "printer.local",
    "local-home": "nas.home.arpa",
    "local-reverse": "66.113.0.203.in-addr.arpa",
    "local-onion": "abcdefghijklmnop.onion",
    "local-test": "app.test",
    "local-lan": "files.lan",
    "local-machine": "ip-10-9-8-7.ec2.internal",
    "local-cluster": "kubernetes.default.svc.cluster.local",
    "disguised-full-width": "\uff44ocs.openclaw.ai",
    "disguised-stop": "docs\u3002openclaw.ai",
    "disguised-zero-width": "docs\u200b.openclaw.ai",
    "disguised-soft-hyphen": "do\u00adcs.openclaw.ai",
    "disguised-mathematical": "\U0001d41docs.openclaw.ai",
    "disguised-ligature": "\ufb01les.openclaw.ai",
    "look-alike-cyrillic": "docs.\u043epenclaw.ai",
    "look-alike-greek": "docs.\u03bfpenclaw.ai",
    "look-alike-armenian": "\u0570ello.example",
    "look-alike-whole-script": "xn--80ak6aa92e.com",
    "look-alike-latin": "\u0261ithub.com",
    "look-alike-wildcard": "*.\u051bwen.ai",
    "look-alike-mixed": "\u03c0penai.com",
    "look-alike-diacritic": "api.\u00f6penai.com",
    "malformed-port": "api.acme.example:8443",
    "malformed-url": "https://api.acme.example",
    "malformed-network": "203.0.113.0/24",
    "malformed-label": "api..acme.example",
    "malformed-stars": "**.acme.example",
    "malformed-punycode": "xn--a.example",
    "region/s3": "s3.eu-west-3.amazonaws.com",
    "region/dual-stack": "s3.dualstack.eu-west-3.amazonaws.com",
    "region/old-form": "s3-eu-west-3.amazonaws.com",
    "region/registry": "api.ecr.eu-west-3.amazonaws.com",
    "region/fips": "bedrock-runtime-fips.us-west-2.amazonaws.com",
    "region/api-aws": "sts.eu-west-3.api.aws",
    "region/partition": "sts.cn-north-1.amazonaws.com.cn",
    "region/government": "ec2.us-gov-west-1.amazonaws.com",
    "region/spelling": "S3.EU-West-3.AmazonAWS.com.",
    "message-hosts": "discord.com",
    "message-hooks": "hooks.slack.com",
    "message-bots": "api.telegram.org",
}
_URLS: Final[Mapping[str, str]] = {
    "address": "203.0.113.66/v1/*",
    "suffix": "*.github.io/v1/*",
    "tunnel": "https://acme.ngrok.io/v1/*",
    "metadata": "metadata.google.internal/computeMetadata/*",
    "drop-site": "webhook.site/acme/*",
    "tenants": "*.zendesk.com/api/*",
}


def _table() -> Iterator[Mutant]:
    for what, name in _SINGLE.items():
        yield _added(what, {"snifilter": name})
    for kind, groups in _GROUPS.items():
        for group, domains in groups.items():
            first = domains.split()[0]
            yield _added(f"{kind}/{group}", {"snifilter": f"acme.{first}"})
            yield _added(f"{kind}/{group}/wildcard", {"snifilter": f"*.{first}"})
    for kind, groups in _SHARED.items():
        for group, domains in groups.items():
            for suffix in domains.split()[::8]:
                yield _added(f"{kind}/{group}/{suffix}", {"snifilter": f"*.{suffix}"})
    for group, hosts in _ACCOUNTS.items():
        host = hosts.split()[0]
        yield _added(f"account/{group}", {"snifilter": f"*.{host.partition('.')[2] if host.count('.') > 1 else host}"})
    for group, hosts in _MODELS.items():
        for host in hosts.split()[::4]:
            yield _added(f"model/{group}/{host}", {"snifilter": host})
            yield _added(f"model/{group}/{host}/url", {"urlfilter": f"{host}/v1/*"})
    for name in sorted(local_names.METADATA):
        yield _added(f"metadata/{name}", {"snifilter": name})
    for what, url in _URLS.items():
        yield _added(f"url/{what}", {"urlfilter": url})


def _added(what: str, expression: dict[str, str]) -> Mutant:
    return Mutant(f"name/{what}", _RULE, (Set(_CORE, "selector/matchExpressions/+", expression),))


TABLE: Final = tuple(_table())
