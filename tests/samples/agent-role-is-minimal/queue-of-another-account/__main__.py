"""The role sends to a queue of another account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import json

import place

account = place.ACCOUNT if place.REPAIRED else "999988887777"
queue = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:{account}:tasks"}
# NOT OK: role-policy: each message is data in that account
place.vend(role_policy={"policy": json.dumps({"Version": "2012-10-17", "Statement": [queue]})})
