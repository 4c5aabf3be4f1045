"""The lives of Route 53 Resolver's types: DNS Firewall, query logs, forwarding."""

from __future__ import annotations

from typing import Any

from tests.containment_lab.providers.life import Life

R = "aws:route53/resolver"


def rules(w: Any, group: str) -> list[Any]:
    return w.route53resolver.list_firewall_rules(FirewallRuleGroupId=group)["FirewallRules"]


RESOLVER = [
    Life(
        f"{R}FirewallDomainList:ResolverFirewallDomainList",
        lambda w: {"domains": ["api.openai.com", "*.github.com"], "tags": {"a": "b"}},
        {"domains": ["*"], "tags": {"a": "c"}},
        {"name": "another"},
        lambda w, i, late: (
            w.route53resolver.list_firewall_domains(FirewallDomainListId=i)["Domains"]
            == (["*"] if late else ["*.github.com.", "api.openai.com."])
        ),
        unknown=("arn",),
    ),
    Life(
        f"{R}FirewallRuleGroup:ResolverFirewallRuleGroup",
        lambda w: {"tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"name": "another"},
        lambda w, i, late: w.route53resolver.get_firewall_rule_group(FirewallRuleGroupId=i)["FirewallRuleGroup"]["RuleCount"] == 0,
        unknown=("arn", "ownerId", "shareStatus"),
    ),
    Life(
        f"{R}FirewallRule:ResolverFirewallRule",
        lambda w: {
            "name": "r",
            "firewallRuleGroupId": w.rules,
            "firewallDomainListId": w.domains,
            "priority": 100,
            "action": "BLOCK",
            "blockResponse": "NXDOMAIN",
            "qType": "A",
        },
        {"action": "ALERT", "blockResponse": None, "priority": 110, "firewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN"},
        lambda w: {"firewallRuleGroupId": w.rules2},
        lambda w, i, late: (
            [(r["Action"], r.get("BlockResponse"), r["Priority"], r["Qtype"]) for r in rules(w, w.rules)]
            == [("ALERT", None, 110, "A") if late else ("BLOCK", "NXDOMAIN", 100, "A")]
        ),
    ),
    Life(
        f"{R}FirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        lambda w: {"firewallRuleGroupId": w.rules, "vpcId": w.vpc, "priority": 101, "tags": {"a": "b"}},
        {"priority": 200, "tags": {"a": "c"}},
        lambda w: {"vpcId": w.vpc2},
        lambda w, i, late: (
            [
                each["Priority"]
                for each in w.route53resolver.list_firewall_rule_group_associations(VpcId=w.vpc)["FirewallRuleGroupAssociations"]
            ]
            == [200 if late else 101]
        ),
        unknown=("arn", "mutationProtection"),
    ),
    Life(
        f"{R}FirewallConfig:ResolverFirewallConfig",
        lambda w: {"resourceId": w.vpc, "firewallFailOpen": "ENABLED"},
        {"firewallFailOpen": "DISABLED"},
        lambda w: {"resourceId": w.vpc2},
        lambda w, i, late: (
            w.route53resolver.get_firewall_config(ResourceId=w.vpc)["FirewallConfig"]["FirewallFailOpen"]
            == ("DISABLED" if late else "ENABLED")
        ),
        stays=True,
        unknown=("ownerId",),
    ),
    Life(
        f"{R}QueryLogConfig:ResolverQueryLogConfig",
        lambda w: {"destinationArn": w.log_group_arn, "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"destinationArn": "arn:aws:s3:::bucket"},
        lambda w, i, late: (
            w.route53resolver.get_resolver_query_log_config(ResolverQueryLogConfigId=i)["ResolverQueryLogConfig"]["DestinationArn"]
            == w.log_group_arn
        ),
        unknown=("arn", "ownerId"),
    ),
    Life(
        f"{R}QueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        lambda w: {"resolverQueryLogConfigId": w.query_logs, "resourceId": w.vpc},
        replace=lambda w: {"resourceId": w.vpc2},
        seen=lambda w, i, late: (
            w.route53resolver.get_resolver_query_log_config(ResolverQueryLogConfigId=w.query_logs)["ResolverQueryLogConfig"][
                "AssociationCount"
            ]
            == 1
        ),
    ),
    Life(
        f"{R}Endpoint:ResolverEndpoint",
        lambda w: {
            "direction": "INBOUND",
            "securityGroupIds": [w.group],
            "ipAddresses": [{"subnetId": w.subnet}, {"subnetId": w.subnet2}],
            "name": "in",
            "tags": {"a": "b"},
        },
        {"name": "inside", "tags": {"a": "c"}},
        {"direction": "OUTBOUND"},
        lambda w, i, late: (
            w.route53resolver.get_resolver_endpoint(ResolverEndpointId=i)["ResolverEndpoint"]["Name"] == ("inside" if late else "in")
        ),
        unknown=("arn", "hostVpcId"),
    ),
    Life(
        f"{R}Rule:ResolverRule",
        lambda w: {
            "domainName": "example.com",
            "ruleType": "FORWARD",
            "resolverEndpointId": w.outbound,
            "targetIps": [{"ip": "10.9.9.9"}],
            "tags": {"a": "b"},
        },
        {"targetIps": [{"ip": "10.9.9.8", "port": 5353}], "tags": {"a": "c"}},
        {"domainName": "example.org"},
        lambda w, i, late: (
            [(t["Ip"], t["Port"]) for t in w.route53resolver.get_resolver_rule(ResolverRuleId=i)["ResolverRule"]["TargetIps"]]
            == [("10.9.9.8", 5353) if late else ("10.9.9.9", 53)]
        ),
        unknown=("arn", "ownerId"),
    ),
    Life(
        f"{R}RuleAssociation:ResolverRuleAssociation",
        lambda w: {"resolverRuleId": w.forward, "vpcId": w.vpc},
        replace=lambda w: {"vpcId": w.vpc2},
        seen=lambda w, i, late: (
            [each["VPCId"] for each in w.route53resolver.list_resolver_rule_associations()["ResolverRuleAssociations"]] == [w.vpc]
        ),
    ),
]
