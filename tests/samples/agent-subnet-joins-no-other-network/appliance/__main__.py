"""Packets for a private network go to an interface in the VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
card = aws.ec2.NetworkInterface("appliance", subnet_id=gateways.id)
target = table if not base.REPAIRED else aws.ec2.RouteTable("unused", vpc_id=base.vpc.id)
# NOT OK: by-hand: what it does with them is nobody's policy
aws.ec2.Route("by-hand", route_table_id=target.id, destination_cidr_block="192.168.0.0/16", network_interface_id=card.id)
