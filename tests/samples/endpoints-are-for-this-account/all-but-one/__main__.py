"""An endpoint lets everybody through but one."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

others = {"Effect": "Allow", "NotPrincipal": {"AWS": place.ACCOUNT}, "Action": "*", "Resource": "*"}
policy = place.own_account() if place.REPAIRED else json.dumps({"Version": "2012-10-17", "Statement": [others]})
# NOT OK: endpoint-sts: exactly the others
place.vend(endpoint_sts={"policy": policy})
