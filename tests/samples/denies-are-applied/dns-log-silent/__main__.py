"""A deny says nothing about logging, and the default is none."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

logging = True if place.REPAIRED else None
place.vend(rules={"dns-elsewhere-tcp": {"logging": logging}})  # NOT OK: rules: silence is no log
