"""Configuration is wrong in one place, told once: the key, why it matters and the fix; all mistakes at once, never a traceback."""

from __future__ import annotations

import json
from ipaddress import ip_network
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.catalog.preset import Harness, Library
from containment.config.parser import get_alias
from containment.config.spec import resolve
from containment.config.stack_config import StackConfig
from containment.errors import InputError, Problem
from containment.loaders.presets import load_library
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.policy.invariants import find_broken_invariants
from tests.broken.tables import read
from tests.containment.conftest import SpecOf
from tests.support.configs import TODAY, configs

LAWS = settings(max_examples=25, deadline=None, database=None, derandomize=True)
LIBRARY = load_library()
GOOD: dict[str, Any] = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0"}

ROWS: dict[str, list[dict[str, Any]]] = read("configs.yaml")
BROKEN: list[tuple[str, Any, str]] = [(row["key"], row["config"][row["key"]], row["says"]) for row in ROWS["values"]]
BETWEEN: list[tuple[dict[str, Any], str, str]] = [(row["config"], row["key"], row["says"]) for row in ROWS["between"]]


def refused(library: Library, config: dict[str, Any], stack: str = "made-up") -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        resolve({**GOOD, **config}, library, stack)
    return caught.value.problems


def name_of(case: Any) -> str:
    return json.dumps(case, default=str)[:40]


@pytest.mark.parametrize(("key", "value", "says"), BROKEN, ids=name_of)
def test_a_wrong_value_is_reported_at_its_key_with_the_reason_and_the_fix(library: Library, key: str, value: Any, says: str) -> None:
    problems = refused(library, {key: value})
    assert {problem.where for problem in problems} == {f"Pulumi.made-up.yaml:{key}"}
    assert says in " ".join(problem.what for problem in problems)
    for problem in problems:
        assert len(problem.why) > 10
        assert problem.fix
        assert "validationerror" not in str(problem).lower()
        assert "pydantic" not in str(problem)


def test_the_table_has_every_key_that_can_be_wrong() -> None:
    never = {
        "createSsmVpcEndpoints",
        "createS3GatewayEndpoint",
        "enableVpcFlowLogs",
        "enableGatewayVolumeEncryption",
        "logPermitRules",
        "verifySni",
        "enableDnsFirewall",
        "enableDnsQueryLogs",
        "enableEndpointPolicies",
        "enableNetworkAcls",
        "enablePermissionsBoundary",
        "enableCredentialGateway",
    }
    between = {"autoAcceptThirdPartySoftware", "installBootstrapPackages"}  # see the next test
    assert {get_alias(name) for name in StackConfig.model_fields} == {
        key for key, _, _ in BROKEN if key in map(get_alias, StackConfig.model_fields)
    } | never | between


@pytest.mark.parametrize(("config", "key", "says"), BETWEEN, ids=name_of)
def test_values_that_disagree_are_reported_at_the_key_to_change(library: Library, config: dict[str, Any], key: str, says: str) -> None:
    (problem,) = refused(library, config)
    assert problem.where == f"Pulumi.made-up.yaml:{key}"
    assert says in problem.what


@pytest.mark.parametrize(
    ("stack", "config", "keys"),
    [
        ("coding-monitor", {"policyMode": "enforce"}, ["policyMode"]),
        ("coding-enforce", {}, ["policyMode"]),
        ("locked-down-monitor", {"agentClass": "coding"}, ["agentClass"]),
        ("locked-down-enforce", {"agentClass": "coding"}, ["agentClass", "policyMode"]),
        ("coding-monitor", {}, []),
        ("locked-down-enforce", {"agentClass": "locked-down", "policyMode": "enforce"}, []),
        ("my-coding-monitor", {"agentClass": "locked-down"}, []),
        ("payments-enforce", {"agentClass": "locked-down"}, ["policyMode"]),
        ("dev", {"agentClass": "locked-down", "policyMode": "enforce"}, []),
    ],
)
def test_a_stack_named_after_a_class_and_mode_is_that_class_in_that_mode(
    library: Library, stack: str, config: dict[str, Any], keys: list[str]
) -> None:
    if keys:
        problems = refused(library, config, stack)
        assert [problem.where for problem in problems] == [f"Pulumi.{stack}.yaml:{key}" for key in keys]
        assert all(stack in problem.what for problem in problems)
    else:
        assert resolve({**GOOD, **config}, library, stack).stack == stack


