"""An SSM automation makes a route every half hour, out of sight of the plan."""

import json
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
    route = {"Service": "ec2", "Api": "CreateRoute", "RouteTableId": "rtb-0123456789abcdef0", "NatGatewayId": "nat-0123456789abcdef0"}
    steps = [{"name": "route", "action": "aws:executeAwsApi", "inputs": {**route, "DestinationCidrBlock": "0.0.0.0/0"}}]
    # NOT OK: document: its steps call AWS
    document = aws.ssm.Document("document", document_type="Automation", content=json.dumps({"schemaVersion": "0.3", "mainSteps": steps}))
    # NOT OK: run: it starts the document again and again
    aws.ssm.Association("run", name=document.name, schedule_expression="rate(30 minutes)")
