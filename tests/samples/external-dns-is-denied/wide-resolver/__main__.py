"""The group of the resolver holds its whole subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

network = "10.64.0.2/32" if place.REPAIRED else "10.64.0.0/24"
place.vend(resolver={"selector": place_policy.cidrs(network)})  # NOT OK: rules: any host of the subnet may be a resolver
