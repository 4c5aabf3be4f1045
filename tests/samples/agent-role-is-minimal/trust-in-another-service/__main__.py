"""A second service may take the role."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

services = ["ec2.amazonaws.com"] if place.REPAIRED else ["ec2.amazonaws.com", "lambda.amazonaws.com"]
trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
# NOT OK: role: functions run with the host's rights, outside of its network
place.vend(role={"assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": [trust]})})
