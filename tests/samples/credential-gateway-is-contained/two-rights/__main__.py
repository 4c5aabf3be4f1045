"""The gateway's role also writes logs anywhere."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

more = () if place.REPAIRED else ("logs:PutLogEvents",)
read = place.allows("secretsmanager:GetSecretValue", *more, on=[gateway.SECRET])
gateway.vend(models_policy={"policy": read})  # NOT OK: models: a right beyond reading its secrets
