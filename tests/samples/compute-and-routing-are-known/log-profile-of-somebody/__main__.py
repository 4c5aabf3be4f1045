"""The default deny writes its log lines by a profile that is not one of the Controller."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

profile = "def000ad-7000-0000-0000-000000000001" if place.REPAIRED else "0badbad0-0bad-0bad-0bad-0badbadbadba"
place.vend(rules={"default-deny": {"log_profile": profile}})  # NOT OK: rules: the profile may log nothing
