"""Attempts to reach neighbours leave no trace."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(rules={"east-west-deny": {"logging": place.REPAIRED}})  # NOT OK: rules: the deny is not logged
