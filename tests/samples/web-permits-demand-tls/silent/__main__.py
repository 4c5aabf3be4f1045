"""A permit of names says nothing about TLS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

demand = "TLS_REQUIRED" if place.REPAIRED else None
place.vend(rules={"allow-core": {"flow_app_requirement": demand}})  # NOT OK: rules: the default demands nothing
