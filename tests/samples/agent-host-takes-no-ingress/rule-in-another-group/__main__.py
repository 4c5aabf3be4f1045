"""An ingress rule is added to a security group given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: opened: the group may be another stack's agents'
    aws.vpc.SecurityGroupIngressRule(
        "opened", security_group_id="sg-0123456789abcdef0", ip_protocol="tcp", from_port=22, to_port=22, cidr_ipv4="10.42.0.0/16"
    )
