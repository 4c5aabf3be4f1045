"""A private namespace of service discovery answers a permitted name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
# NOT OK: answers: it is a private zone, and any service may register in it
aws.servicediscovery.PrivateDnsNamespace("answers", name="tools.internal" if place.REPAIRED else "docs.openclaw.ai", vpc=made["vpc"].id)
