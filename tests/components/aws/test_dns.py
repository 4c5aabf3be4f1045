"""The resolver answers what the spec permits, for addresses alone; everything else is blocked in enforce and reported in monitor."""

from __future__ import annotations

import pytest

from components.aws.dns import build_name_rules
from tests.components.conftest import LIBRARY, spec_of
from tests.support.deploy import Deployed, deploy, stack_config

R = "aws:route53/resolver"


@pytest.mark.parametrize("agent_class", LIBRARY.presets)
@pytest.mark.parametrize("mode", ["monitor", "enforce"])
def test_only_addresses_of_permitted_names_are_let_through(agent_class: str, mode: str) -> None:
    rules = build_name_rules(spec_of(agent_class, mode))
    assert [rule.priority for rule in rules] == sorted({rule.priority for rule in rules}), "the order is not in doubt"
    allowed = [rule for rule in rules if not rule.blocked_with]
    assert {rule.query_type for rule in allowed} == {"A", "AAAA"}
    assert all("*" not in rule.names for rule in allowed), "no allow covers every name"
    last = rules[-1]
    assert (last.names, last.query_type, last.blocked_with) == (("*",), "", "NXDOMAIN")


def test_another_type_of_a_permitted_name_does_not_make_the_name_vanish() -> None:
    """A stub resolver takes NXDOMAIN for the whole name, whatever type it asked for (RFC 8020)."""
    rules = build_name_rules(spec_of())
    (other,) = [rule for rule in rules if rule.blocked_with == "NODATA"]
    assert other.names == rules[0].names
    assert other.query_type == ""
    assert max(rule.priority for rule in rules if not rule.blocked_with) < other.priority < rules[-1].priority


def test_every_name_fits_a_firewall_list() -> None:
    for agent_class in LIBRARY.presets:
        for name in build_name_rules(spec_of(agent_class))[0].names:
            assert "*" not in name.removeprefix("*."), name


@pytest.fixture(scope="module", params=["coding-monitor", "coding-enforce"])
def registered(request: pytest.FixtureRequest) -> Deployed:
    done = deploy(request.param, stack_config(request.param))
    assert done.error is None
    return done


def test_the_firewall_fails_closed_and_is_associated_with_the_vpc(registered: Deployed) -> None:
    (config,) = registered.of_type(f"{R}FirewallConfig:ResolverFirewallConfig")
    (use,) = registered.of_type(f"{R}FirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation")
    (vpc,) = [urn for urn in registered.resources if urn.endswith("::network-vpc")]
    assert config["firewallFailOpen"] == "DISABLED"
    assert vpc
    assert config["resourceId"] == use["vpcId"] == "network-vpc-id"
    assert use["priority"] == 101


def test_each_rule_has_a_separate_list_and_blocks_as_the_mode_demands(registered: Deployed) -> None:
    rules = registered.of_type(f"{R}FirewallRule:ResolverFirewallRule")
    assert len({rule["firewallDomainListId"] for rule in rules}) == len(rules)
    enforcing = any(rule["action"] == "BLOCK" for rule in rules)
    denied = [rule for rule in rules if rule["action"] != "ALLOW"]
    assert {(rule["action"], rule.get("blockResponse")) for rule in denied} == (
        {("BLOCK", "NODATA"), ("BLOCK", "NXDOMAIN")} if enforcing else {("ALERT", None)}
    )
    for rule in rules:
        trusted = rule["firewallDomainRedirectionAction"] == "TRUST_REDIRECTION_DOMAIN"
        assert trusted is (rule["action"] == "ALLOW"), "only what is permitted may lead elsewhere by CNAME"


def test_queries_are_logged_to_a_group_that_is_kept(registered: Deployed) -> None:
    (config,) = registered.of_type(f"{R}QueryLogConfig:ResolverQueryLogConfig")
    groups = {group["name"]: group for group in registered.of_type("aws:cloudwatch/logGroup:LogGroup")}
    assert len(registered.of_type(f"{R}QueryLogConfigAssociation:ResolverQueryLogConfigAssociation")) == 1
    assert config["destinationArn"]
    assert all(group["retentionInDays"] >= 365 for group in groups.values())
    assert any(name.endswith("/dns-queries") for name in groups)


@pytest.mark.parametrize(("key", "token"), [("enableDnsFirewall", "FirewallRule"), ("enableDnsQueryLogs", "QueryLogConfig")])
def test_what_is_switched_off_is_not_made(key: str, token: str) -> None:
    done = deploy("coding-enforce", stack_config("coding-enforce", **{key: "false"}))
    assert done.error is None
    assert not [urn for urn in done.resources if f"{R}{token}" in urn]
    assert [urn for urn in done.resources if R in urn], "the other one stays"
