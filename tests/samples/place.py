"""A whole vended place, written unlike the product's program: plain resources, no components. It breaks no rule.

`vend()` makes it. Each resource is a piece, and its name (with `_` for `-`) is a keyword: a dict changes the piece's
arguments, `None` leaves the piece out. Inside the dict `None` leaves an argument out, and a function of the place gives a
value that other pieces must be there for. What is left out must not be needed by what stays. Rules are `place_policy`'s.

    made = place.vend(agent={"key_name": "admin"}, flow_log=None)
    made["vpc"].id
"""

from __future__ import annotations

import json
from typing import Any

import place_policy
import pulumi
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws
from image import IMAGE

REPAIRED = pulumi.Config().get_bool("repaired") or False
"""Whether the sample is asked to be its own repaired twin (`--config repaired=true`)."""

ACCOUNT = "111122223333"
REGION = "us-east-1"
TAGS = {"Role": "openclaw-agent-harness", "AgentClass": "coding", "AgentStack": "sample-place"}
SERVICES = ("ssm", "ssmmessages", "ec2messages", "logs", "sts")
MINIMUM = ["ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:OpenDataChannel", "ec2messages:GetMessages"]
"""Actions that a host is operated with."""

Change = dict[str, Any] | None


class Place:
    """The pieces made so far, by name."""

    def __init__(self, mode: str, changes: dict[str, Change]) -> None:
        self.mode, self.changes, self.pieces = mode, changes, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        return self.pieces[name]

    def make(self, kind: Any, name: str, /, **stated: Any) -> None:
        """Make a piece with these arguments, as far as the sample does not say otherwise."""
        change = self.changes.pop(name.replace("-", "_"), {})
        if change is None:
            return
        arguments = {**stated, **{key: value(self) if callable(value) else value for key, value in change.items()}}
        self.pieces[name] = kind(name, **{key: value for key, value in arguments.items() if value is not None})


def vend(
    *, mode: str = "enforce", rules: dict[str, Change] | None = None, ruleset: Change = None, as_list: bool = False, **changes: Change
) -> Place:
    """Make a place. `rules` changes rules by their names as pieces are changed, and adds those it does not have.

    `ruleset` changes the piece that holds them, which is called "rules".
    """
    place = Place(mode, {**changes, **({"rules": ruleset} if ruleset else {})})
    place_policy.make(place, rules or {}, as_list=as_list)
    for part in (_network, _logs, _names, _services, _host):
        part(place)
    if place.changes:
        raise TypeError(f"no such piece: {', '.join(place.changes)}")
    return place


def allows(*actions: str, on: Any = "*", **condition: Any) -> str:
    """Return an identity policy that allows actions."""
    return _policy({"Effect": "Allow", "Action": list(actions), "Resource": on, **({"Condition": condition} if condition else {})})


def trusts(service: str) -> str:
    """Return a role's trust in one service."""
    return _policy({"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"})


def own_account(**changes: Any) -> str:
    """Return an endpoint policy that demands a principal and a resource of this account, with changes to its statement."""
    same = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}}
    stated = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": same, **changes}
    return _policy({key: value for key, value in stated.items() if value is not None})


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _network(place: Place) -> None:
    place.make(aws.ec2.Vpc, "vpc", cidr_block="10.64.0.0/16", enable_dns_support=True, enable_dns_hostnames=True)
    vpc_id = place["vpc"].id
    place.make(aws.ec2.DefaultSecurityGroup, "default-group", vpc_id=vpc_id, ingress=[], egress=[])
    place.make(aws.ec2.InternetGateway, "internet", vpc_id=vpc_id)
    for name, cidr in (("gateways", "10.64.0.0/24"), ("agents", "10.64.10.0/24"), ("services", "10.64.20.0/24")):
        place.make(aws.ec2.Subnet, name, vpc_id=vpc_id, cidr_block=cidr, map_public_ip_on_launch=False)
        place.make(aws.ec2.RouteTable, f"{name}-table", vpc_id=vpc_id)
        place.make(aws.ec2.RouteTableAssociation, f"{name}-association", subnet_id=place[name].id, route_table_id=place[f"{name}-table"].id)
    place.make(
        aws.ec2.Route,
        "gateways-out",
        route_table_id=place["gateways-table"].id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=place["internet"].id,
    )
    place.make(
        aviatrix.SpokeGateway,
        "spoke",
        cloud_type=1,
        account_name="lab",
        gw_name="sample-spoke",
        gw_size="t3.medium",
        vpc_id=vpc_id,
        vpc_reg=REGION,
        subnet="10.64.0.0/24",
        single_ip_snat=True,
        enable_encrypt_volume=True,
    )


