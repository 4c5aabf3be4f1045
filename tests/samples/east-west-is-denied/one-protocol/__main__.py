"""Neighbours are denied over TCP only."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

protocol = "ANY" if place.REPAIRED else "TCP"
# NOT OK once ids are known: rules: UDP and ICMP to neighbours are left to the last deny
place.vend(rules={"east-west-deny": {"protocol": protocol}})
