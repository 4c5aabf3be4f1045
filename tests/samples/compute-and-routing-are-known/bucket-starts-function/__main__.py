"""What is written to a bucket starts a function."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
bucket, queue = aws.s3.Bucket("inbox"), aws.sqs.Queue("written")
function = {"lambda_function_arn": "arn:aws:lambda:us-east-1:111122223333:function:run", "events": ["s3:ObjectCreated:*"]}
queued = {"queue_arn": queue.arn, "events": ["s3:ObjectCreated:*"]}
# NOT OK: notice: a function runs code where no rule looks
aws.s3.BucketNotification("notice", bucket=bucket.id, queues=[queued], lambda_functions=None if base.REPAIRED else [function])
