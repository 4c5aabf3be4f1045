"""What no rule decides is let through."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

action = "DENY" if place.REPAIRED else "PERMIT"
place.vend(default_action={"action": action})  # NOT OK: default-action: what no rule decides is let through
