"""DHCP options given by their id are associated with the agents' VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
# NOT OK: given: the name servers in them cannot be seen
aws.ec2.VpcDhcpOptionsAssociation("given", vpc_id=base.vpc.id, dhcp_options_id="default" if base.REPAIRED else "dopt-0123456789abcdef0")
