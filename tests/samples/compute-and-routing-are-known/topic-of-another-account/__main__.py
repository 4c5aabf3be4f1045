"""An alarm writes to a topic of another account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
owner = place.ACCOUNT if place.REPAIRED else "999988887777"
# NOT OK: alarm: whoever has that account reads when and why it fires
aws.cloudwatch.MetricAlarm(
    "alarm",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="CPUUtilization",
    namespace="AWS/EC2",
    period=300,
    statistic="Average",
    threshold=90,
    dimensions={"InstanceId": made["agent"].id},
    alarm_actions=[f"arn:aws:sns:us-east-1:{owner}:notices"],
)
