"""Every shipped class in every mode has exactly the rules of seed 001, in its order, and ours at their own priorities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.names import DENY_GROUPS, Action, PolicyMode, Priority, Protocol, SmartGroupId, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.policy.builder import build_ruleset
from containment.policy.rules import CidrSelector, Logging, Rule, RuleSet, TagSelector
from tests.containment.conftest import SpecOf
from tests.support.classes import SHIPPED

SEEDS = Path(__file__).parents[4] / "shared" / "seeds"
ANYWHERE = "def000ad-0000-0000-0000-000000000000"
PUBLIC = "def000ad-0000-0000-0000-000000000001"


@dataclass(frozen=True)
class Row:
    """One rule as it must be; `quote` is the line of seed 001's first table that asks for it, None where the rule is ours."""

    priority: int
    rule: str
    action: str
    protocol: str
    ports: str
    to: str
    web: str | None
    quote: str | None


SHADOW = "10\tvca-openclaw-shadow-model-deny\tDENY + LOG\tUnapproved / shadow model providers"
VPC_DNS = "18/19\tallow-vpc-dns-udp / tcp\tPERMIT\tVPC DNS resolver (keep normal resolution)"
DNS_EXFIL = "20/21\tdeny-dns-exfil-udp / tcp\tDENY + LOG\tExternal DNS resolvers, UDP/TCP 53"
AWS = "30\tallow-aws-infra\tPERMIT\tSSM, EC2, STS, Logs, ECR/S3 bootstrap"
UPDATES = "31\tallow-os-updates-https\tPERMIT (opt.)\tHTTPS package / update endpoints"
MODELS = "40/41\tallow-model-gateways\tPERMIT\tSanctioned NVIDIA / enterprise model gateways"
CORE = "50\tallow-core\tPERMIT\tOpenClaw / Hermes / NemoClaw core domains"
PACKAGES = "60\tallow-packages\tPERMIT (opt.)\tnpm, PyPI, GitHub, Hugging Face, Docker"
SAAS = "70\tallow-saas-apis\tPERMIT (opt.)\tBusiness APIs approved for this agent class"
MCP = "80\tallow-mcp-gateways\tPERMIT (opt.)\tEnterprise MCP / tool gateways"
IDENTITY = "90\tallow-identity-telemetry\tPERMIT (opt.)\tApproved IdP and monitoring endpoints"
REFERENCE = "95\tallow-public-reference\tPERMIT (opt.)\tSearch / weather / reference (demo only)"
EAST_WEST = "100\tdeny-eastwest\tDENY + LOG\tLateral movement to adjacent / internal CIDRs"
POST = "POST\tdefault action\tDENY + LOG\tAnything not explicitly allowed"

