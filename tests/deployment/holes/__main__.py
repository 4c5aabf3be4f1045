"""A whole contained place, gateway included, with one hole: what the policy pack refuses, deployed without it."""

import json
import sys
from pathlib import Path

import pulumi
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "samples"))
import base

from containment_lab.simulators import PREPARED_IMAGE

HOLE = pulumi.Config().get("hole") or "none"
WIDE = "128.0.0.0/1"
"""Half the internet: more than the Controller's own default route can keep."""

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
if HOLE == "public-ip":
    aws.ec2.Route("hole", route_table_id=table.id, destination_cidr_block=WIDE, gateway_id=base.internet.id)
if HOLE == "nat-route":
    address = aws.ec2.Eip("nat-address", domain="vpc")
    nat = aws.ec2.NatGateway("nat", subnet_id=gateways.id, allocation_id=address.id)
    aws.ec2.Route("hole", route_table_id=table.id, destination_cidr_block=WIDE, nat_gateway_id=nat.id)

spoke = aviatrix.SpokeGateway(
    "spoke",
    cloud_type=1,
    account_name="lab",
    gw_name="holes-spoke",
    gw_size="t3.medium",
    vpc_id=base.vpc.id,
    vpc_reg="us-east-1",
    subnet="10.42.0.0/24",
    single_ip_snat=True,
    manage_ha_gateway=False,
    opts=pulumi.ResourceOptions(depends_on=[gateways, table]),
)
dcf = aviatrix.ConfigFeature("dcf", feature_name="microseg", is_enabled=True)
source, any_web = base.agents_group(), [base.ALL_WEB]
denied, core = base.web_group("shadow-models", *base.SHADOW_MODELS), base.web_group("core", "openclaw.ai", "docs.openclaw.ai")
shadow = base.rule("shadow-model-deny", 10, "DENY", source, denied)
broad = base.rule("allow-web", 5 if HOLE == "wrong-order" else 60, "PERMIT", source, web_groups=any_web)
rules = [
    *([] if HOLE == "missing-deny" else [shadow]),
    base.rule("allow-core", 50, "PERMIT", source, core),
    *([broad] if HOLE in ("missing-deny", "wrong-order") else []),
    base.rule("default-deny", 200, "DENY", source, dst_smart_groups=[base.ANYWHERE], protocol="ANY", port_ranges=None),
]
aviatrix.DistributedFirewallingPolicyList(
    "rules", policies=sorted(rules, key=lambda rule: rule["priority"]), opts=pulumi.ResourceOptions(depends_on=[dcf])
)
role = aws.iam.Role("host", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
profile = aws.iam.InstanceProfile("host", role=role.name)
base.agent(
    subnet,
    ami=PREPARED_IMAGE,
    associate_public_ip_address=HOLE == "public-ip",
    iam_instance_profile=profile.name,
    metadata_options={"http_tokens": "optional", "http_put_response_hop_limit": 1} if HOLE == "imdsv1" else base.TOKENS,
    opts=pulumi.ResourceOptions(depends_on=[spoke], delete_before_replace=True),
)
