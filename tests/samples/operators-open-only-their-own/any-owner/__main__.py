"""Every operator opens every host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

conditions = sessions.CONDITIONS if place.REPAIRED else {"Bool": sessions.CONDITIONS["Bool"]}
sessions.vend(host_conditions=conditions)  # NOT OK: operators: one team has a shell on the hosts of all teams
