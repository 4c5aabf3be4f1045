"""An outbound resolver endpoint is in the agents' VPC."""

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
elsewhere = [aws.ec2.Subnet(f"elsewhere-{number}", vpc_id=other.id, cidr_block=f"10.77.{number}.0/24") for number in range(2)]
here = elsewhere if base.REPAIRED else [gateways, subnet]
group = aws.ec2.SecurityGroup("asking", vpc_id=other.id, ingress=[], egress=[])
# NOT OK: outbound: names leave through it past the DNS firewall of the VPC
aws.route53.ResolverEndpoint(
    "outbound", direction="OUTBOUND", security_group_ids=[group.id], ip_addresses=[{"subnet_id": one.id} for one in here]
)
