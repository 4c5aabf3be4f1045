"""Every name is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = {} if place.REPAIRED else {"web_groups": [place_policy.ALL_WEB]}
place.vend(rules={"allow-core": names})  # NOT OK: rules: All-Web is no allow-list
