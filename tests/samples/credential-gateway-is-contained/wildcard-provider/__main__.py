"""The gateway reaches every host below a provider's domain."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

names = ("integrate.api.nvidia.com",) if place.REPAIRED else ("*.nvidia.com",)
gateway.vend(names=names)  # NOT OK once ids are known: rules: hosts that nobody reviewed get calls
