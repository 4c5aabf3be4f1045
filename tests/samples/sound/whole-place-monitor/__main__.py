"""A whole vended place in monitor, its rules a policy list."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(mode="monitor", as_list=True)
