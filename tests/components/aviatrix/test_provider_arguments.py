"""A rule set becomes provider arguments that plan cleanly: sorted, explicit, and the same words for every class and mode."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from components.aviatrix.provider_arguments import build_rule_arguments, build_smart_group_selector, build_web_group_selector
from containment.addresses.port_range import PortRange
from containment.config.spec import resolve
from containment.loaders.presets import load_library
from containment.names import Action, Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.builder import build_ruleset
from containment.policy.rules import CidrSelector, Logging, OpaqueSelector, Rule, RuleSet, SmartGroup, TagSelector, WebGroup
from tests.support.classes import SHIPPED

GOLDEN = Path(__file__).parents[1] / "recorded"
LIBRARY = load_library()
CASES = [(name, mode) for name in SHIPPED for mode in ("monitor", "enforce")]
COMMON = {
    "src_smart_groups": ["id of sg-agent-workload"],
    "logging": True,
    "watch": False,
    "log_profile": "def000ad-7000-0000-0000-000000000001",
    "flow_app_requirement": "APP_UNSPECIFIED",
    "decrypt_policy": "DECRYPT_UNSPECIFIED",
    "exclude_sg_orchestration": False,
}
"""What the recordings leave out because most rules have it."""


def ruleset_of(agent_class: str, mode: str, **config: Any) -> RuleSet:
    raw = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-00000000", "agentClass": agent_class, "policyMode": mode, **config}
    return build_ruleset(resolve(raw, LIBRARY, f"{agent_class}-{mode}"))


def lower(rule: Rule, *, tls_profile: str | None = "profile", log_profiles: bool = True) -> dict[str, Any]:
    """Lower one rule; a group's uuid is `id of <its name>`."""
    return build_rule_arguments(rule, "id of {}".format, tls_profile=tls_profile, log_profiles=log_profiles)


def policy_as_text(ruleset: RuleSet) -> str:
    """Return what the provider is told of a policy, a line an object; WebGroups' names are the catalog's and left out."""
    own = [group for name, group in sorted(ruleset.smart_groups.items()) if name.startswith("sg-")]
    lines = [f"{group.name}: {build_smart_group_selector(group)['match_expressions']}" for group in own]
    lines += [group.name for _, group in sorted(ruleset.web_groups.items())]
    for rule in map(lower, ruleset.rules):
        ports = ",".join(f"{ports['lo']}-{ports['hi']}" for ports in rule.pop("port_ranges", []))
        line = [str(rule.pop("priority")), rule.pop("name"), rule.pop("action"), rule.pop("protocol"), ports or "no ports"]
        lines.append(" ".join(line))
        lines += [f"    {key} {rule.get(key, '(not said)')}" for key in sorted({*rule, *COMMON}) if rule.get(key) != COMMON.get(key)]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(("agent_class", "mode"), CASES)