EVERY_ROW = (
    Row(10, "shadow-model-deny", "DENY", "TCP", "443", PUBLIC, "wg-unapproved-model-providers", SHADOW),
    Row(11, "deny-doh-resolvers", "DENY", "TCP", "443", PUBLIC, "wg-doh-resolvers", None),
    Row(12, "deny-paste-and-webhooks", "DENY", "TCP", "443", PUBLIC, "wg-paste-and-webhooks", None),
    Row(18, "allow-vpc-dns-udp", "PERMIT", "UDP", "53", "sg-vpc-dns-resolver", None, VPC_DNS),
    Row(19, "allow-vpc-dns-tcp", "PERMIT", "TCP", "53", "sg-vpc-dns-resolver", None, VPC_DNS),
    Row(20, "deny-dns-exfil-udp", "DENY", "UDP", "53", ANYWHERE, None, DNS_EXFIL),
    Row(21, "deny-dns-exfil-tcp", "DENY", "TCP", "53", ANYWHERE, None, DNS_EXFIL),
    Row(29, "allow-decrypted-urls", "INTRUSION_DETECTION_PERMIT", "TCP", "443", PUBLIC, "wg-decrypted-urls", None),
    Row(30, "allow-aws-infra", "PERMIT", "TCP", "443", "sg-vpc-endpoints", "wg-aws-infra", AWS),
    Row(31, "allow-os-updates-https", "PERMIT", "TCP", "443", PUBLIC, "wg-os-updates", UPDATES),
    Row(40, "allow-model-gateways", "PERMIT", "TCP", "443", PUBLIC, "wg-approved-model-gateways", MODELS),
    Row(41, "allow-model-gateway-cidrs", "PERMIT", "TCP", "443", "sg-approved-model-gateway-cidrs", None, MODELS),
    Row(42, "allow-api-artifacts", "PERMIT", "TCP", "443", "sg-api-artifacts", None, None),
    Row(43, "allow-api-billing", "PERMIT", "TCP", "8443,9000-9010", "sg-api-billing", None, None),
    Row(50, "allow-core", "PERMIT", "TCP", "443", PUBLIC, "wg-openclaw-core", CORE),
    Row(60, "allow-packages", "PERMIT", "TCP", "443", PUBLIC, "wg-package-registries", PACKAGES),
    Row(70, "allow-saas-apis", "PERMIT", "TCP", "443", PUBLIC, "wg-approved-saas-apis", SAAS),
    Row(80, "allow-mcp-gateways", "PERMIT", "TCP", "443", PUBLIC, "wg-approved-mcp-gateways", MCP),
    Row(90, "allow-identity-telemetry", "PERMIT", "TCP", "443", PUBLIC, "wg-identity-telemetry", IDENTITY),
    Row(95, "allow-public-reference", "PERMIT", "TCP", "443", PUBLIC, "wg-public-reference", REFERENCE),
    Row(100, "deny-eastwest", "DENY", "ANY", "", "sg-east-west-deny", None, EAST_WEST),
    Row(200, "default-deny", "DENY", "ANY", "", ANYWHERE, None, None),
    Row(210, "monitor-permit", "PERMIT", "ANY", "", ANYWHERE, None, None),
)
ROWS = {row.priority: row for row in EVERY_ROW}
ALWAYS = (10, 11, 12, 18, 19, 20, 21, 30, 40, 50, 100, 200)
CLASSES = {
    "coding": (*ALWAYS, 60),
    "customer-support": ALWAYS,
    "healthcare-phi": ALWAYS,
    "locked-down": ALWAYS,
    "open-demo": (*ALWAYS, 60, 95),
    "regulated-data": ALWAYS,
    "research": (*ALWAYS, 95),
}
"""The rows of each class, without monitor's 210."""

EVERYTHING: dict[str, Any] = {
    "agentClass": "open-demo",
    "osUpdateDomains": ["archive.ubuntu.com"],
    "enablePackageInstalls": True,
    "enablePublicReference": True,
    "approvedModelGatewayCidrs": ["10.9.0.0/24"],
    "approvedSaasApiDomains": ["acme.atlassian.net"],
    "approvedMcpGatewayDomains": ["mcp.acme.example"],
    "identityAndTelemetryDomains": ["login.acme.example"],
    "approvedInternalApis": {
        "billing": {"cidrs": ["10.8.1.0/28", "10.8.0.0/28"], "ports": ["9000-9010", 8443], "owner": "billing", "reason": "Invoices."},
        "artifacts": {"cidrs": ["10.8.2.0/28"], "ports": [443], "owner": "build", "reason": "Reviewed packages."},
    },
    "tlsDecryptionUrls": ["api.acme.example/v1/*"],
    "acceptDecryptionWithSnat": True,
}
"""Configuration that turns on every optional row."""


def as_row(rule: Rule, prefix: str = "vca-openclaw-") -> tuple[Any, ...]:
    assert rule.name.startswith(prefix)
    return (
        int(rule.priority),
        rule.name.removeprefix(prefix),
        rule.action.value,
        rule.protocol.value,
        ",".join(map(str, rule.ports)),
        *rule.destinations,
        rule.web_groups[0] if rule.web_groups else None,
    )


def expected(priorities: tuple[int, ...], mode: str) -> list[tuple[Any, ...]]:
    shown = sorted((*priorities, *([210] if mode == "monitor" else [])))
    return [(row.priority, row.rule, row.action, row.protocol, row.ports, row.to, row.web) for row in map(ROWS.__getitem__, shown)]


@pytest.mark.parametrize("mode", ["monitor", "enforce"])
@pytest.mark.parametrize("agent_class", CLASSES)
def test_a_shipped_class_has_exactly_its_rows_in_order(
    shipped: dict[tuple[str, str], ContainmentSpec], agent_class: str, mode: str
) -> None:
    ruleset = build_ruleset(shipped[agent_class, mode])
    assert [as_row(rule) for rule in ruleset.rules] == expected(CLASSES[agent_class], mode)


