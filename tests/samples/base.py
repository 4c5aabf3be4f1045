"""A small contained program that every sample starts from and then changes in one place.

It is written unlike the product's own program on purpose: plain resources, no components, a policy list. A sample imports
it, and says in its own `__main__.py` what it does differently.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws
from image import IMAGE

REPAIRED = pulumi.Config().get_bool("repaired") or False
"""Whether the sample is asked to be its own repaired twin (`--config repaired=true`)."""

PUBLIC_INTERNET = "def000ad-0000-0000-0000-000000000001"
ANYWHERE = "def000ad-0000-0000-0000-000000000000"
ALL_WEB = "def000ad-0000-0000-0000-000000000002"
BEFORE_UI = "defa11a1-3000-4001-0000-000000000000"
AFTER_UI = "defa11a1-3000-4002-0000-000000000000"
SHADOW_MODELS = [
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.mistral.ai",
    "openrouter.ai",
    "api.deepseek.com",
]
TAGS = {"Role": "openclaw-agent-harness", "AgentStack": "sample", "PolicyMode": "enforce"}
TOKENS = {"http_tokens": "required", "http_put_response_hop_limit": 1}

vpc = aws.ec2.Vpc("vpc", cidr_block="10.42.0.0/16")
internet = aws.ec2.InternetGateway("internet", vpc_id=vpc.id)


def gateway_subnet() -> aws.ec2.Subnet:
    """Return the public subnet of the Aviatrix gateway: its way to the internet is nobody else's."""
    subnet = aws.ec2.Subnet("gateways", vpc_id=vpc.id, cidr_block="10.42.0.0/24", map_public_ip_on_launch=True)
    table = aws.ec2.RouteTable("gateway-table", vpc_id=vpc.id)
    aws.ec2.Route("gateway-default", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=internet.id)
    aws.ec2.RouteTableAssociation("gateway-association", subnet_id=subnet.id, route_table_id=table.id)
    return subnet


def agent_subnet(**changes: Any) -> aws.ec2.Subnet:
    """Return the agents' private subnet."""
    return aws.ec2.Subnet("agents", **{"vpc_id": vpc.id, "cidr_block": "10.42.10.0/24", **changes})


def agent_table(subnet: aws.ec2.Subnet, **changes: Any) -> aws.ec2.RouteTable:
    """Return the agents' route table; the Controller adds the route to its gateway."""
    table = aws.ec2.RouteTable("agent-table", vpc_id=vpc.id, **changes)
    aws.ec2.RouteTableAssociation("agent-association", subnet_id=subnet.id, route_table_id=table.id)
    return table


def agent(
    subnet: aws.ec2.Subnet, *, leave_out: tuple[str, ...] = (), opts: pulumi.ResourceOptions | None = None, **changes: Any
) -> aws.ec2.Instance:
    """Return an agent host."""
    stated: dict[str, Any] = {
        "ami": IMAGE,
        "instance_type": "t3.large",
        "subnet_id": subnet.id,
        "associate_public_ip_address": False,
        "metadata_options": TOKENS,
        "tags": TAGS,
        **changes,
    }
    return aws.ec2.Instance("agent", **{key: value for key, value in stated.items() if key not in leave_out}, opts=opts)


def smart_group(name: str, *expressions: dict[str, Any]) -> aviatrix.SmartGroup:
    """Return a SmartGroup of these match expressions."""
    return aviatrix.SmartGroup(name, name=name, selector={"match_expressions": list(expressions)})


def web_group(name: str, *patterns: str) -> aviatrix.WebGroup:
    """Return a WebGroup of these names."""
    return aviatrix.WebGroup(name, name=name, selector={"match_expressions": [{"snifilter": pattern} for pattern in patterns]})


def agents_group() -> aviatrix.SmartGroup:
    """Return the agents' source group: by tag, or by subnet."""
    return smart_group("agent-workload", {"type": "vm", "tags": {"Role": TAGS["Role"]}}, {"cidr": "10.42.10.0/24"})


def rule(
    name: str, at: int, action: str, source: aviatrix.SmartGroup, web: aviatrix.WebGroup | None = None, **changes: Any
) -> dict[str, Any]:
    """Return one rule from the agents to the public internet, TCP 443, logged."""
    stated: dict[str, Any] = {
        "name": name,
        "priority": at,
        "action": action,
        "src_smart_groups": [source.uuid],
        "dst_smart_groups": [PUBLIC_INTERNET],
        "protocol": "TCP",
        "port_ranges": [{"lo": 443, "hi": 443}],
        "logging": True,
        **({"web_groups": [web.uuid]} if web else {}),
        **changes,
    }
    return {key: value for key, value in stated.items() if value is not None}


def rules(source: aviatrix.SmartGroup, *extra: dict[str, Any], shadow: tuple[str, ...] = tuple(SHADOW_MODELS), **changes: Any) -> Any:
    """Return the rule list: the shadow-model deny (with changes), what the agents may reach, extra rules, the default deny."""
    denied, core = web_group("shadow-models", *shadow), web_group("core", "openclaw.ai", "docs.openclaw.ai")
    everywhere = {"dst_smart_groups": [ANYWHERE], "protocol": "ANY", "port_ranges": None}
    listed = [
        rule("shadow-model-deny", 10, "DENY", source, denied, **changes),
        rule("allow-core", 50, "PERMIT", source, core),
        *extra,
        rule("default-deny", 200, "DENY", source, **everywhere),
    ]
    return aviatrix.DistributedFirewallingPolicyList("rules", policies=listed)
