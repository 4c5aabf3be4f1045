"""The last deny is for TCP only."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

protocol = "ANY" if place.REPAIRED else "TCP"
place.vend(rules={"default-deny": {"protocol": protocol}})  # NOT OK: rules: UDP and ICMP are left to a default action