def test_the_classes_written_down_here_ship(library: Library) -> None:
    assert set(CLASSES) == set(SHIPPED) <= set(library.presets)


@pytest.mark.parametrize("mode", ["monitor", "enforce"])
def test_every_optional_row_can_be_turned_on(spec_of: SpecOf, mode: str) -> None:
    ruleset = build_ruleset(spec_of(policyMode=mode, **EVERYTHING))
    assert [as_row(rule) for rule in ruleset.rules] == expected(tuple(set(ROWS) - {210}), mode)


@pytest.mark.parametrize("quote", sorted({row.quote for row in EVERY_ROW if row.quote} | {POST}))
def test_each_quote_is_in_the_source_document(quote: str) -> None:
    files = sorted(SEEDS.glob("001_*"))
    if not files:
        pytest.skip("the seeds are not at hand (looked for ../shared/seeds beside the repository)")
    assert quote in files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("row", [row for row in EVERY_ROW if row.quote], ids=lambda row: row.rule)
def test_a_row_agrees_with_its_quote(row: Row) -> None:
    priority, name, action, _ = str(row.quote).split("\t")
    assert str(row.priority) in priority.split("/")
    stem = name.split(" ")[0].removeprefix("vca-openclaw-").removesuffix("-udp").removesuffix("s")
    assert row.rule.startswith(stem)
    assert action.split(" ")[0] == row.action


@pytest.mark.parametrize("place", Priority, ids=lambda place: place.name)
def test_every_priority_has_its_row(place: Priority) -> None:
    assert int(place) in ROWS or place in (Priority.INTERNAL_APIS_LAST, Priority.CREDENTIAL_GATEWAY)


def all_of(shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf) -> Iterator[tuple[ContainmentSpec, RuleSet]]:
    specs = [*shipped.values(), *(spec_of(policyMode=mode, **EVERYTHING) for mode in PolicyMode)]
    yield from ((spec, build_ruleset(spec)) for spec in specs)


def test_every_permit_of_names_demands_tls_and_goes_to_the_internet_or_the_endpoints(
    shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf
) -> None:
    for _, ruleset in all_of(shipped, spec_of):
        named = [rule for rule in ruleset.rules if rule.web_groups and rule.action.permits]
        assert len(named) >= 3
        for rule in named:
            assert rule.tls_required
            assert rule.verify_sni
            assert rule.ports[0].low == rule.ports[0].high == 443
            assert rule.destinations == (("sg-vpc-endpoints",) if rule.name.endswith("allow-aws-infra") else (PUBLIC,))


def test_nothing_permits_before_the_first_deny_and_everything_is_denied_at_the_end(
    shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf
) -> None:
    for spec, ruleset in all_of(shipped, spec_of):
        assert ruleset.default_action is Action.DENY
        assert not ruleset.rules[0].action.permits
        broad = [rule for rule in ruleset.rules if rule.action.permits and rule.protocol is Protocol.ANY]
        assert [rule.name for rule in broad] == (["vca-openclaw-monitor-permit"] if spec.mode is PolicyMode.MONITOR else [])
        assert all(rule is ruleset.rules[-1] for rule in broad)


def test_denies_are_watched_in_monitor_only_logged_always_and_permits_are_never_watched(
    shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf
) -> None:
    for spec, ruleset in all_of(shipped, spec_of):
        for rule in ruleset.rules:
            assert rule.watch is (spec.mode is PolicyMode.MONITOR and not rule.action.permits)
            assert not rule.disabled
            assert rule.logging is not Logging.NONE
            assert rule.why
            assert rule.source


def test_a_rule_names_the_line_it_comes_from(shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf) -> None:
    for _, ruleset in all_of(shipped, spec_of):
        for rule in ruleset.rules:
            quote = ROWS[rule.priority].quote
            expected = "addition: " if quote is None else "Aviatrix blueprint, rule " + quote.split("\t")[0]
            assert rule.source.startswith(expected) if quote is None else rule.source == expected


