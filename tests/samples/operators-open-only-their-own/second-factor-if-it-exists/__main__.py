"""A missing second factor counts as one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

owned = {"StringEquals": sessions.CONDITIONS["StringEquals"], "Bool": {"ssm:SessionDocumentAccessCheck": "true"}}
lenient = {**owned, "BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}
# NOT OK: operators: a long-term key has no such value
sessions.vend(host_conditions=sessions.CONDITIONS if place.REPAIRED else lenient)
