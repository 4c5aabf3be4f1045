"""The agents' group holds their neighbours' subnets."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

network = "10.64.10.0/24" if place.REPAIRED else "10.64.0.0/20"
tagged = {"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}
# NOT OK: agent-workload: endpoints and gateways are in it as well
place.vend(agent_workload={"selector": {"match_expressions": [tagged, {"cidr": network}]}})
