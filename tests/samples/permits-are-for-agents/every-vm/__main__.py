"""The agents' group is every virtual machine."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

tags = {"tags": {"Role": "openclaw-agent-harness"}} if place.REPAIRED else {}
selector = {"match_expressions": [{"type": "vm", **tags}, {"cidr": "10.64.10.0/24"}]}
place.vend(agent_workload={"selector": selector})  # NOT OK: rules: permits are for every virtual machine
