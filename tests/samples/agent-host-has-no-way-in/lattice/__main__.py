"""A service network of VPC Lattice joins the VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
network = aws.vpclattice.ServiceNetwork("network", auth_type="NONE")
other = aws.ec2.Vpc("other", cidr_block="10.77.0.0/16")
# NOT OK: joined: services of other VPCs, both ways
aws.vpclattice.ServiceNetworkVpcAssociation(
    "joined", service_network_identifier=network.id, vpc_identifier=other.id if base.REPAIRED else base.vpc.id
)
