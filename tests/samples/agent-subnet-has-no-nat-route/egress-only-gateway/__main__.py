"""IPv6 leaves through an egress-only gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
gateway = aws.ec2.EgressOnlyInternetGateway("ipv6-out", vpc_id=base.vpc.id)
if not base.REPAIRED:
    # NOT OK: way-out: past the firewall over IPv6
    aws.ec2.Route("way-out", route_table_id=table.id, destination_ipv6_cidr_block="::/0", egress_only_gateway_id=gateway.id)
