"""An ephemeral host stops, and does not end, when it switches itself off."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import ending
import place

behavior = "terminate" if place.REPAIRED else "stop"
# NOT OK: agent: its disk stays with what the task left on it
ending.end(place.vend(agent={**ending.HOST, "instance_initiated_shutdown_behavior": behavior}))
