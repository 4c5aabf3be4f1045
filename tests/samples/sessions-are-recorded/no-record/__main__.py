"""A shell leaves no record."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

inputs = {} if place.REPAIRED else {"cloudWatchLogGroupName": ""}
sessions.vend(inputs=inputs)  # NOT OK: shell: what was typed next to the agent is gone
