"""The account's serial console is on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
aws.ec2.SerialConsoleAccess("console", enabled=not base.REPAIRED)  # NOT OK: console: a login that no network policy sees
