"""A client VPN is associated with the agents' subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
vpn = aws.ec2clientvpn.Endpoint(
    "vpn",
    client_cidr_block="10.200.0.0/22",
    server_certificate_arn="arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
    authentication_options=[
        {"type": "certificate-authentication", "root_certificate_chain_arn": "arn:aws:acm:us-east-1:111122223333:certificate/1"}
    ],
    connection_log_options={"enabled": False},
)
if not base.REPAIRED:
    # NOT OK: association: laptops beside the agent
    aws.ec2clientvpn.NetworkAssociation("association", client_vpn_endpoint_id=vpn.id, subnet_id=subnet.id)
    # NOT OK: everybody: and this lets them
    aws.ec2clientvpn.AuthorizationRule(
        "everybody", client_vpn_endpoint_id=vpn.id, target_network_cidr="10.42.10.0/24", authorize_all_groups=True
    )
