"""One deployed stack as AWS (boto3) and the Controller (HTTPS) tell it, and what a row of the seed asks of it.

Nothing here uses the program's model: names and values are those that were made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.deployment.lab import Lab

ANYWHERE, PUBLIC = "def000ad-0000-0000-0000-000000000000", "def000ad-0000-0000-0000-000000000001"
CLASSES = ("coding", "customer-support", "healthcare-phi", "locked-down", "open-demo", "regulated-data", "research")
STACKS = tuple(f"{name}-{mode}" for name in CLASSES for mode in ("monitor", "enforce"))


class Deployed:
    """One stack as AWS and the Controller tell it."""

    def __init__(self, lab: Lab, stack: str) -> None:
        self.lab, self.stack, self.prefix = lab, stack, f"vca-openclaw-{stack}"
        self.agent_class, _, self.mode = stack.rpartition("-")
        self.inventory = lab.controller()
        self.ec2 = lab.aws("ec2")
        self.vpc = self._one(self.ec2.describe_vpcs(Filters=self._named(self.prefix))["Vpcs"])

    def _named(self, name: str) -> list[dict[str, Any]]:
        return [{"Name": "tag:Name", "Values": [name]}]

    def _one(self, found: list[Any]) -> Any:
        assert len(found) == 1, f"{self.stack}: expected one, found {len(found)}"
        return found[0]

    @property
    def in_vpc(self) -> list[dict[str, Any]]:
        return [{"Name": "vpc-id", "Values": [self.vpc["VpcId"]]}]

    @property
    def host(self) -> dict[str, Any]:
        reservations = self.ec2.describe_instances(
            Filters=[{"Name": "tag:AgentStack", "Values": [self.stack]}, {"Name": "tag:Role", "Values": ["openclaw-agent-harness"]}]
        )
        running = [i for r in reservations["Reservations"] for i in r["Instances"] if i["State"]["Name"] == "running"]
        return self._one(running)

    def subnets(self, role: str) -> list[dict[str, Any]]:
        found = self.ec2.describe_subnets(Filters=[*self.in_vpc, {"Name": "tag:Name", "Values": [f"{self.prefix}-{role}*"]}])
        return found["Subnets"]

    def routes(self, role: str) -> list[dict[str, Any]]:
        return self._one(
            self.ec2.describe_route_tables(Filters=[*self.in_vpc, {"Name": "tag:Name", "Values": [f"{self.prefix}-{role}"]}])["RouteTables"]
        )["Routes"]

    @property
    def gateway(self) -> dict[str, Any]:
        return self.inventory["gateways"][self.prefix]

    @property
    def groups(self) -> dict[str, list[dict[str, str]]]:
        """Every SmartGroup and WebGroup of this stack: name without prefix -> expressions."""
        out = {}
        for domain in self.inventory["app_domains"].values():
            if domain["name"].startswith(self.prefix + "-"):
                out[domain["name"].removeprefix(self.prefix + "-")] = [any_["all"] for any_ in domain["selector"]["any"]]
        return out

    def domains(self, group: str) -> set[str]:
        return {expression["snifilter"] for expression in self.groups[group]}

    @property
    def rules(self) -> list[dict[str, Any]]:
        ruleset = self._one([found for found in self.inventory["rulesets"].values() if found["name"] == self.prefix])
        return sorted(ruleset["policies"], key=lambda rule: rule["priority"])

    def rule(self, name: str) -> dict[str, Any]:
        return self._one([rule for rule in self.rules if rule["name"] == f"vca-openclaw-{name}"])

    def names_of(self, uuids: list[str]) -> list[str]:
        known = {uuid: domain["name"].removeprefix(self.prefix + "-") for uuid, domain in self.inventory["app_domains"].items()}
        return [{ANYWHERE: "Anywhere", PUBLIC: "Public Internet"}.get(uuid) or known[uuid] for uuid in uuids]


@dataclass(frozen=True)
class Row:
    """One row of the seed: its words, and what must be read back from every stack of these classes and modes."""

    quote: str
    holds: Callable[[Deployed], object]
    classes: tuple[str, ...] = CLASSES
    modes: tuple[str, ...] = ("monitor", "enforce")

    def applies(self, stack: str) -> bool:
        agent_class, _, mode = stack.rpartition("-")
        return agent_class in self.classes and mode in self.modes


def all_but(*classes: str) -> tuple[str, ...]:
    """Return every class but these."""
    return tuple(name for name in CLASSES if name not in classes)
