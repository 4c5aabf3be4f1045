"""An elastic IP is associated with a private address alone: the host has that address."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend(agent={"private_ip": "10.64.10.25"})
address = aws.ec2.Eip("address", domain="vpc")
if not place.REPAIRED:
    aws.ec2.EipAssociation(
        "public", allocation_id=address.id, private_ip_address="10.64.10.25"
    )  # NOT OK: public: it is the agent's address