def test_permits_can_go_unlogged_and_denies_cannot(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of(logPermitRules=False))
    for rule in ruleset.rules[:-1]:
        assert rule.logging is (Logging.NONE if rule.action.permits else Logging.START)
    assert ruleset.rules[-1].logging is Logging.START  # monitor's own permit is what shows the traffic


def test_monitor_and_enforce_differ_in_watch_and_the_last_permit_alone(spec_of: SpecOf) -> None:
    monitor, enforce = (build_ruleset(spec_of("one", policyMode=mode, **EVERYTHING)) for mode in ("monitor", "enforce"))
    assert [as_row(rule) for rule in monitor.rules[:-1]] == [as_row(rule) for rule in enforce.rules]
    assert monitor.smart_groups == enforce.smart_groups
    assert monitor.web_groups == enforce.web_groups
    assert monitor.default_action is enforce.default_action


def test_the_source_of_every_rule_is_the_tagged_hosts_of_this_stack_or_its_agent_subnets(
    shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf
) -> None:
    for spec, ruleset in all_of(shipped, spec_of):
        assert {name for rule in ruleset.rules for name in rule.sources} == {"sg-agent-workload"}
        assert ruleset.smart_groups["sg-agent-workload"].selectors == (
            TagSelector({"Role": "openclaw-agent-harness", "AgentStack": spec.stack}),
            *(CidrSelector(subnet) for subnet in spec.agent_subnets),
        )


def test_the_source_contains_the_subnets_of_every_zone(spec_of: SpecOf) -> None:
    source = build_ruleset(spec_of(availabilityZoneCount=3, vpcCidr="10.50.0.0/16")).smart_groups["sg-agent-workload"]
    networks = [selector.network for selector in source.selectors if isinstance(selector, CidrSelector)]
    assert networks == [ip_network(f"10.50.{place}.0/24") for place in (10, 11, 12)]


def test_the_resolver_and_the_endpoints_are_the_stack_s_own(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of(vpcCidr="10.50.0.0/16", availabilityZoneCount=2))
    members = {
        name.value: [str(s.network) for s in ruleset.smart_groups[name].selectors if isinstance(s, CidrSelector)]
        for name in SmartGroupId
        if name in ruleset.smart_groups
    }
    assert members["sg-vpc-dns-resolver"] == ["10.50.0.2/32"]
    assert members["sg-vpc-endpoints"] == ["10.50.20.0/24", "10.50.21.0/24"]
    assert members["sg-east-west-deny"] == ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    assert "sg-approved-model-gateway-cidrs" not in members


def test_without_endpoints_aws_is_reached_over_the_internet_as_a_residual_risk(spec_of: SpecOf) -> None:
    (rule,) = [rule for rule in build_ruleset(spec_of(createSsmVpcEndpoints=False)).rules if rule.priority == 30]
    assert rule.destinations == (PUBLIC,)
    assert "residual risk" in rule.why


@pytest.mark.parametrize(("version", "verified"), [("8.1", False), ("8.2", True), ("9.0", True), ("10.0", True)])
def test_the_server_name_is_verified_where_the_controller_can(spec_of: SpecOf, version: str, verified: bool) -> None:
    ruleset = build_ruleset(spec_of(controllerVersion=version, manageControllerPolicy=True, verifySni=verified))
    assert {rule.verify_sni for rule in ruleset.rules if rule.web_groups and rule.action.permits} == {verified}


def test_an_internal_api_is_permitted_by_its_own_group_sorted_with_its_owner_and_reason(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of(**EVERYTHING))
    networks = [str(s.network) for s in ruleset.smart_groups["sg-api-billing"].selectors if isinstance(s, CidrSelector)]
    assert networks == ["10.8.0.0/28", "10.8.1.0/28"]
    rule = ruleset.by_name["vca-openclaw-allow-api-billing"]
    assert rule.why == "Invoices. (billing)"
    assert not rule.tls_required


def test_tls_is_opened_only_where_urls_are_permitted_and_inspected_there(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of(**EVERYTHING))
    (rule,) = [rule for rule in ruleset.rules if rule.decrypts]
    assert rule.web_groups == ("wg-decrypted-urls",)
    assert rule.action is Action.INSPECT_PERMIT
    assert ruleset.web_groups["wg-decrypted-urls"].expressions == ("api.acme.example/v1/*",)
    assert not any(group.urls for name, group in ruleset.web_groups.items() if name != "wg-decrypted-urls")
    assert min(other.priority for other in ruleset.rules if other.web_groups and other.action.permits) == rule.priority


