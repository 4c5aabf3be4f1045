"""Direct Connect ends at a VPN gateway of the VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
vpn = aws.ec2.VpnGateway("vpn")
aws.ec2.VpnGatewayAttachment("attached", vpc_id=base.vpc.id, vpn_gateway_id=vpn.id)
line = aws.directconnect.Gateway("line", amazon_side_asn="64512")
if not base.REPAIRED:
    # NOT OK: ends-here: the whole office network
    aws.directconnect.GatewayAssociation("ends-here", dx_gateway_id=line.id, associated_gateway_id=vpn.id)
