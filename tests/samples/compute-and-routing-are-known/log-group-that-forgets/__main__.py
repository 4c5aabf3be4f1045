"""Flow logs go to a group of a class that keeps events for two days at most."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

kind = "STANDARD" if place.REPAIRED else "DELIVERY"
place.vend(traffic={"log_group_class": kind, "retention_in_days": None})  # NOT OK: traffic: nobody can search the group
