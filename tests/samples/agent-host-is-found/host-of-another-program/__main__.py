"""A tag makes an instance of another program an agent host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
key = "Owner" if place.REPAIRED else "AgentStack"
# NOT OK: joined: the agents' rules apply to it, and nothing judges its network, role or disks
aws.ec2.Tag("joined", resource_id="i-0123456789abcdef0", key=key, value="sample-place")
