"""In monitor a second permit follows the deny of everything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

priority = 50 if place.REPAIRED else 205
# NOT OK: rules: only the broad permit may follow
place.vend(mode="monitor", as_list=True, rules={"allow-core": {"priority": priority}})
