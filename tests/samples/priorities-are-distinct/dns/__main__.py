"""The deny of external DNS has a permit's priority."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

priority = 30 if place.REPAIRED else 21
place.vend(rules={"allow-aws": {"priority": priority}})  # NOT OK: rules: the deny of DNS over TCP has 21 as well