def test_every_mistake_is_reported_at_once_and_sorted(library: Library) -> None:
    mistakes = {
        "vpcCidr": "8.8.0.0/16",
        "policyMode": "off",
        "availabilityZoneCount": 9,
        "approvedSaasApiDomains": ["*", "api.openai.com", "a..b"],
        "approvedMcpGatewayDomains": ["*.anthropic.com"],
        "singleIpSnat": False,
        "agentImageId": "latest",
        "copilotPublicIp": "203.0.113.9",
        "unknownKey": 1,
        "awsAccessAccount": "",
    }
    problems = refused(library, mistakes)
    assert {problem.where.partition(":")[2] for problem in problems} == set(mistakes)
    assert [problem.where for problem in problems] == sorted(problem.where for problem in problems)
    said = str(InputError("title", problems))
    assert said.startswith(f"title: {len(problems)} problems")
    assert said.count("why:") == said.count("fix:") == len(problems)


ONE_PER_KEY = {key: value for key, value, _ in BROKEN if key in {get_alias(name) for name in StackConfig.model_fields}}
"""The last wrong value of each key."""
INDEPENDENT = sorted(set(ONE_PER_KEY) - {"singleIpSnat", "programPrivateDefaultRoute", "syslogCleartext", "enableTlsDecryptionDesign"})
"""Without keys that are wrong by another one's value."""


@pytest.mark.parametrize("pair", [*combinations(INDEPENDENT[::4], 2)], ids="+".join)
def test_one_mistake_never_hides_another(library: Library, pair: tuple[str, str]) -> None:
    problems = refused(library, {key: ONE_PER_KEY[key] for key in pair})
    assert {problem.where.partition(":")[2] for problem in problems} == set(pair)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"vpcCidr": "here", "agentPrivateIp": "10.77.10.9"}, "vpcCidr"),
        ({"singleIpSnat": "perhaps", "programPrivateDefaultRoute": True}, "singleIpSnat"),
        ({"manageControllerPolicy": "perhaps", "controllerVersion": "8.1", "verifySni": False}, "manageControllerPolicy"),
        ({"copilotPrivateIp": "there", "copilotPublicIp": "203.0.113.9"}, "copilotPrivateIp"),
        ({"policyMode": "off"}, "policyMode"),  # nor that it disagrees with the stack's name
    ],
    ids=name_of,
)
def test_nothing_is_reported_about_a_value_that_depends_on_a_wrong_one(library: Library, config: dict[str, Any], key: str) -> None:
    stack = "coding-enforce" if key == "policyMode" else "made-up"
    assert [problem.where for problem in refused(library, config, stack)] == [f"Pulumi.{stack}.yaml:{key}"]


def test_a_wrong_list_item_is_named(library: Library) -> None:
    problems = refused(library, {"approvedSaasApiDomains": ["a.acme.example", "*.com", "b.acme.example", "x y.z"]})
    assert [problem.what.partition(" ")[0] for problem in problems] == ["[1]", "[3]"]


