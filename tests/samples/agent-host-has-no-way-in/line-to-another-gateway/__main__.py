"""A VPN connection ends at a gateway of another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
peer = aws.ec2.CustomerGateway("office", bgp_asn="65000", ip_address="198.51.100.9", type="ipsec.1")
gateway = aws.ec2.VpnGateway("vpn").id if base.REPAIRED else "vgw-0123456789abcdef0"
# NOT OK: line: the gateway may be that of an agent's network
aws.ec2.VpnConnection("line", customer_gateway_id=peer.id, vpn_gateway_id=gateway, type="ipsec.1")
