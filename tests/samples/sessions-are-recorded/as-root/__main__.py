"""A shell runs as root."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

user = "operator" if place.REPAIRED else "root"
sessions.vend(inputs={"runAsDefaultUser": user})  # NOT OK: shell: root changes what contains the agent
