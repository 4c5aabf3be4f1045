"""The agent classes that ship: what the seeds name. A class that somebody adds is none of these, and breaks no test by being there."""

from __future__ import annotations

from typing import Final

SHIPPED: Final = ("coding", "customer-support", "healthcare-phi", "locked-down", "open-demo", "regulated-data", "research")
