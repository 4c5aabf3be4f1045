"""A topic hands its messages to a function."""

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
to = {"protocol": "email", "endpoint": "team@example.com"}
runs = {"protocol": "lambda", "endpoint": "arn:aws:lambda:us-east-1:111122223333:function:run"}
# NOT OK: subscription: a function runs code where no rule looks
aws.sns.TopicSubscription("subscription", topic=topic.arn, **(to if base.REPAIRED else runs))
