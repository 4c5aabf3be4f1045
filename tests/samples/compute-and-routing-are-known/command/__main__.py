"""A command is run on this machine at each deployment."""

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
    # NOT OK: shell: what it does is in no plan
    pulumi.CustomResource("command:local:Command", "shell", {"create": "aws ec2 create-route ..."})
