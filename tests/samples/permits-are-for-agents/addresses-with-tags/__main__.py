"""One match expression of the agents has addresses and tags together."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

tagged = {"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}
network = {"cidr": "10.64.10.0/24"}
mixed = [] if place.REPAIRED else [{"cidr": "10.64.10.0/24", "type": "vm", "tags": {"Team": "platform-team"}}]
# NOT OK: agent-workload: what a Controller makes of both is written nowhere
place.vend(agent_workload={"selector": {"match_expressions": [tagged, network, *mixed]}})