def test_without_networks_to_deny_there_is_no_east_west_rule_and_no_group(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of(eastWestDenyCidrs=[]))
    assert "sg-east-west-deny" not in ruleset.smart_groups
    assert [rule for rule in ruleset.rules if rule.priority == 100] == []


def test_group_names_of_stacks_on_one_controller_never_meet(shipped: dict[tuple[str, str], ContainmentSpec]) -> None:
    names = [group.name for spec in shipped.values() for groups in _own_groups(spec) for group in groups]
    assert len(names) == len(set(names)) > 20
    for spec in shipped.values():
        for groups in _own_groups(spec):
            for group in groups:
                assert group.name.startswith(f"vca-openclaw-{spec.stack}-")


def _own_groups(spec: ContainmentSpec) -> tuple[list[Any], list[Any]]:
    ruleset = build_ruleset(spec)
    smart = [group for name, group in ruleset.smart_groups.items() if name.startswith("sg-")]
    return smart, [*ruleset.web_groups.values()]


def test_objects_are_called_as_in_the_seed(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of("one", **EVERYTHING))
    names = {*ruleset.smart_groups, *ruleset.web_groups}
    own = {*SmartGroupId, *WebGroupId} - {SmartGroupId.CREDENTIAL_GATEWAY}  # the stack has no routes
    assert names - {ANYWHERE, PUBLIC} == {*own, "sg-api-artifacts", "sg-api-billing"}
    groups: list[Any] = [*ruleset.smart_groups.values(), *ruleset.web_groups.values()]
    assert {group.name for group in groups} - {"Anywhere", "Public Internet"} == {
        f"vca-openclaw-one-{name}" for name in names - {ANYWHERE, PUBLIC}
    }


def test_the_prefix_is_on_every_rule_and_group(spec_of: SpecOf) -> None:
    ruleset = build_ruleset(spec_of("one", namePrefix="acme-agents"))
    assert all(rule.name.startswith("acme-agents-") for rule in ruleset.rules)
    assert ruleset.web_groups["wg-openclaw-core"].name == "acme-agents-one-wg-openclaw-core"


def test_names_are_sorted_and_unique(shipped: dict[tuple[str, str], ContainmentSpec]) -> None:
    for spec in shipped.values():
        for group in build_ruleset(spec).web_groups.values():
            assert [*group.patterns] == sorted(set(group.patterns))


def test_deny_groups_are_in_denies_and_permit_groups_in_permits(shipped: dict[tuple[str, str], ContainmentSpec]) -> None:
    for spec in shipped.values():
        for rule in build_ruleset(spec).rules:
            for name in rule.web_groups:
                assert (WebGroupId(name) in DENY_GROUPS) is not rule.action.permits


def test_a_stack_s_own_list_replaces_the_class_s_and_additions_are_added_to_it(spec_of: SpecOf) -> None:
    replaced = spec_of(approvedModelGatewayDomains=["gateway.acme.example"], awsInfraDomains=["kms.us-east-1.amazonaws.com"])
    ruleset = build_ruleset(replaced)
    assert ruleset.web_groups["wg-approved-model-gateways"].patterns == (DomainPattern("gateway.acme.example"),)
    aws = ruleset.web_groups["wg-aws-infra"].patterns
    assert DomainPattern("kms.us-east-1.amazonaws.com") in aws
    assert DomainPattern("ssm.us-east-1.amazonaws.com") in aws


def test_the_region_is_in_the_aws_names(spec_of: SpecOf) -> None:
    names = [str(pattern) for pattern in spec_of(awsRegion="eu-central-1").destinations[WebGroupId.AWS_INFRA].patterns]
    assert "ssm.eu-central-1.amazonaws.com" in names
    assert not [name for name in names if "us-east-1" in name or "{" in name]


def test_the_harness_decides_the_core(spec_of: SpecOf) -> None:
    assert WebGroupId.CORE not in spec_of(installMode="none").destinations
    openclaw, nemoclaw = (set(spec_of(installMode=mode).destinations[WebGroupId.CORE].patterns) for mode in ("openclaw", "nemoclaw"))
    assert openclaw < nemoclaw
