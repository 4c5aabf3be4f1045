"""Agents reach the gateway's provider themselves as well."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

gateway.vend(for_agents=not place.REPAIRED)  # NOT OK once ids are known: rules: a call with any key goes past the gateway
