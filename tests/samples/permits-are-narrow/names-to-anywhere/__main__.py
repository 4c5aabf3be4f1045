"""Names are permitted to private addresses too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

where = place_policy.PUBLIC_INTERNET if place.REPAIRED else place_policy.ANYWHERE
place.vend(rules={"allow-core": {"dst_smart_groups": [where]}})  # NOT OK: rules: neighbours are a name away