def test_the_providers_arguments_change_only_on_purpose(agent_class: str, mode: str) -> None:
    """To accept a change: `python tests/components/aviatrix/test_provider_arguments.py`, and read the difference in review."""
    assert policy_as_text(ruleset_of(agent_class, mode)) == (GOLDEN / f"{agent_class}-{mode}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("agent_class", "mode"), CASES)
def test_every_rule_is_written_in_full_and_in_order(agent_class: str, mode: str) -> None:
    ruleset = ruleset_of(agent_class, mode, approvedModelGatewayCidrs=["10.9.0.0/24"])
    lowered = [lower(rule) for rule in ruleset.rules]
    assert [rule["priority"] for rule in lowered] == sorted({rule["priority"] for rule in lowered})
    for rule in lowered:
        assert type(rule["priority"]) is int
        assert rule["action"] in ("PERMIT", "DENY")
        assert rule["logging"] is True
        assert rule["watch"] is (mode == "monitor" and rule["action"] == "DENY")
        assert "enforcement" not in rule
        assert rule["decrypt_policy"] == "DECRYPT_UNSPECIFIED"
        assert rule["exclude_sg_orchestration"] is False
        for ports in rule.get("port_ranges", []):
            assert set(ports) == {"lo", "hi"}  # without `hi` provider 9.0.10 plans a change for ever
            assert ports["lo"] <= ports["hi"]
        assert "web_groups" not in rule or rule["port_ranges"] == [{"lo": 443, "hi": 443}]
        assert (rule["flow_app_requirement"] == "TLS_REQUIRED") is (rule["action"] == "PERMIT" and "web_groups" in rule)
        assert ("tls_profile" in rule) is (rule["flow_app_requirement"] == "TLS_REQUIRED")


def plain(value: Any) -> bool:
    """Tell whether a value is of exactly the types that the protocol carries: an enum is not."""
    if isinstance(value, dict):
        return all(type(key) is str and plain(item) for key, item in value.items())
    return all(map(plain, value)) if isinstance(value, list) else type(value) in (str, int, bool)


@pytest.mark.parametrize(("agent_class", "mode"), CASES)
def test_everything_is_plain_data(agent_class: str, mode: str) -> None:
    ruleset = ruleset_of(agent_class, mode)
    own = [group for name, group in ruleset.smart_groups.items() if name.startswith("sg-")]
    lowered = [
        *map(lower, ruleset.rules),
        *map(build_smart_group_selector, own),
        *map(build_web_group_selector, ruleset.web_groups.values()),
    ]
    assert [part for part in lowered if not plain(part)] == []


def a_rule(**changes: Any) -> Rule:
    pieces: dict[str, Any] = {"ports": (PortRange(443, 443),), "web_groups": ("w",), **changes}
    return Rule("r", 7, Action.PERMIT, ("s", "t"), ("d", "e"), Protocol.TCP, **pieces)


def test_groups_are_named_by_their_uuid_in_the_rule_s_order() -> None:
    lowered = lower(a_rule())
    assert lowered["src_smart_groups"] == ["id of s", "id of t"]
    assert lowered["dst_smart_groups"] == ["id of d", "id of e"]
    assert lowered["web_groups"] == ["id of w"]


def test_both_ends_of_a_port_range_are_set() -> None:
    lowered = lower(a_rule(ports=(PortRange(80, 80), PortRange(8000, 8443))))
    assert lowered["port_ranges"] == [{"lo": 80, "hi": 80}, {"lo": 8000, "hi": 8443}]


def test_what_a_rule_does_not_have_is_left_out() -> None:
    lowered = lower(a_rule(ports=(), web_groups=()))
    assert not {"port_ranges", "web_groups", "tls_profile"} & set(lowered)
    assert lowered["flow_app_requirement"] == "APP_UNSPECIFIED"


@pytest.mark.parametrize(("verify_sni", "profile", "there"), [(True, "profile", True), (True, None, False), (False, "profile", False)])
def test_a_tls_profile_is_set_where_the_rule_verifies_and_the_release_has_one(verify_sni: bool, profile: str | None, there: bool) -> None:
    assert ("tls_profile" in lower(a_rule(verify_sni=verify_sni), tls_profile=profile)) is there


@pytest.mark.parametrize(
    ("logging", "on", "profile"),
    [
        (Logging.NONE, False, None),
        (Logging.START, True, "def000ad-7000-0000-0000-000000000001"),
        (Logging.START_AND_END, True, "def000ad-7000-0000-0000-000000000003"),
    ],
)
def test_logging_is_a_flag_and_from_8_2_a_profile(logging: Logging, on: bool, profile: str | None) -> None:
    newer, older = lower(a_rule(logging=logging)), lower(a_rule(logging=logging), log_profiles=False)
    assert newer["logging"] is older["logging"] is on
    assert newer.get("log_profile") == profile
    assert "log_profile" not in older


def test_controller_8_1_gets_only_arguments_that_it_knows() -> None:
    ruleset = ruleset_of("coding", "monitor", controllerVersion="8.1", manageControllerPolicy=True, verifySni=False)
    for rule in ruleset.rules:
        assert not {"tls_profile", "log_profile", "enforcement"} & set(lower(rule, tls_profile=None, log_profiles=False))


def test_the_expressions_of_a_smart_group_are_one_tag_set_or_one_network_each() -> None:
    group = SmartGroup("g", (TagSelector({"b": "2", "a": "1"}), CidrSelector(ip_network("10.0.0.0/24"))))
    (tags, network) = build_smart_group_selector(group)["match_expressions"]
    assert [*tags["tags"].items()] == [("a", "1"), ("b", "2")]
    assert tags["type"] == "vm"
    assert network == {"cidr": "10.0.0.0/24"}  # a cidr may not share an expression with another field


def test_a_group_that_only_the_controller_knows_cannot_be_deployed() -> None:
    with pytest.raises(TypeError, match="cannot be deployed"):
        build_smart_group_selector(SmartGroup("g", (OpaqueSelector("a threat feed"),)))


def test_the_names_of_a_web_group_keep_their_order() -> None:
    group = WebGroup("w", (DomainPattern("*.a.example"), DomainPattern("a.example")))
    assert build_web_group_selector(group) == {"match_expressions": [{"snifilter": "*.a.example"}, {"snifilter": "a.example"}]}


def test_urls_are_filters_of_their_own_and_tls_is_opened_only_for_them() -> None:
    group = WebGroup("w", (), (UrlPattern.parse("https://api.acme.example/v1/*"),))
    assert build_web_group_selector(group) == {"match_expressions": [{"urlfilter": "api.acme.example/v1/*"}]}
    assert lower(a_rule(decrypts=True))["decrypt_policy"] == "DECRYPT_ALLOWED"
    assert lower(a_rule())["decrypt_policy"] == "DECRYPT_UNSPECIFIED"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for case in CASES:
        (GOLDEN / f"{'-'.join(case)}.txt").write_text(policy_as_text(ruleset_of(*case)), encoding="utf-8")
