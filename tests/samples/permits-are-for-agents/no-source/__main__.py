"""A permit has no source."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

sources = {} if place.REPAIRED else {"src_smart_groups": []}
place.vend(rules={"allow-core": sources})  # NOT OK: rules: no documentation says whom it is for
