"""API Gateway reaches into the agents' subnet."""

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
    # NOT OK: link: requests from the internet arrive inside
    aws.apigatewayv2.VpcLink("link", name="link", subnet_ids=[subnet.id], security_group_ids=["sg-0123456789abcdef0"])
