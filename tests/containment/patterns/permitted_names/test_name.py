"""The validator of permitted names refuses each kind by its cause, with a fix, and accepts honest names."""

# ruff: noqa: RUF001 - letters that look like others are what is tested
from __future__ import annotations

import pytest

from containment.patterns.permitted_names.drop_sites import DROP_HOSTS, DROP_SITES
from containment.patterns.permitted_names.dynamic_dns import DYNAMIC_DNS
from containment.patterns.permitted_names.local_names import METADATA, SPECIAL_USE
from containment.patterns.permitted_names.name import find_lookalike_refusal, find_refusal
from containment.patterns.permitted_names.refusal import Cause, Scope
from containment.patterns.permitted_names.resolution import is_resolved_by_third_parties
from containment.patterns.permitted_names.tenants import CLOUDS, TENANTS
from containment.patterns.permitted_names.tunnels import ADDRESS_IN_NAME, RESOLVERS, TUNNELS

ADDRESSES = (
    "203.0.113.66",
    "203.0.113.66.",
    "0xCB.0x00.0x71.0x42",
    "0xcb007142",
    "0XCB007142",
    "3405803842",
    "203.113",
    "203.0.28994",
    "0313.0.0161.0102",
    "031300070502",
    "２０３.0.113.66",
    "203。0。113。66",
    "*.203.0.113.66",
    "*.113.66",
    "host.66",
    "host.0x42",
    "::1",
    "[::1]",
    "2001:db8::1",
    "fe80::1%eth0",
    "::ffff:203.0.113.66",
    "[::ffff:cb00:7142]",
    "127.1",
    "0",
    "169.254.169.254",
    "10.0.0.5",
)
REFUSED: dict[Cause, tuple[str, ...]] = {
    Cause.ADDRESS: ADDRESSES,
    Cause.TOP_LEVEL: ("localhost", "intranet", "*.com", "*.uk", "*.example", "*.internal", "api.*.com", "*.рф"),
    Cause.UNLISTED: ("crm.acme.exmaple", "*.acme.c0m", "acme.zz"),
    Cause.UNANCHORED: ("*", "*acme.com", "api.*", "acme.*", "203.0.113.*", "ac*me.com", "api.acme*", "*-acme.com", "github.com*"),
    Cause.PUBLIC_SUFFIX: (
        "co.uk",
        "*.co.uk",
        "a.*.co.uk",
        "github.io",
        "*.GitHub.io.",
        "*.s3.amazonaws.com",
        "s3.amazonaws.com",
        "公司.cn",
    ),
    Cause.SHARED_SUFFIX: (
        "*.amazonaws.com",
        "ec2.*.amazonaws.com",
        "*.windows.net",
        "*.core.windows.net",
        "*.zendesk.com",
        "app*.zendesk.com",
        "*.openai.azure.com",
        "*.eastus.logic.azure.com",
        "*.salesforce.com",
        "*.databricks.com",
    ),
    Cause.LOCAL: ("acme.local", "printer.lan", "x.home.arpa", "1.168.192.in-addr.arpa", "abc.onion", "app.localhost", "x.compute.internal"),
    Cause.METADATA: ("metadata", "metadata.google.internal", "*.google.internal", "instance-data.ec2.internal", "x.metadata.goog"),
    Cause.DYNAMIC_DNS: ("acme.duckdns.org", "*.acme.ddns.net", "duckdns.org", "x.afraid.org", "acme.hopto.org", "*.dynv6.net"),
    Cause.TUNNEL: ("x.ngrok.io", "x.eu.ngrok.io", "x.trycloudflare.com", "*.ts.net", "x.loca.lt", "bore.pub", "*.tailscale.net"),
    Cause.ADDRESS_IN_NAME: (
        "203.0.113.66.nip.io",
        "203-0-113-66.sslip.io",
        "cb007142.nip.io",
        "app.localtest.me",
        "203.0.113.66.evil.com",
        "app-203-0-113-66.evil.com",
        "ec2-203-0-113-66.compute-1.amazonaws.com",
        "66.113.0.203.bc.googleusercontent.com",
    ),
    Cause.DROP_SITE: (
        "pastebin.com",
        "api.webhook.site",
        "*.transfer.sh",
        "discord.com",
        "hooks.slack.com",
        "*.telegram.org",
        "*.discord.gg",
    ),
    Cause.RESOLVER: (
        "dns.google",
        "DNS.Google.",
        "mozilla.cloudflare-dns.com",
        "one.one.one.one",
        "*.one.one",
        "abc123.dns.nextdns.io",
        "acme.cloudflare-gateway.com",
        "*.opendns.com",
        "*.quad9.net",
        "\uff44ns.google",
    ),
    Cause.LOOK_ALIKE: (
        "ｏpenclaw.ai",
        "openclaw。ai",
        "open\u200bclaw.ai",
        "open\u00adclaw.ai",
        "\U0001d428penclaw.ai",
        "ⓞpenclaw.ai",
        "\u212aeys.acme.com",
        "\u00a0openclaw.ai",
        "*.ｏpenclaw.ai",
        "api.оpenai.com",
        "xn--80ak6aa92e.com",
        "ɡithub.com",
        "ορenai.com",
        "πpenai.com",
        "*.ԛwen.ai",
        "paypaӏ.com",
    ),
    Cause.MALFORMED: (
        "",
        " ",
        "two words",
        "https://acme.com",
        "acme.com/x",
        "acme.com:443",
        "a..b",
        "**.acme.com",
        "xn--a.com",
        "203.0.113.66/32",
    ),
}
HONEST = (
    "api.github.com",
    "github.com",
    "*.nvidia.com",
    "api.*.acme.com",
    "app*.acme.com",
    "acme.zendesk.com",
    "acme.my.salesforce.com",
    "*.acme.my.salesforce.com",
    "acme.github.io",
    "acme-files.s3.us-east-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "s3.dualstack.eu-west-1.amazonaws.com",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "acme.openai.azure.com",
    "storage.googleapis.com",
    "o1.ingest.us.sentry.io",
    "www.gov.uk",
    "acme.co.uk",
    "*.acme.co.uk",
    "www.ck",
    "city.kobe.jp",
    "gateway.acme.example",
    "*.acme.example",
    "artifacts.acme.internal",
    "internal.acme.com",
    "ip-10-0-0-5.acme.com",
    "1dot1dot1dot1.example.com",
    "v2.api.acme.com",
    "0x.com",
    "123.acme.com",
    "bücher.de",
    "smørrebrød.dk",
    "日本語.jp",
    "東京abcあ.jp",
    "пример.рф",
    "россия.com",
    "x.公司.cn",
)


