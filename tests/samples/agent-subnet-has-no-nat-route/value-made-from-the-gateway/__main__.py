"""The default route goes to an interface whose id is made from an output of the Aviatrix gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
interface = made["spoke"].cloud_instance_id.apply(lambda _: "eni-0123456789abcdef0")
if not place.REPAIRED:
    # NOT OK: way-out: the id only depends on the gateway; it is any literal
    aws.ec2.Route("way-out", route_table_id=made["agents-table"].id, destination_cidr_block="0.0.0.0/0", network_interface_id=interface)
