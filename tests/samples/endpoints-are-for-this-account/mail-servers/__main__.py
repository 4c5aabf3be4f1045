"""An endpoint leads to mail servers, which ignore endpoint policies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
service = "monitoring" if place.REPAIRED else "email-smtp"
# NOT OK: endpoint: with the mail password of any account, mail leaves through it
aws.ec2.VpcEndpoint(
    "endpoint",
    vpc_id=made["vpc"].id,
    service_name=f"com.amazonaws.us-east-1.{service}",
    vpc_endpoint_type="Interface",
    subnet_ids=[made["services"].id],
    security_group_ids=[made["services-group"].id],
    private_dns_enabled=True,
    policy=place.own_account(),
)
