"""An alarm stops the host: its action is none of a topic."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
topic = aws.sns.Topic("notices")
stops = "arn:aws:automate:us-east-1:ec2:stop"
# NOT OK: alarm: its action acts on hosts
aws.cloudwatch.MetricAlarm(
    "alarm",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="CPUUtilization",
    namespace="AWS/EC2",
    period=300,
    statistic="Average",
    threshold=90,
    alarm_actions=[topic.arn, *([] if base.REPAIRED else [stops])],
)
