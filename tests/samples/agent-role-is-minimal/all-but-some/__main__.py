"""The role may do everything except what a list names."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

forbidden = {"Effect": "Allow", "NotAction": ["iam:*", "ec2:*"], "Resource": "*"}
allowed = {"Effect": "Allow", "Action": place.MINIMUM, "Resource": "*"}
document = {"Version": "2012-10-17", "Statement": allowed if place.REPAIRED else forbidden}
# NOT OK: role-policy: whatever AWS adds next as well
place.vend(role_policy={"policy": json.dumps(document)})
