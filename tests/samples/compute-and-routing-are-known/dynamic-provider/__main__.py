"""A dynamic provider runs any code while the program is deployed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: anything: its create is code that the plan does not show
    pulumi.CustomResource("pulumi-python:dynamic:Resource", "anything", {"call": "ec2:CreateRoute"})
