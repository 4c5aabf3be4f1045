"""Looks at a lab again and again while something else changes it, and keeps what it saw: was a running host ever without its policy?"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Self

from tests.deployment.lab import Lab

ANYWHERE = "def000ad-0000-0000-0000-000000000000"


@dataclass
class Watch:
    """A thread that looks until told to stop. `bare` holds what it saw of hosts that nothing denied; empty is as it should be."""

    lab: Lab
    stack: str
    looks: int = 0
    with_host: int = 0
    bare: list[str] = field(default_factory=list)
    ways_out: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        ec2 = self.lab.aws("ec2")
        while not self._over.is_set():
            self._look(ec2)
            self._over.wait(0.05)

    def _look(self, ec2: Any) -> None:
        # The hosts are asked first: one that goes meanwhile is judged by a policy that may be going too, and was not without it.
        addresses = [host["PrivateIpAddress"] for host in hosts(ec2, self.stack)]
        held = self.lab.controller()
        self.looks += 1
        if not addresses:
            return
        self.with_host += 1
        after = {host["PrivateIpAddress"] for host in hosts(ec2, self.stack)}
        for address in set(addresses) & after:
            if not is_denied_by_default(held, self.stack, address):
                self.bare.append(f"look {self.looks}: {address}")
        for table in ec2.describe_route_tables()["RouteTables"]:
            if any(tag["Value"].endswith(f"{self.stack}-agent") for tag in table.get("Tags", ())):
                routes = [each for each in table["Routes"] if each.get("DestinationCidrBlock") == "0.0.0.0/0"]
                self.ways_out |= {
                    next(key for key in ("NetworkInterfaceId", "GatewayId", "NatGatewayId") if key in each) for each in routes
                }


def hosts(ec2: Any, stack: str) -> list[dict[str, Any]]:
    """Return the running agent hosts of a stack."""
    wanted = {"tag:AgentStack": stack, "tag:Role": "openclaw-agent-harness", "instance-state-name": "running"}
    found = ec2.describe_instances(Filters=[{"Name": name, "Values": [value]} for name, value in wanted.items()])
    return [each for one in found["Reservations"] for each in one["Instances"]]


def is_denied_by_default(held: dict[str, Any], stack: str, address: str) -> bool:
    """Tell whether rules in force end in a deny of everything from this host: by its address, or by its tags."""
    point = held["attachment_points"].get(f"agents-{stack}", {}).get("uuid", "no point")
    attached = [rule for one in held["rulesets"].values() if one.get("attach_to") == point for rule in one["policies"]]
    return any(
        rule["action"] == "DENY"
        and rule["dst_ads"] == [ANYWHERE]
        and rule["protocol"] in ("ANY", "PROTOCOL_UNSPECIFIED")
        and not rule.get("watch")
        and any(_holds(held["app_domains"].get(group), stack, address) for group in rule["src_ads"])
        for rule in (*attached, *held["policy_list"])
    )


def _holds(group: dict[str, Any] | None, stack: str, address: str) -> bool:
    expressions = [each["all"] for each in group["selector"]["any"]] if group else []
    return any(
        ("cidr" in each and ip_address(address) in ip_network(each["cidr"])) or each.get("tags.AgentStack") == stack for each in expressions
    )
