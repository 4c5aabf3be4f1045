"""The role keeps an inline policy that is somewhere else."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend(role_policy={"name": "operate"})
names = ["operate"] if place.REPAIRED else ["operate", "migration"]
# NOT OK: kept: what the second one allows cannot be seen
aws.iam.RolePoliciesExclusive("kept", role_name=made["role"].name, policy_names=names)
