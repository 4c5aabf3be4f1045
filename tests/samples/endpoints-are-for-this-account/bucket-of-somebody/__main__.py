"""Everybody may read from a bucket that is not one of AWS."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

bucket = "amazon-ssm-us-east-1" if place.REPAIRED else "drop-off-point"
own = json.loads(place.own_account())["Statement"]
reads = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
# NOT OK: endpoint-s3: names of objects carry data to whoever reads the bucket's log
place.vend(endpoint_s3={"policy": json.dumps({"Version": "2012-10-17", "Statement": [*own, reads]})})
