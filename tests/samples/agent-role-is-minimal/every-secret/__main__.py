"""A permitted action is allowed on every secret of the account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

name = "agents/model-??????" if place.REPAIRED else "*"
secret = f"arn:aws:secretsmanager:us-east-1:{place.ACCOUNT}:secret:{name}"
# NOT OK: role-policy: other teams' secrets too
place.vend(role_policy={"policy": place.allows("secretsmanager:GetSecretValue", on=secret)})
