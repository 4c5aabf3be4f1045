"""An endpoint compares the account of a request with itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

itself = {"aws:PrincipalAccount": "${aws:PrincipalAccount}", "aws:ResourceAccount": "${aws:ResourceAccount}"}
same = {"aws:PrincipalAccount": place.ACCOUNT, "aws:ResourceAccount": place.ACCOUNT}
# NOT OK: endpoint-s3: every request is equal to itself
place.vend(endpoint_s3={"policy": place.own_account(Condition={"StringEquals": same if place.REPAIRED else itself})})
