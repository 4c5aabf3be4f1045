"""DHCP hands out somebody else's name servers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
servers = ["AmazonProvidedDNS"] if base.REPAIRED else ["10.42.0.2", "9.9.9.9"]
options = aws.ec2.VpcDhcpOptions("options", domain_name_servers=servers)  # NOT OK: options: no firewall hears the second one
aws.ec2.VpcDhcpOptionsAssociation("association", vpc_id=base.vpc.id, dhcp_options_id=options.id)
