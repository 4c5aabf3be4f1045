"""Operators take over sessions of others."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

resumed = sessions.RESUMED if place.REPAIRED else "*"
sessions.vend(resumed=resumed)  # NOT OK: operators: a session is typed in by somebody else than its record says
