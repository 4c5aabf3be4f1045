"""The gateway can be entered over SSH."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

call = {**gateway.PORT, "cidr_blocks": [gateway.AGENTS]}
ssh = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": [gateway.AGENTS]}
ingress = [call] if place.REPAIRED else [call, ssh]
gateway.vend(models_group={"ingress": ingress})  # NOT OK: models: an agent can try to log in where the keys are
