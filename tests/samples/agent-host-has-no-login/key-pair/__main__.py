"""The host takes a key pair made in the program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
key = aws.ec2.KeyPair("key", public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKh1 operator")
# NOT OK: agent: whoever holds the key may come in
base.agent(subnet, **({} if base.REPAIRED else {"key_name": key.key_name}))