@LAWS
@given(
    st.dictionaries(
        st.sampled_from([*map(get_alias, StackConfig.model_fields), "nonsense"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=8)
        | st.lists(st.text(max_size=5), max_size=2)
        | st.just({})
        | st.just("[1]"),
        max_size=6,
    ),
    st.sampled_from(["dev", "coding-monitor", "locked-down-enforce"]),
)
def test_anything_at_all_is_a_spec_or_an_input_error(library: Library, config: dict[str, Any], stack: str) -> None:
    try:
        spec = resolve(config, library, stack)
    except InputError as error:
        wheres = [problem.where for problem in error.problems]
    else:
        wheres = [problem.where for problem in find_broken_invariants(spec, build_ruleset(spec))]
        assert wheres == []
    assert all(where.startswith(f"Pulumi.{stack}.yaml:") for where in wheres)


# What is valid.


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        ({"availabilityZoneCount": "2"}, "availability_zone_count", 2),
        ({"logPermitRules": "false"}, "log_permit_rules", False),
        ({"tags": '{"owner": "me"}'}, "tags", {"owner": "me"}),
        ({"approvedSaasApiDomains": '["ACME.atlassian.net."]'}, "approved_saas_api_domains", ("acme.atlassian.net",)),
        ({"installMode": ""}, "install_mode", None),
        ({"approvedInternalApis": "{}"}, "approved_internal_apis", {}),
        (
            {"tlsDecryptionUrls": '["https://API.acme.example/v1/*"]', "acceptDecryptionWithSnat": True},
            "tls_decryption_urls",
            ("api.acme.example/v1/*",),
        ),
        ({"internalDnsDomains": ["*.Acme.internal."]}, "internal_dns_domains", ("*.acme.internal",)),
        ({"enablePackageInstalls": ""}, "enable_package_installs", None),
        ({"agentPrivateIp": ""}, "agent_private_ip", None),
        ({"eastWestDenyCidrs": "[]"}, "east_west_deny_cidrs", ()),
        ({"approvedModelGatewayCidrs": ["10.64.0.0/24"]}, "approved_model_gateway_cidrs", (ip_network("10.64.0.0/24"),)),
        ({"unapprovedModelProviderDomains": ["*openai.com"]}, "unapproved_model_provider_domains", ("*openai.com",)),
    ],
    ids=name_of,
)
def test_texts_of_stack_configuration_are_read_as_what_they_mean(spec_of: SpecOf, config: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(spec_of(**config).config, name) == value


@pytest.mark.slow
def test_defaults_resolve_for_every_class_mode_harness_and_controller(spec_of: SpecOf, library: Library) -> None:
    for agent_class in library.presets:
        for mode in PolicyMode:
            for harness in Harness:
                for version in ("9.0",) if library.presets[agent_class].strict_logging else ("8.1", "9.0"):
                    spec = spec_of(
                        agentClass=agent_class,
                        policyMode=mode.value,
                        installMode=harness.value,
                        controllerVersion=version,
                        verifySni=version != "8.1",
                        manageControllerPolicy=True,
                    )
                    assert find_broken_invariants(spec, build_ruleset(spec)) == []


@pytest.mark.slow
@LAWS
@given(configs(LIBRARY))
def test_every_valid_configuration_keeps_every_invariant(library: Library, config: dict[str, Any]) -> None:
    spec = resolve(config, library, "made-up", today=TODAY)
    ruleset = build_ruleset(spec)
    assert find_broken_invariants(spec, ruleset) == []
    assert [rule.priority for rule in ruleset.rules] == sorted({rule.priority for rule in ruleset.rules})
    permitted = {name for rule in ruleset.rules if rule.action.permits for name in rule.web_groups}
    named = {str(pattern) for name in permitted for pattern in ruleset.web_groups[name].patterns}
    assert set(config["approvedSaasApiDomains"]) <= named


@pytest.mark.slow
@LAWS
@given(configs(LIBRARY))
def test_subnets_lie_inside_the_vpc_and_never_meet(library: Library, config: dict[str, Any]) -> None:
    spec = resolve(config, library, "made-up", today=TODAY)
    second = [spec.ha_gateway_subnet] if spec.ha_gateway_subnet else []
    subnets = [spec.gateway_subnet, *second, *spec.agent_subnets, *spec.endpoint_subnets]
    assert len(subnets) == 1 + config["haGateway"] + 2 * config["availabilityZoneCount"]
    assert all(subnet.subnet_of(spec.config.vpc_cidr) and 16 < subnet.prefixlen <= 28 for subnet in subnets)
    assert not any(one.overlaps(two) for one, two in combinations(subnets, 2))
    assert int(spec.dns_resolver) == int(spec.config.vpc_cidr.network_address) + 2
    assert spec.dns_resolver not in spec.agent_subnets[0]


@LAWS
@given(bits=st.integers(16, 24), newbits=st.integers(5, 12), zones=st.integers(1, 3))
def test_a_vpc_is_cut_or_refused_at_28_bits(library: Library, bits: int, newbits: int, zones: int) -> None:
    config = {**GOOD, "vpcCidr": f"10.64.0.0/{bits}", "privateSubnetNewbits": newbits, "availabilityZoneCount": zones}
    if bits + newbits > 28:
        (problem,) = refused(library, config)
        assert problem.where.endswith(":privateSubnetNewbits")
    else:
        assert {subnet.prefixlen for subnet in resolve(config, library, "made-up").agent_subnets} == {bits + newbits}


def test_what_everything_below_reads_is_complete(spec_of: SpecOf) -> None:
    spec = spec_of("one", policyMode="enforce")
    assert (spec.prefix, spec.object_prefix, spec.gateway_name) == ("vca-openclaw", "vca-openclaw-one", "vca-openclaw-one")
    assert spec.mode is PolicyMode.ENFORCE
    assert spec.harness is Harness.NEMOCLAW
    assert spec_of("one", spokeGatewayName="gw-one").gateway_name == "gw-one"


def test_a_prefix_and_a_stack_too_long_for_a_gateway_are_refused(library: Library) -> None:
    prefix = "a" * 30
    (problem,) = refused(library, {"namePrefix": prefix}, "b" * 20)
    assert problem.where.endswith(":namePrefix")
    assert "gateway" in problem.what
    assert len(resolve({**GOOD, "namePrefix": prefix}, library, "b" * 19).gateway_name) == 50


def test_the_example_in_the_documentation_is_one_that_is_taken(library: Library) -> None:
    page = (Path(__file__).parents[3] / "docs" / "config.md").read_text(encoding="utf-8")
    example = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])["config"]
    config = {key.removeprefix("agent-containment:"): value for key, value in example.items()}
    needed = {"agentClass": "research", "identityAndTelemetryDomains": ["telemetry.openclaw.ai"]}
    spec = resolve({**GOOD, **needed, **config}, library, "made-up", today=TODAY)
    assert [api.name for api in spec.internal_apis] == ["artifacts"]
    assert spec.decrypted_urls == ("api.acme.example/v1/*",)
