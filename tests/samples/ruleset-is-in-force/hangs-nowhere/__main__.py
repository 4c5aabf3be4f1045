"""The rules are stored, and never enforced."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

where = place_policy.BEFORE_UI if place.REPAIRED else None
place.vend(ruleset={"attach_to": where})  # NOT OK: rules: it hangs on no attachment point
