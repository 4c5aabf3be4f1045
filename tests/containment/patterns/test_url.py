"""A URL is matched by host and path on decrypted TLS, and only there; what the gateway cannot see is not a yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from containment.names import Protocol
from containment.patterns.url import UrlPattern
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Effect, Flow, PolicyVerdict, Source, UnresolvedAddress
from containment.policy.rules import RuleSet
from containment.ternary import Ternary
from tests.containment.conftest import SpecOf

URLS = {"tlsDecryptionUrls": ["api.acme.example/v1/*"], "acceptDecryptionWithSnat": True, "policyMode": "enforce"}
TAGS = {"Role": "openclaw-agent-harness", "AgentStack": "made-up"}


@pytest.mark.parametrize(
    ("pattern", "name", "path", "match"),
    [
        ("api.acme.example/v1/*", "api.acme.example", "/v1/users", Ternary.YES),
        ("api.acme.example/v1/*", "API.acme.example.", "/v1/", Ternary.YES),
        ("api.acme.example/v1/*", "api.acme.example", "/v2/users", Ternary.NO),
        ("api.acme.example/v1/*", "api.acme.example", "/v1", Ternary.NO),
        ("api.acme.example/v1", "api.acme.example", "/v1", Ternary.YES),
        ("api.acme.example/v1", "api.acme.example", "/v1/users", Ternary.NO),
        ("api.acme.example/v1/*", "other.acme.example", "/v1/users", Ternary.NO),
        ("*.acme.example/v1/*", "api.acme.example", "/v1/users", Ternary.YES),
        ("*.acme.example/v1/*", "acme.example", "/v1/users", Ternary.MAYBE),
        ("api.acme.example/v1/*", "api.acme.example", None, Ternary.MAYBE),
        ("api.acme.example/v1/*", "api.acme.example", "/v1/../v2/users", Ternary.MAYBE),
        ("api.acme.example/v1/*", "api.acme.example", "/v1/%2e%2e/v2", Ternary.MAYBE),
        ("api.acme.example/v1/*", "api.acme.example", "/v1/..;/v2", Ternary.MAYBE),
        ("api.acme.example/v1/*", "api.acme.example", "/v1/a;b/..c", Ternary.YES),
        ("api.acme.example/v1/*", "api.acme.example", "//v1/users", Ternary.MAYBE),
        ("api.acme.example/v1/*", "api.acme.example", "/v2/x?y=/v1/", Ternary.MAYBE),
    ],
)
def test_host_and_path_must_both_fit(pattern: str, name: str, path: str | None, match: Ternary) -> None:
    assert UrlPattern.parse(pattern).matches(name, path) is match


@pytest.mark.parametrize("raw", ["https://API.Acme.example/v1/*", "HTTPS://api.acme.example./v1/*", " api.acme.example/v1/* "])
def test_one_url_has_one_spelling(raw: str) -> None:
    assert str(UrlPattern.parse(raw)) == "api.acme.example/v1/*"


def request(path: str | None, application: Application = Application.TLS) -> Flow:
    return Flow(Source(None, TAGS), UnresolvedAddress.PUBLIC, Protocol.TCP, 443, application, "api.acme.example", path)


@pytest.fixture
def ruleset(spec_of: SpecOf) -> RuleSet:
    return build_ruleset(spec_of(**URLS))


def test_only_the_permitted_path_passes(ruleset: RuleSet) -> None:
    inside, outside = decide(ruleset, request("/v1/users")), decide(ruleset, request("/v2/users"))
    assert (inside.verdict, inside.rule) == (PolicyVerdict.PERMIT, "vca-openclaw-allow-decrypted-urls")
    assert (outside.verdict, outside.effect) == (PolicyVerdict.DENY, Effect.BLOCKED)


def test_a_path_nobody_states_is_no_answer(ruleset: RuleSet) -> None:
    found = decide(ruleset, request(None))
    assert found.verdict is PolicyVerdict.UNKNOWN
    assert found.possible == ("vca-openclaw-allow-decrypted-urls", "vca-openclaw-default-deny")


def test_plain_http_is_never_permitted_by_url(ruleset: RuleSet) -> None:
    assert decide(ruleset, request("/v1/users", Application.HTTP)).verdict is PolicyVerdict.DENY


def test_without_decryption_a_url_matches_nothing_on_tls_and_perhaps_on_http(ruleset: RuleSet) -> None:
    rules = tuple(replace(rule, decrypts=False, tls_required=False) for rule in ruleset.rules)
    closed = RuleSet(rules, ruleset.smart_groups, ruleset.web_groups)
    assert decide(closed, request("/v1/users")).verdict is PolicyVerdict.DENY
    assert decide(closed, request("/v1/users", Application.HTTP)).verdict is PolicyVerdict.UNKNOWN
