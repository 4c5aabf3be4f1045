"""An ingress rule takes connections from another group, by the host's interface."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
others = aws.ec2.SecurityGroup("others", vpc_id=base.vpc.id, egress=[])
group = aws.ec2.SecurityGroup("own", vpc_id=base.vpc.id, egress=[])
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id, security_groups=[group.id])
base.agent(subnet, leave_out=("subnet_id", "associate_public_ip_address"), primary_network_interface={"network_interface_id": card.id})
if not base.REPAIRED:
    # NOT OK: debug: a port for debugging is a port for steering
    aws.vpc.SecurityGroupIngressRule(
        "debug", security_group_id=group.id, referenced_security_group_id=others.id, ip_protocol="tcp", from_port=9229, to_port=9229
    )
