"""What no rule decides is denied, and nobody sees it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(default_action={"logging": place.REPAIRED})  # NOT OK: default-action: hits leave no trace
