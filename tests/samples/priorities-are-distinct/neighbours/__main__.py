"""The deny of neighbours has a permit's priority."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

priority = 100 if place.REPAIRED else 50
place.vend(rules={"east-west-deny": {"priority": priority}})  # NOT OK: rules: allow-core has 50 as well
