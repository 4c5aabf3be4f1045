"""DNS Firewall as AWS keeps it: what is ambiguous, in use or protected is refused, and what was never configured fails closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome
from tests.support.cloud_inventory import find_differences, read_inventory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dns(home: LabHome) -> Any:
    return get_client(home, "route53resolver")


@pytest.fixture
def group(dns: Any) -> Iterator[str]:
    ident = dns.create_firewall_rule_group(CreatorRequestId="g", Name="g")["FirewallRuleGroup"]["Id"]
    yield ident
    for rule in dns.list_firewall_rules(FirewallRuleGroupId=ident)["FirewallRules"]:
        key = {name: rule[name] for name in ("FirewallDomainListId", "Qtype") if name in rule}
        dns.delete_firewall_rule(FirewallRuleGroupId=ident, **key)
    dns.delete_firewall_rule_group(FirewallRuleGroupId=ident)


@pytest.fixture
def names(dns: Any, group: str) -> Iterator[str]:
    ident = dns.create_firewall_domain_list(CreatorRequestId="l", Name="l")["FirewallDomainList"]["Id"]
    yield ident
    for rule in dns.list_firewall_rules(FirewallRuleGroupId=group)["FirewallRules"]:
        key = {name: rule[name] for name in ("FirewallDomainListId", "Qtype") if name in rule}
        dns.delete_firewall_rule(FirewallRuleGroupId=group, **key)
    dns.delete_firewall_domain_list(FirewallDomainListId=ident)


@pytest.fixture
def vpc(home: LabHome) -> Iterator[str]:
    ec2 = get_client(home, "ec2")
    ident = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    yield ident
    ec2.delete_vpc(VpcId=ident)


def rule(dns: Any, group: str, names: str, priority: int, **more: Any) -> Any:
    args = {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "Name": f"r{priority}", **more}
    args = {key: value for key, value in args.items() if value is not None}
    return dns.create_firewall_rule(
        CreatorRequestId=str(priority), FirewallRuleGroupId=group, FirewallDomainListId=names, Priority=priority, **args
    )


def test_rules_come_back_in_their_order(dns: Any, group: str, names: str) -> None:
    rule(dns, group, names, 200, Qtype="TXT")
    rule(dns, group, names, 100, Action="ALLOW", BlockResponse=None, Qtype="A")
    found = dns.list_firewall_rules(FirewallRuleGroupId=group)["FirewallRules"]
    assert [(each["Priority"], each["Action"], each["Qtype"]) for each in found] == [(100, "ALLOW", "A"), (200, "BLOCK", "TXT")]
    assert found[0]["FirewallDomainRedirectionAction"] == "INSPECT_REDIRECTION_DOMAIN"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"Priority": 100}, "is taken by r100"),
        ({"Priority": 101}, "has this list and query type"),
        ({"Priority": 101, "Qtype": "TXT", "BlockResponse": None}, "BLOCK needs one"),
        ({"Priority": 101, "Qtype": "TXT", "Action": "ALERT"}, "BLOCK needs one"),
        ({"Priority": 101, "Qtype": "TXT", "BlockResponse": "OVERRIDE"}, "needs all three"),
        ({"Priority": 101, "Qtype": "ADDRESS"}, "is no query type"),
    ],
)
def test_an_ambiguous_or_half_rule_is_refused(dns: Any, group: str, names: str, more: dict[str, Any], said: str) -> None:
    rule(dns, group, names, 100)
    with pytest.raises(ClientError, match=said):
        rule(dns, group, names, more.pop("Priority"), **more)


@pytest.mark.parametrize("name", ["a.*.example.com", "**", "example.com/path", "*example.com", "-" * 64 + ".com"])
def test_a_name_it_cannot_match_is_refused(dns: Any, names: str, name: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        dns.update_firewall_domains(FirewallDomainListId=names, Operation="ADD", Domains=[name])


def test_names_are_kept_without_case_and_shown_with_their_last_dot(dns: Any, names: str) -> None:
    dns.update_firewall_domains(FirewallDomainListId=names, Operation="ADD", Domains=["API.OpenAI.com", "*.github.com", "*"])
    assert dns.list_firewall_domains(FirewallDomainListId=names)["Domains"] == ["*", "*.github.com.", "api.openai.com."]
    dns.update_firewall_domains(FirewallDomainListId=names, Operation="REMOVE", Domains=["api.openai.com."])
    assert dns.get_firewall_domain_list(FirewallDomainListId=names)["FirewallDomainList"]["DomainCount"] == 2


def test_what_is_in_use_cannot_be_deleted(dns: Any, group: str, names: str, vpc: str) -> None:
    rule(dns, group, names, 100)
    with pytest.raises(ClientError, match="is used by a rule"):
        dns.delete_firewall_domain_list(FirewallDomainListId=names)
    args = {"FirewallRuleGroupId": group, "VpcId": vpc, "Priority": 101}
    ident = dns.associate_firewall_rule_group(CreatorRequestId="a", Name="a", **args)["FirewallRuleGroupAssociation"]["Id"]
    with pytest.raises(ClientError, match="is associated with a VPC"):
        dns.delete_firewall_rule_group(FirewallRuleGroupId=group)
    dns.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=ident)


def test_a_protected_association_is_neither_changed_nor_removed(dns: Any, group: str, vpc: str) -> None:
    args = {"FirewallRuleGroupId": group, "VpcId": vpc, "Priority": 101, "MutationProtection": "ENABLED"}
    ident = dns.associate_firewall_rule_group(CreatorRequestId="a", Name="a", **args)["FirewallRuleGroupAssociation"]["Id"]
    with pytest.raises(ClientError, match="protected against removal"):
        dns.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=ident)
    with pytest.raises(ClientError, match="protected against changes"):
        dns.update_firewall_rule_group_association(FirewallRuleGroupAssociationId=ident, Priority=200)
    dns.update_firewall_rule_group_association(FirewallRuleGroupAssociationId=ident, MutationProtection="DISABLED")
    dns.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=ident)


@pytest.mark.parametrize("priority", [100, 9900])
def test_priorities_of_the_firewall_manager_are_not_given_away(dns: Any, group: str, vpc: str, priority: int) -> None:
    with pytest.raises(ClientError, match="not between 100 and 9900"):
        dns.associate_firewall_rule_group(CreatorRequestId="a", Name="a", FirewallRuleGroupId=group, VpcId=vpc, Priority=priority)


def test_a_vpc_that_was_never_configured_fails_closed(dns: Any, vpc: str, home: LabHome) -> None:
    assert dns.get_firewall_config(ResourceId=vpc)["FirewallConfig"]["FirewallFailOpen"] == "DISABLED"
    before = read_inventory(home)
    dns.update_firewall_config(ResourceId=vpc, FirewallFailOpen="ENABLED")
    assert [line.split(":")[0] for line in find_differences(before, read_inventory(home))] == ["+ resolver.firewall-configs"]
    dns.update_firewall_config(ResourceId=vpc, FirewallFailOpen="DISABLED")
    assert find_differences(before, read_inventory(home)) == []


def test_the_inventory_sees_a_changed_name_or_rule(dns: Any, group: str, names: str, home: LabHome) -> None:
    before = read_inventory(home)
    dns.update_firewall_domains(FirewallDomainListId=names, Operation="ADD", Domains=["evil.example"])
    rule(dns, group, names, 100)
    changed = {line.split(":")[0] for line in find_differences(before, read_inventory(home))}
    assert changed == {f"{sign} resolver.{kind}" for sign in "+-" for kind in ("firewall-domain-lists", "firewall-rule-groups")}


def test_query_logging_ends_and_is_tagged(dns: Any, vpc: str, home: LabHome) -> None:
    before = read_inventory(home)
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/q"
    made = dns.create_resolver_query_log_config(Name="q", DestinationArn=arn, CreatorRequestId="q")["ResolverQueryLogConfig"]
    dns.tag_resource(ResourceArn=made["Arn"], Tags=[{"Key": "a", "Value": "b"}])
    assert dns.list_tags_for_resource(ResourceArn=made["Arn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    dns.associate_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"], ResourceId=vpc)
    with pytest.raises(ClientError, match="is associated with 1 VPCs"):
        dns.delete_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"])
    dns.disassociate_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"], ResourceId=vpc)
    dns.delete_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"])
    assert find_differences(before, read_inventory(home)) == []