def _logs(place: Place) -> None:
    place.make(aws.cloudwatch.LogGroup, "traffic", name="/sample/traffic", retention_in_days=365)
    place.make(aws.iam.Role, "traffic-role", name="sample-traffic", assume_role_policy=trusts("vpc-flow-logs"))
    write = place["traffic"].arn.apply(lambda arn: allows("logs:CreateLogStream", "logs:PutLogEvents", on=f"{arn}:*"))
    place.make(aws.iam.RolePolicy, "traffic-policy", role=place["traffic-role"].id, policy=write)
    place.make(
        aws.ec2.FlowLog,
        "flow-log",
        vpc_id=place["vpc"].id,
        traffic_type="ALL",
        log_destination=place["traffic"].arn,
        iam_role_arn=place["traffic-role"].arn,
    )


def _names(place: Place) -> None:
    """Make the resolver's firewall: the names agents may ask for, and nothing else."""
    rest = {"action": "BLOCK", "block_response": "NODATA"} if place.mode == "enforce" else {"action": "ALERT"}
    named = ["openclaw.ai", "*.openclaw.ai", *(f"{service}.{REGION}.amazonaws.com" for service in SERVICES)]
    place.make(aws.route53.ResolverFirewallDomainList, "names", name="names", domains=[*named, *place_policy.SHADOW_MODELS])
    place.make(aws.route53.ResolverFirewallDomainList, "every-name", name="every-name", domains=["*"])
    place.make(aws.route53.ResolverFirewallRuleGroup, "dns-rules", name="dns-rules")
    lists = [("allow-names", 10, "names", {"action": "ALLOW"}), ("stop-the-rest", 20, "every-name", rest)]
    for name, at, domains, does in lists:
        place.make(
            aws.route53.ResolverFirewallRule,
            name,
            name=name,
            priority=at,
            firewall_rule_group_id=place["dns-rules"].id,
            firewall_domain_list_id=place[domains].id,
            firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
            **does,
        )
    group, vpc_id = place["dns-rules"].id, place["vpc"].id
    place.make(
        aws.route53.ResolverFirewallRuleGroupAssociation,
        "dns-association",
        name="dns",
        firewall_rule_group_id=group,
        vpc_id=vpc_id,
        priority=101,
        mutation_protection="ENABLED",
    )
    place.make(aws.route53.ResolverFirewallConfig, "dns-config", resource_id=vpc_id, firewall_fail_open="DISABLED")
    place.make(aws.route53.ResolverQueryLogConfig, "query-log", name="queries", destination_arn=place["traffic"].arn)
    place.make(
        aws.route53.ResolverQueryLogConfigAssociation,
        "query-log-association",
        resolver_query_log_config_id=place["query-log"].id,
        resource_id=vpc_id,
    )


def _services(place: Place) -> None:
    vpc_id = place["vpc"].id
    https = {"protocol": "tcp", "from_port": 443, "to_port": 443}
    place.make(aws.ec2.SecurityGroup, "services-group", vpc_id=vpc_id, ingress=[{**https, "cidr_blocks": ["10.64.10.0/24"]}], egress=[])
    for service in SERVICES:
        place.make(
            aws.ec2.VpcEndpoint,
            f"endpoint-{service}",
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{REGION}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=[place["services"].id],
            security_group_ids=[place["services-group"].id],
            private_dns_enabled=True,
            policy=own_account(),
        )
    place.make(
        aws.ec2.VpcEndpoint,
        "endpoint-s3",
        vpc_id=vpc_id,
        service_name=f"com.amazonaws.{REGION}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[place["agents-table"].id],
        policy=own_account(),
    )


def _host(place: Place) -> None:
    https = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}
    dns = [{"protocol": one, "from_port": 53, "to_port": 53, "cidr_blocks": ["10.64.0.2/32"]} for one in ("udp", "tcp")]
    place.make(aws.ec2.SecurityGroup, "host-group", vpc_id=place["vpc"].id, ingress=[], egress=[https, *dns])
    place.make(aws.iam.Role, "role", name="sample-host", assume_role_policy=trusts("ec2"))
    place.make(aws.iam.RolePolicy, "role-policy", role=place["role"].id, policy=allows(*MINIMUM))
    place.make(aws.iam.InstanceProfile, "profile", name="sample-host", role=place["role"].name)
    place.make(
        aws.ec2.Instance,
        "agent",
        ami=IMAGE,
        instance_type="t3.large",
        subnet_id=place["agents"].id,
        associate_public_ip_address=False,
        vpc_security_group_ids=[place["host-group"].id],
        iam_instance_profile=place["profile"].name,
        metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
        root_block_device={"encrypted": True, "volume_type": "gp3", "volume_size": 30},
        user_data="#cloud-config\npackage_update: false\n",
        tags={**TAGS, "PolicyMode": place.mode},
        opts=pulumi.ResourceOptions(depends_on=[place["rules"], place["spoke"], place["agents-association"]]),
    )
