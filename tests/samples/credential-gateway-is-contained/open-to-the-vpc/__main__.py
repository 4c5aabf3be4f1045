"""The whole VPC may connect to the gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

sources = gateway.AGENTS if place.REPAIRED else "10.64.0.0/16"
ingress = [{**gateway.PORT, "cidr_blocks": [sources]}]
gateway.vend(models_group={"ingress": ingress})  # NOT OK: models: others than agents call models with its keys
