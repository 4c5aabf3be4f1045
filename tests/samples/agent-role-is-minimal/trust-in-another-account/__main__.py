"""Another account may take the role, with an external id."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

own = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
partner = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::999988887777:role/partner"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "a-shared-word"}},
}
trust = [own] if place.REPAIRED else [own, partner]
# NOT OK: role: the partner's account has the host's rights
place.vend(role={"assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": trust})})
