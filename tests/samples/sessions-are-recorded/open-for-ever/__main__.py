"""A shell stays open when nobody types."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

sessions.vend(inputs={} if place.REPAIRED else {"idleSessionTimeout": ""})  # NOT OK: shell: a desk that was left is a shell
