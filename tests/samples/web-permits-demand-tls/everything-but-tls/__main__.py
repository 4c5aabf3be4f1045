"""A permit of names is for everything but TLS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

demand = "TLS_REQUIRED" if place.REPAIRED else "NOT_TLS_REQUIRED"
place.vend(as_list=True, rules={"allow-core": {"flow_app_requirement": demand}})  # NOT OK: rules: a Host header is enough
