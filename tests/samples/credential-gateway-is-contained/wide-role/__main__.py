"""The gateway's role reads every secret of the account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

secrets = gateway.SECRET if place.REPAIRED else "arn:aws:secretsmanager:us-east-1:111122223333:secret:*"
read = place.allows("secretsmanager:GetSecretValue", on=[secrets])
gateway.vend(models_policy={"policy": read})  # NOT OK: models: a stolen gateway gives away every secret
