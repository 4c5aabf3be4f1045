"""EventBridge Scheduler makes a route an hour later, with a universal target."""

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
    route = {"RouteTableId": "rtb-0123456789abcdef0", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0123456789abcdef0"}
    call = {"arn": "arn:aws:scheduler:::aws-sdk:ec2:createRoute", "role_arn": "arn:aws:iam::111122223333:role/later"}
    # NOT OK: later: it calls AWS when the plan is long over
    aws.scheduler.Schedule(
        "later",
        flexible_time_window={"mode": "OFF"},
        schedule_expression="at(2027-01-01T00:00:00)",
        target={**call, "input": json.dumps(route)},
    )
