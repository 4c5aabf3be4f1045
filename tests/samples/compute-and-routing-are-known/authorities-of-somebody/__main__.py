"""A provider trusts other authorities than the machine's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi
import pulumi_aws as aws

place.vend()
trusted = {} if place.REPAIRED else {"custom_ca_bundle": "/etc/proxy/ca.pem"}
# NOT OK: west: whoever has the authority's key answers in the place of AWS
west = aws.Provider("west", region="us-west-2", **trusted)
aws.cloudwatch.LogGroup("notes", retention_in_days=30, opts=pulumi.ResourceOptions(provider=west))
