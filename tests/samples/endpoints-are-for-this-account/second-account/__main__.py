"""An endpoint lets a second account through."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

accounts = [place.ACCOUNT] if place.REPAIRED else [place.ACCOUNT, "999988887777"]
same = {"aws:PrincipalAccount": accounts, "aws:ResourceAccount": accounts}
# NOT OK: endpoint-s3: with that account's keys into that account's bucket
place.vend(endpoint_s3={"policy": place.own_account(Condition={"StringEquals": same})})
