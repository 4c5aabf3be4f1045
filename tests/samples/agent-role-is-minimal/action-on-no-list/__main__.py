"""The role may do one exact action that is on no list."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

actions = ("sts:GetCallerIdentity",) if place.REPAIRED else ("cloudshell:CreateEnvironment", "cloudshell:CreateSession")
# NOT OK: role-policy: a shell that has the internet
place.vend(role_policy={"policy": place.allows(*place.MINIMUM, *actions)})
