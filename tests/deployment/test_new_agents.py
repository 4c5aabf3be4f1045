"""New agents inherit: a second machine, started and tagged by nobody's deployment, is judged by its class's rules."""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.request
from typing import Any

import pytest

from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from tests.deployment.lab import Lab
from tests.deployment.world import world_of

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]
STACK = "coding-enforce"


def controller(lab: Lab, path: str, method: str, body: dict[str, Any] | None = None) -> None:
    context = ssl.create_default_context(cafile=str(lab.home / "controller-ca.pem"))
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"https://127.0.0.1:{lab.ports['controller']}/lab/{path}", data=data, method=method)
    urllib.request.urlopen(request, context=context, timeout=20).read()


def deciding_rule(world: LabNetwork, machine: str, name: str) -> str | None:
    """Return which rule decides on a machine's TLS flow to a name."""
    before = world.send_command("decisions")["count"]
    command = [*world.build_entering_command(machine), "curl", "-sk", "-m", "4", "--resolve", f"{name}:443:198.19.1.7", f"https://{name}/"]
    subprocess.run(command, capture_output=True, check=False)
    told = [
        each for each in world.await_decisions(before, every_source=True) if each["server_name"] == name or each["address"] == "198.19.1.7"
    ]
    return told[0]["rule"] if told else None


def test_a_second_machine_is_judged_at_once_in_the_agent_subnet_and_after_the_poll_elsewhere(deployed: Lab) -> None:
    world, ec2 = world_of(deployed, STACK), deployed.aws("ec2")
    first = ec2.describe_instances(InstanceIds=[world.send_command("status")["instance"]])["Reservations"][0]["Instances"][0]
    group = ec2.create_security_group(GroupName="second", Description="second agent", VpcId=first["VpcId"])["GroupId"]
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [first["SubnetId"]]}])["RouteTables"]
    other = ec2.create_subnet(VpcId=first["VpcId"], CidrBlock="10.43.77.0/24")["Subnet"]["SubnetId"]
    link = ec2.associate_route_table(RouteTableId=tables[0]["RouteTableId"], SubnetId=other)["AssociationId"]
    made: list[str] = []

    def start(subnet: str, tags: list[dict[str, str]]) -> str:
        tagged = [{"ResourceType": "instance", "Tags": tags}] if tags else []
        told = ec2.run_instances(
            ImageId=first["ImageId"], MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group], TagSpecifications=tagged
        )
        made.append(told["Instances"][0]["InstanceId"])
        return made[-1]

    try:
        controller(deployed, "settings", "PATCH", {"inventory_seconds": 3600})
        inside, elsewhere = start(first["SubnetId"], []), start(other, first["Tags"])
        world.send_command("sync")
        assert deciding_rule(world, inside, "api.openai.com") == "vca-openclaw-shadow-model-deny"
        assert deciding_rule(world, elsewhere, "api.openai.com") == "default-action"
        controller(deployed, "membership", "POST")
        world.send_command("sync")
        assert deciding_rule(world, elsewhere, "api.openai.com") == "vca-openclaw-shadow-model-deny"
    finally:
        ec2.terminate_instances(InstanceIds=made)
        controller(deployed, "settings", "PATCH", {"inventory_seconds": 0})
        ec2.disassociate_route_table(AssociationId=link)
        ec2.delete_subnet(SubnetId=other)
        ec2.delete_security_group(GroupId=group)
        world.send_command("sync")
