"""No named rule denies the rest."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(rules={} if place.REPAIRED else {"default-deny": None})  # NOT OK: rules: the rest is left to a default action
