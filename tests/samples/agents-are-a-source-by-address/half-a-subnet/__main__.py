"""The agents' group holds half of their subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

network = "10.64.10.0/24" if place.REPAIRED else "10.64.10.0/25"
tagged = {"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}
# NOT OK: agent-workload: the other half is in it by tags only
place.vend(agent_workload={"selector": {"match_expressions": [tagged, {"cidr": network}]}})
