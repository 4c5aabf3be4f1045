"""The group of neighbours is there, and the deny is gone."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(rules={} if place.REPAIRED else {"east-west-deny": None})  # NOT OK: east-west: no rule uses it
