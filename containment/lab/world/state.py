"""What is deployed at one moment: the VPC as AWS has it, what the Controller holds, and the policy of both. Read whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from containment.lab.cloud.clients import client
from containment.lab.home import LabHome
from containment.lab.world.deployed import Vpc
from containment.lab.world.inventory import read_vpc
from containment.lab.world.policy import GatewayPolicy, read_policy
from containment.lab.world.target import Target, ask_controller

_NO_CONTROLLER: dict[str, Any] = {"gateways": {}}


@dataclass
class Deployed:
    """What is deployed: `held` is the Controller's inventory as it tells it."""

    vpc: Vpc
    held: dict[str, Any]
    policy: GatewayPolicy


def read_state(home: LabHome, target: Target) -> Deployed:
    """Return what is deployed now; raises what the clients raise when the cloud or the Controller does not answer.

    A lab that never had a Controller has no policy, and what its VPC lets out is out.
    """
    ec2, resolver = (client(home, service, target.region) for service in ("ec2", "route53resolver"))
    vpc = read_vpc(ec2, resolver, target.vpc, target.region)
    if not home.controller_ca.exists():
        return Deployed(vpc, dict(_NO_CONTROLLER), GatewayPolicy(False, (), True, False))
    held = ask_controller(home, "inventory")
    return Deployed(vpc, held, read_policy(held, ask_controller(home, "membership")["groups"]))
