"""A password alone opens a session."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

checked = {**sessions.CONDITIONS, "Bool": {"ssm:SessionDocumentAccessCheck": "true"}}
sessions.vend(host_conditions=sessions.CONDITIONS if place.REPAIRED else checked)  # NOT OK: operators: a stolen key is a shell
