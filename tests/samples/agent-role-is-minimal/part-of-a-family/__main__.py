"""A pattern of actions matches one that is on no list."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

objects = "arn:aws:s3:::reports-of-agents/*"
action = "s3:GetObject*" if place.REPAIRED else "s3:PutObject*"
# NOT OK: role-policy: s3:PutObjectAcl gives an object to everybody
place.vend(role_policy={"policy": place.allows(action, on=objects)})
