"""The log group of the record has no key."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

# NOT OK: shell: everybody who reads logs of the account reads the record
sessions.vend(sessions_group={} if place.REPAIRED else {"kms_key_id": None})
