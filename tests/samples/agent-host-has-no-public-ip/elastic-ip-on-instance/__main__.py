"""An elastic IP names the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
aws.ec2.Eip("address", domain="vpc", instance=None if base.REPAIRED else agent.id)  # NOT OK: address: it is put on the host
