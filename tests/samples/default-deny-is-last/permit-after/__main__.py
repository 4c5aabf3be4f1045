"""A permit stands behind the deny of everything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

priority = 50 if place.REPAIRED else 300
place.vend(rules={"allow-core": {"priority": priority}})  # NOT OK: rules: only monitor's one broad permit may follow
