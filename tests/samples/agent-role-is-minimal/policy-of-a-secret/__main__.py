"""A secret's own policy names the host's role, which has no such right."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi
import pulumi_aws as aws

made = place.vend()
name = place.ACCOUNT if place.REPAIRED else made["role"].arn


def document(who: str) -> str:
    """Return a policy that names a principal; an account as principal leaves the decision to the roles' own policies."""
    reads = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "secretsmanager:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [reads]})


# NOT OK once ids are known: secret: in one account the secret's policy suffices, and the role needs none
aws.secretsmanager.Secret("secret", name="payroll", policy=pulumi.Output.from_input(name).apply(document))
