"""Everybody may take the role, under a condition that every caller meets."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}
trust = place.trusts("ec2") if place.REPAIRED else json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
# NOT OK: role: other accounts have the host's rights
place.vend(role={"assume_role_policy": trust})
