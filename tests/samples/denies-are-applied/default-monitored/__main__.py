"""The last deny only monitors, in the words of newer Controllers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

enforcement = "ENFORCE" if place.REPAIRED else "MONITOR"
# NOT OK: rules: the host is not in monitor
place.vend(as_list=True, rules={"default-deny": {"enforcement": enforcement}})
