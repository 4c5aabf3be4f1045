"""The gateway's subnet has the agents' route table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place


def table(made):
    """Return the gateway's route table, and until it is repaired the agents'."""
    return made["models-table" if place.REPAIRED else "agents-table"].id


gateway.vend(models_association={"route_table_id": table})  # NOT OK: models: where the agents' routes lead, the keys' host goes
