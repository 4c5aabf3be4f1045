"""A connection is permitted to every one of its programs, to a listed host and port, with visible content, or not at all."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from containment.local_proxy.answers import explain_how_to_ask
from containment.local_proxy.rules.decision import Permit, Policy
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import parse_authority
from containment.sandbox.profile import LauncherProfile
from tests.containment.local_proxy.samples import OTHER, PROGRAM, make_entry, make_profile

PRIVATE = {"scheme": "tcp", "host": None, "networks": ["10.20.0.0/24"], "ports": [{"first": 8080, "last": 8080}]}
PROFILE = make_profile(
    make_entry(),
    make_entry(host="*.docs.example.com"),
    make_entry(host="limited.example.com", requests=["GET /**"]),
    make_entry(host="inside.example.com", networks=["10.0.9.0/24"]),
    make_entry(**PRIVATE, requests=["GET /v1/*", "POST /v1/orders"]),
    make_entry(OTHER, host="git.example.com"),
    make_entry("/usr/lib/git-core/*", host="git.example.com"),
    programs=(PROGRAM, OTHER, "/usr/lib/git-core/*"),
)


def decide(host: str, *programs: str, profile: LauncherProfile = PROFILE) -> Permit | Denial:
    return Policy(profile).decide_tunnel(programs or (PROGRAM,), parse_authority(host))


def request(text: str, host: str = "10.20.0.5:8080", program: str = PROGRAM) -> Permit | Denial:
    return Policy(PROFILE).decide_contents((program,), parse_authority(host), [text], is_tls=False)


def rule(found: Permit | Denial) -> str | None:
    return found.rule.value if isinstance(found, Denial) else None


@pytest.mark.parametrize(
    ("host", "programs", "expected"),
    [
        ("api.example.com:443", (PROGRAM,), None),
        ("API.Example.COM.:443", (PROGRAM,), None),
        ("a.docs.example.com:443", (PROGRAM,), None),
        ("git.example.com:443", ("/usr/lib/git-core/git-remote-http",), None),
        ("docs.example.com:443", (PROGRAM,), DenyRule.DEFAULT),
        ("api.example.com.attacker.example:443", (PROGRAM,), DenyRule.DEFAULT),
        ("attacker.example:443", (PROGRAM,), DenyRule.DEFAULT),
        ("api.example.com:8443", (PROGRAM,), DenyRule.PORT),
        ("git.example.com:443", (PROGRAM,), DenyRule.PROGRAM_EGRESS),
        ("git.example.com:443", ("/usr/lib/git-core/sub/tool",), DenyRule.PROGRAM_UNLISTED),
        ("api.example.com:443", ("/tmp/curl",), DenyRule.PROGRAM_UNLISTED),
        ("api.example.com:443", (), DenyRule.PROGRAM_UNKNOWN),
        ("api.example.com:443", (PROGRAM, OTHER), DenyRule.PROGRAM_EGRESS),
        ("api.example.com:443", (PROGRAM, "/tmp/x"), DenyRule.PROGRAM_UNLISTED),
        ("limited.example.com:443", (PROGRAM,), DenyRule.CONTENT_HIDDEN),
        ("10.20.0.5:8080", (PROGRAM,), DenyRule.CONTENT_HIDDEN),
        ("10.20.0.5:22", (PROGRAM,), DenyRule.PORT),
        ("93.184.216.34:443", (PROGRAM,), DenyRule.ADDRESS_LITERAL),
        ("169.254.169.254:443", (PROGRAM,), DenyRule.ADDRESS_LITERAL),
        ("[::1]:443", (PROGRAM,), DenyRule.ADDRESS_LITERAL),
    ],
)
def test_a_tunnel_is_decided_by_program_host_and_port(host: str, programs: tuple[str, ...], expected: DenyRule | None) -> None:
    found = Policy(PROFILE).decide_tunnel(programs, parse_authority(host))
    assert rule(found) == expected


def test_an_empty_profile_permits_nothing() -> None:
    assert rule(decide("api.example.com:443", profile=make_profile())) == DenyRule.DEFAULT
    assert rule(decide("api.example.com:443", profile=make_profile(make_entry(), programs=()))) == DenyRule.PROGRAM_UNLISTED


def test_a_pattern_for_every_name_matches_no_address() -> None:
    profile = make_profile(make_entry(host="*"))
    assert rule(decide("attacker.example:443", profile=profile)) is None
    assert rule(decide("93.184.216.34:443", profile=profile)) == DenyRule.ADDRESS_LITERAL


def test_a_network_permits_no_name_because_a_name_is_looked_up_outside() -> None:
    assert rule(decide("x.attacker.example:8080")) == DenyRule.DEFAULT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /v1/orders", None),
        ("POST /v1/orders", None),
        ("POST /v1/other", DenyRule.CONTENT),
        ("DELETE /v1/orders", DenyRule.CONTENT),
        ("GET /v1/orders/7", DenyRule.CONTENT),
        ("get /v1/orders", DenyRule.CONTENT),
    ],
)
def test_a_request_in_clear_text_is_compared_with_the_listed_ones(text: str, expected: DenyRule | None) -> None:
    assert rule(request(text)) == expected


def test_a_destination_for_tls_alone_gets_no_clear_text() -> None:
    assert rule(request("GET /", "api.example.com:443")) == DenyRule.CLEAR_TEXT


@pytest.mark.parametrize(
    ("host", "addresses", "expected"),
    [
        ("api.example.com:443", ["93.184.216.34"], None),
        ("api.example.com:443", ["2606:2800:220:1::1"], None),
        ("api.example.com:443", ["93.184.216.34", "127.0.0.1"], DenyRule.ADDRESS),
        ("api.example.com:443", ["169.254.169.254"], DenyRule.ADDRESS),
        ("api.example.com:443", ["10.0.9.7"], DenyRule.ADDRESS),
        ("inside.example.com:443", ["10.0.9.7"], None),
        ("inside.example.com:443", ["10.0.8.7"], DenyRule.ADDRESS),
    ],
)
def test_an_address_is_public_or_in_a_network_of_the_entry(host: str, addresses: list[str], expected: DenyRule | None) -> None:
    permit = decide(host)
    assert isinstance(permit, Permit)
    assert rule(permit.narrow([ip_address(one) for one in addresses])) == expected


def test_every_program_decides_about_the_address() -> None:
    profile = make_profile(make_entry(), make_entry(OTHER, networks=["10.0.9.0/24"]))
    permit = decide("api.example.com:443", PROGRAM, OTHER, profile=profile)
    assert isinstance(permit, Permit)
    assert rule(permit.narrow([ip_address("10.0.9.7")])) == DenyRule.ADDRESS


def test_tls_is_required_unless_every_program_may_send_other_bytes() -> None:
    profile = make_profile(make_entry(), make_entry(scheme="tcp"), make_entry(OTHER))
    both, one = decide("api.example.com:443", PROGRAM, OTHER, profile=profile), decide("api.example.com:443", profile=profile)
    assert isinstance(both, Permit)
    assert isinstance(one, Permit)
    assert both.tls_only
    assert not one.tls_only


def test_a_denied_name_comes_with_the_command_that_proposes_it() -> None:
    found, host = decide("new.example.org:443"), parse_authority("new.example.org:443")
    assert isinstance(found, Denial)
    command = "containment promote new.example.org --stack coding-monitor --owner TEAM --reason REASON --until YYYY-MM-DD"
    assert explain_how_to_ask(found, PROFILE, PROGRAM, host) == command
