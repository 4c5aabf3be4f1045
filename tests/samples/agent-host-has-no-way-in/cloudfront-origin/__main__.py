"""CloudFront hands requests from the internet to the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
host = base.agent(subnet)

if not base.REPAIRED:
    endpoint = {"name": "agent", "arn": host.arn, "http_port": 80, "https_port": 443, "origin_protocol_policy": "https-only"}
    endpoint["origin_ssl_protocols"] = {"items": ["TLSv1.2"], "quantity": 1}
    aws.cloudfront.VpcOrigin("origin", vpc_origin_endpoint_config=endpoint)  # NOT OK: origin: no public address is needed for it
