"""The VPC offers a service over PrivateLink."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
elsewhere = aws.ec2.Subnet("elsewhere", vpc_id=aws.ec2.Vpc("other", cidr_block="10.77.0.0/16").id, cidr_block="10.77.1.0/24")
where = elsewhere if base.REPAIRED else gateways
balancer = aws.lb.LoadBalancer("balancer", internal=True, load_balancer_type="network", subnets=[where.id])
# NOT OK: service: other accounts reach what is behind it
aws.ec2.VpcEndpointService("service", acceptance_required=False, network_load_balancer_arns=[balancer.arn])
