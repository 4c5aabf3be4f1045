"""`explain --to` takes names, addresses and URLs; what cannot be one flow is refused with the text to write instead."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from containment.addresses.port_range import PortRange
from containment.errors import InputError
from containment.names import Action, Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.rules import ANYWHERE, Rule, RuleSet, WebGroup
from containment.queries.target import decide_urls, parse_target


@pytest.mark.parametrize(
    ("text", "name", "port", "path", "is_http"),
    [
        ("https://api.github.com/repos/x?y=1#z", "api.github.com", 443, "/repos/x", False),
        ("https://api.github.com", "api.github.com", 443, None, False),
        ("https://api.github.com/", "api.github.com", 443, None, False),
        ("HTTPS://API.GitHub.com:8443/a", "api.github.com", 8443, "/a", False),
        ("http://archive.ubuntu.com/ubuntu", "archive.ubuntu.com", 80, "/ubuntu", True),
        ("http://archive.ubuntu.com:8080", "archive.ubuntu.com", 8080, None, True),
        ("wss://chat.example.com/socket", "chat.example.com", 443, "/socket", False),
        ("  github.com:443 ", "github.com", 443, None, False),
        ("github.com.", "github.com", 443, None, False),
        ("bücher.example:443", "xn--bcher-kva.example", 443, None, False),
        ("https://bücher.example/a", "xn--bcher-kva.example", 443, "/a", False),
        ("api.github.com/repos/x", "api.github.com", 443, "/repos/x", False),
        ("api.github.com?q=1", "api.github.com", 443, None, False),
    ],
)
def test_a_name_or_url_is_one_flow(text: str, name: str, port: int, path: str | None, is_http: bool) -> None:
    found = parse_target(text)
    assert (found.name, found.address, found.protocol, found.port) == (name, None, Protocol.TCP, port)
    assert (found.path, found.is_http) == (path, is_http)


@pytest.mark.parametrize(
    ("text", "address", "port", "protocol"),
    [
        ("8.8.8.8:53/udp", "8.8.8.8", 53, Protocol.UDP),
        ("10.0.0.1/icmp", "10.0.0.1", None, Protocol.ICMP),
        ("[2001:db8::1]:443", "2001:db8::1", 443, Protocol.TCP),
        ("2001:db8::1", "2001:db8::1", 443, Protocol.TCP),
        ("https://[2001:db8::1]:8443/a", "2001:db8::1", 8443, Protocol.TCP),
        ("8.8.8.8/ANY", "8.8.8.8", 443, Protocol.ANY),
    ],
)
def test_an_address_is_one_flow(text: str, address: str, port: int | None, protocol: Protocol) -> None:
    found = parse_target(text)
    assert (found.name, found.address, found.port, found.protocol) == (None, ip_address(address), port, protocol)


@pytest.mark.parametrize(
    ("text", "says", "fix"),
    [
        ("https://user:secret@api.github.com/x", "user information", "write https://api.github.com/x"),
        ("ssh://git@github.com/x", "scheme 'ssh'", "write github.com:22"),
        ("htps://github.com/x", "scheme 'htps'", "write https://github.com/x"),
        ("github.com:99999", "port '99999'", "write github.com:65535 at most"),
        ("github.com:https", "port 'https'", "write github.com:443"),
        ("8.8.8.8:53/upd", "protocol 'upd'", "write 8.8.8.8:53/udp"),
        ("git hub.com:443", "white space", "write it without: github.com:443"),
        ("*.github.com:443", "a pattern", "write a host that it matches, such as www.github.com:443"),
        ("", "is empty", "write NAME:PORT"),
        (":443", "has no host", "write NAME:PORT"),
        ("https:///x", "has no host", "write NAME:PORT"),
        ("[2001:db8::g]:443", "not an IPv6 address", "write [ADDRESS]:PORT"),
        ("bad_name!:443", "characters", "write one host name"),
    ],
)
def test_what_is_no_flow_is_refused_with_the_text_to_write(text: str, says: str, fix: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(text)
    (problem,) = caught.value.problems
    assert says in problem.what
    assert problem.fix.startswith(fix)
    assert "secret" not in str(problem)


def test_what_is_assumed_is_a_note() -> None:
    assert parse_target("github.com").notes == ("--to has no port, so 443 is assumed",)
    assert parse_target("github.com", http=True).notes == ("--to has no port, so 80 is assumed",)
    assert parse_target("bücher.example:443").notes == ("bücher.example is sent as xn--bcher-kva.example",)
    assert parse_target("https://github.com").notes == parse_target("GitHub.com.:443").notes == ()


def test_plain_http_and_an_https_url_contradict_each_other() -> None:
    with pytest.raises(InputError):
        parse_target("https://github.com", http=True)


def test_a_path_decides_url_filters_of_rules_that_decrypt() -> None:
    urls = WebGroup("urls", (), (UrlPattern.parse("api.acme.example/v1/*"),))
    rule = Rule("by-url", 1, Action.PERMIT, ("all",), ("all",), Protocol.TCP, (PortRange(443, 443),), ("urls",), decrypts=True)
    rules = RuleSet((rule,), {"all": ANYWHERE}, {"urls": urls})

    def group(path: str | None) -> WebGroup:
        return decide_urls(rules, "api.acme.example", path).web_groups["urls"]

    assert group("/v1/items").patterns == (DomainPattern("api.acme.example"),)
    assert group("/v1/items").urls == ()
    assert DomainPattern("api.acme.example") not in group("/v2").patterns
    assert group("/v2").urls == ()
    assert group(None) == urls
    assert group("/v1/../v2").urls == urls.urls  # readers disagree about such a path
