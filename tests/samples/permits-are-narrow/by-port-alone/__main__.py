"""HTTPS to any host, with no name to check."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

names = {} if place.REPAIRED else {"web_groups": None}
place.vend(rules={"allow-core": names})  # NOT OK: rules: any host that listens on 443