@pytest.mark.parametrize(("cause", "name"), [(cause, name) for cause, names in REFUSED.items() for name in names])
def test_a_name_no_permit_may_have_is_refused_by_its_cause(cause: Cause, name: str) -> None:
    refusal = find_refusal(name)
    assert refusal is not None, name
    assert refusal.cause is cause, refusal
    assert len(refusal.what) > 5
    assert len(refusal.fix) > 10


def test_every_cause_has_examples() -> None:
    assert set(REFUSED) == set(Cause)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_is_accepted_in_every_spelling(name: str) -> None:
    for spelling in (name, name.upper(), f"{name}.", f" {name}"):
        assert find_refusal(spelling) is None, find_refusal(spelling)


@pytest.mark.parametrize(
    ("domains", "cause"),
    [
        (DYNAMIC_DNS, Cause.DYNAMIC_DNS),
        (TUNNELS, Cause.TUNNEL),
        (RESOLVERS, Cause.RESOLVER),
        (ADDRESS_IN_NAME, Cause.ADDRESS_IN_NAME),
        (DROP_SITES, Cause.DROP_SITE),
    ],
)
def test_every_listed_service_is_refused_with_everything_under_it(domains: frozenset[str], cause: Cause) -> None:
    services = {Cause.DYNAMIC_DNS, Cause.TUNNEL, Cause.RESOLVER, Cause.ADDRESS_IN_NAME, Cause.DROP_SITE}
    for domain in domains:
        for name in (domain, f"acme.{domain}", f"*.{domain}", f"a.b.{domain}"):
            refusal = find_refusal(name)
            assert refusal is not None, name
            assert refusal.cause in services, (name, refusal)
    assert len([domain for domain in domains if (found := find_refusal(f"acme.{domain}")) and found.cause is cause]) > len(domains) * 0.9


