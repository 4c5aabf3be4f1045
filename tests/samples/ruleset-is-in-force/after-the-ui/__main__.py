"""The rules come after those made in the UI."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

before, after = place_policy.BEFORE_UI, "defa11a1-3000-4002-0000-000000000000"
place.vend(ruleset={"attach_to": before if place.REPAIRED else after})  # NOT OK: rules: any rule of the UI may permit first
