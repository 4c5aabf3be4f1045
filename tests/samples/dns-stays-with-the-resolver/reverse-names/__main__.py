"""Reverse names of the agents' VPC are asked of public DNS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
# NOT OK: config: addresses become names that public servers are asked for
aws.route53.ResolverConfig("config", resource_id=base.vpc.id, autodefined_reverse_flag="ENABLE" if base.REPAIRED else "DISABLE")
