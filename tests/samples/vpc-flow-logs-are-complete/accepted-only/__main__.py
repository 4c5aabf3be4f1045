"""The VPC's flow log leaves out what was refused."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
aws.ec2.FlowLog(  # NOT OK: log: every attempt is missing
    "log",
    vpc_id=base.vpc.id,
    traffic_type="ALL" if base.REPAIRED else "ACCEPT",
    log_destination_type="s3",
    log_destination="arn:aws:s3:::flow-logs-of-the-account",
)
