"""The resolver answers one name that no rule permits."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

strange = "status.openclaw.ai" if place.REPAIRED else "status.metrics.example"
# NOT OK: allow-names: no connection to it is permitted, so only the query itself is of use
place.vend(names={"domains": ["openclaw.ai", "*.openclaw.ai", strange]})
