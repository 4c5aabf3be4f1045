"""The last deny leaves private addresses out."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

where = place_policy.ANYWHERE if place.REPAIRED else place_policy.PUBLIC_INTERNET
place.vend(rules={"default-deny": {"dst_smart_groups": [where]}})  # NOT OK: rules: private space is left to a default action
