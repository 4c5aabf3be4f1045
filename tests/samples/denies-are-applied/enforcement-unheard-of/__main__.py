"""A deny has an enforcement that the provider does not know."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(rules={"east-west-deny": {"enforcement": "ENFORCE" if place.REPAIRED else "OFF"}})  # NOT OK: rules: it may be switched off
