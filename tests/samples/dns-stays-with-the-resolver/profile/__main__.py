"""A Route 53 profile is applied to the agents' VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
other = aws.ec2.Vpc("other", cidr_block="10.77.0.0/16")
# NOT OK: applied: its zones and rules answer before public DNS does
aws.route53.ProfilesAssociation(
    "applied", name="applied", profile_id="rp-0123456789abcdef", resource_id=other.id if base.REPAIRED else base.vpc.id
)
