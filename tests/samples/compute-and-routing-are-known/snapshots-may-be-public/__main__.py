"""The switch that keeps snapshots of the account private is off."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
# NOT OK: snapshots: a snapshot of an agent's disk may be shared with everybody
aws.ebs.SnapshotBlockPublicAccess("snapshots", state="block-all-sharing" if base.REPAIRED else "unblocked")
