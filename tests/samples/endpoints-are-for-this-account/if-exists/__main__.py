"""An endpoint's conditions hold whenever their keys are missing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

same = {"aws:PrincipalAccount": place.ACCOUNT, "aws:ResourceAccount": place.ACCOUNT}
operator = "StringEquals" if place.REPAIRED else "StringEqualsIfExists"
# NOT OK: endpoint-sts: a request without the key passes
place.vend(endpoint_sts={"policy": place.own_account(Condition={operator: same})})
