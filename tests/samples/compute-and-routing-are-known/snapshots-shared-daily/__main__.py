"""Snapshots of the agents' disks are shared with another account every day."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
daily = {"name": "daily", "create_rule": {"interval": 24}, "retain_rule": {"count": 7}}
shared = {} if base.REPAIRED else {"share_rule": {"target_accounts": ["999988887777"]}}
details = {"resource_types": ["VOLUME"], "target_tags": {"Role": base.TAGS["Role"]}, "schedules": [{**daily, **shared}]}
# NOT OK: policy: what is on the disks is read there
aws.dlm.LifecyclePolicy("policy", description="daily", execution_role_arn="arn:aws:iam::111122223333:role/dlm", policy_details=details)
