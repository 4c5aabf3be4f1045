"""The network plugin gives pods interfaces in another subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import json

import place
import pulumi_aws as aws

place.vend()
other = {"create": True, "subnets": {"us-east-1a": {"id": "subnet-0123456789abcdef0"}}}
settings = {"env": {"ENABLE_PREFIX_DELEGATION": "true"}} | ({} if place.REPAIRED else {"eniConfig": other})
# NOT OK: plugin: pods leave by the routes of that subnet
aws.eks.Addon("plugin", cluster_name="agents", addon_name="vpc-cni", configuration_values=json.dumps(settings))
