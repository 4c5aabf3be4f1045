"""The group of the VPC's endpoints holds other networks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

network = "10.64.20.0/24" if place.REPAIRED else "10.0.0.0/9"
place.vend(as_list=True, aws_services={"selector": place_policy.cidrs(network)})  # NOT OK: rules: every neighbour is permitted
