"""The root volume is encrypted and a second one is not."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(  # NOT OK: agent: the workspace is on the other disk
    subnet,
    root_block_device={"encrypted": True},
    ebs_block_devices=[{"device_name": "/dev/sdf", "volume_size": 100, "encrypted": base.REPAIRED}],
)
