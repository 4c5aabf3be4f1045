"""The agents' group is made of tags alone."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

tagged = {"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}
expressions = [tagged, {"cidr": "10.64.10.0/24"}] if place.REPAIRED else [tagged]
# NOT OK: agent-workload: a removed tag frees an agent
place.vend(agent_workload={"selector": {"match_expressions": expressions}})
