"""A place's flow log is on the agents' subnet only."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

# NOT OK: vpc: the gateway's side is missing
place.vend(flow_log={} if place.REPAIRED else {"vpc_id": None, "subnet_id": lambda made: made["agents"].id})
