"""Harmless types next to a host: logs, alarms with a topic, a key, a bucket, a queue, providers, a component."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
aws.cloudwatch.LogGroup("logs", retention_in_days=365)
topic = aws.sns.Topic("notices")
aws.sns.TopicSubscription("mail", topic=topic.arn, protocol="email", endpoint="team@example.com")
watched = {"comparison_operator": "GreaterThanThreshold", "evaluation_periods": 1, "metric_name": "CPUUtilization", "namespace": "AWS/EC2"}
measured = {"period": 300, "statistic": "Average", "threshold": 90}
aws.cloudwatch.MetricAlarm("silent", **watched, **measured)
aws.cloudwatch.MetricAlarm("loud", **watched, **measured, alarm_actions=[topic.arn], ok_actions=[topic.arn])
key = aws.kms.Key("key", enable_key_rotation=True)
aws.kms.Alias("alias", name="alias/neighbors", target_key_id=key.id)
bucket = aws.s3.Bucket("bucket")
aws.s3.BucketPublicAccessBlock("private", bucket=bucket.id, block_public_acls=True, block_public_policy=True)
queue = aws.sqs.Queue("queue")
rule = aws.cloudwatch.EventRule("rule", event_pattern='{"source": ["aws.guardduty"]}')
aws.cloudwatch.EventTarget("target", rule=rule.name, arn=queue.arn)
aws.budgets.Budget("budget", budget_type="COST", time_unit="MONTHLY", limit_amount="100", limit_unit="USD")
aws.ssm.Parameter("parameter", type="String", value="blue")
europe = aws.Provider("europe", region="eu-west-1", default_tags={"tags": {"Team": "research"}}, skip_credentials_validation=True)
replica = aws.s3.Bucket("replica", opts=pulumi.ResourceOptions(provider=europe))


class Anything(pulumi.ComponentResource):
    """A component; its name can be that of a type which is refused."""

    def __init__(self, name: str) -> None:
        super().__init__("aws:lambda/function:Function", name, {})
        aws.ecr.Repository(f"{name}-images", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


Anything("component")