@pytest.mark.parametrize("suffix", sorted(TENANTS | CLOUDS))
def test_a_wildcard_over_a_shared_suffix_is_refused_and_a_tenant_is_not(suffix: str) -> None:
    refusal = find_refusal(f"*.{suffix}")
    assert refusal is not None
    assert refusal.cause in {Cause.SHARED_SUFFIX, Cause.PUBLIC_SUFFIX, Cause.TUNNEL, Cause.ADDRESS_IN_NAME, Cause.DROP_SITE, Cause.METADATA}
    tenant = find_refusal(f"acme.{suffix}")
    assert tenant is None or tenant.cause in {Cause.TUNNEL, Cause.ADDRESS_IN_NAME, Cause.DROP_SITE, Cause.LOCAL, Cause.PUBLIC_SUFFIX}


def test_no_wildcard_lies_anywhere_under_a_cloud() -> None:
    for cloud in CLOUDS:
        assert find_refusal(f"*.acme.{cloud}") is not None, cloud


@pytest.mark.parametrize(("name", "letter"), [("ｏpenclaw.ai", "U+FF4F"), ("open\u200bclaw.ai", "U+200B"), ("openclaw。ai", "U+3002")])
def test_a_disguised_spelling_is_refused_with_its_letter_and_its_plain_spelling(name: str, letter: str) -> None:
    refusal = find_refusal(name)
    assert refusal is not None
    assert letter in refusal.what
    assert refusal.fix == "write openclaw.ai"


def test_hosts_that_take_messages_are_refused_and_their_own_tenants_are_not() -> None:
    assert {host for host in DROP_HOSTS if (refusal := find_refusal(host)) is None or refusal.cause is not Cause.DROP_SITE} == set()
    assert find_refusal("o4504.ingest.de.sentry.io") is None


def test_private_names_may_be_resolved_and_metadata_names_may_not() -> None:
    for name in ("billing.acme.internal", "*.acme.corp", "db.lan.", "ip-10-0-0-5.ec2.internal"):
        assert find_refusal(name, Scope.INTERNAL) is None, name
    for name in (*METADATA, "*.co.uk", "*.internal", "x.duckdns.org", "x.onion"):
        assert find_refusal(name, Scope.INTERNAL) is not None, name
    assert all(find_refusal(f"acme.{top}") is not None for top in SPECIAL_USE)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("api.öpenai.com", "api.openai.com"),
        ("api.openaì.com", "api.openai.com"),
        ("gíthub.com", "github.com"),
        ("www.gìthub.com", "github.com"),
        ("опеnrouter.ai".replace("п", "p"), "openrouter.ai"),
    ],
)
def test_a_name_that_reads_like_a_known_one_is_refused(name: str, known: str) -> None:
    refusal = find_lookalike_refusal(name, [known, "pypi.org"])
    assert refusal is not None
    assert refusal.cause is Cause.LOOK_ALIKE
    assert known in refusal.what


@pytest.mark.parametrize("name", ["bücher.de", "api.openai.com", "github.com", "not a name", "пример.рф"])
def test_a_name_that_reads_like_no_known_one_is_not_refused(name: str) -> None:
    assert find_lookalike_refusal(name, ["api.openai.com", "github.com"]) is None


def test_a_refusal_never_depends_on_the_spelling_of_a_name() -> None:
    for names in REFUSED.values():
        for name in names:
            plain, other = find_refusal(name), find_refusal(f"{name.upper()}.")
            assert (plain is None) == (other is None), name


@pytest.mark.parametrize("name", ["*", "*.", "*.com", "*.co.uk", "*.duckdns.org", "acme.duckdns.org", "*.webhook.site", "*acme.com"])
def test_names_that_strangers_resolve_are_known(name: str) -> None:
    assert is_resolved_by_third_parties(name)


@pytest.mark.parametrize(
    "name",
    ["api.openai.com", "*.acme.com", "*.acme.internal", "*.s3.us-east-1.amazonaws.com", "ntfy.sh", "localhost", "*.zendesk.com", "x y"],
)
def test_names_of_one_owner_are_not_resolved_by_strangers(name: str) -> None:
    assert not is_resolved_by_third_parties(name)
