"""Keeps one stack's world: makes its namespaces, its filters and its services, and follows what is deployed while it lives.

Rules kept here:
- what is enforced is replaced whole and only when it can be read: a Controller or cloud that is away leaves the last known state in force;
- the router and the gateway forward only what their filters mark, so that any part that dies stops traffic instead of freeing it;
- Envoy and the resolver die with the keeper, the namespaces go with `close`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from containment.lab.home import LabHome, write_whole
from containment.lab.world import envoy, fabric, netns, nflog
from containment.lab.world.applied import Applied
from containment.lab.world.aws_services import AwsServices
from containment.lab.world.background import accepting, keep
from containment.lab.world.certificates import Authority
from containment.lab.world.deployed import Vpc
from containment.lab.world.fabric_filter import LOG_GROUP as FLOW_GROUP
from containment.lab.world.fabric_filter import fabric_table
from containment.lab.world.gateway_filter import GENERATIONS, gateway_table
from containment.lab.world.gateway_filter import LOG_GROUP as GATEWAY_GROUP
from containment.lab.world.heard import Heard, Known
from containment.lab.world.internet import LOG_GROUP as WORLD_GROUP
from containment.lab.world.internet import SITES_TABLE, Internet
from containment.lab.world.management import listening, management
from containment.lab.world.policy import GatewayPolicy, seen_from
from containment.lab.world.programs import Programs
from containment.lab.world.receipts import Receipts
from containment.lab.world.resolver import answers, configuration
from containment.lab.world.staging import stage
from containment.lab.world.state import Deployed, read_state
from containment.lab.world.target import Target, gateways_in
from containment.lab.world.tools import tool
from containment.lab.world.wired import FORWARDING, Wired, neighbours

log = logging.getLogger(__name__)
LAYERS = frozenset({"security-groups", "dcf", "dns-firewall", "endpoint-policies", "metadata"})
"""What can be left out, to probe what lies behind it: `security-groups` are those and network ACLs."""
_SHARE = 5
"""Of its time a world spends at most one part in so many and one on looking, so that worlds side by side leave the machine to others."""


@dataclass
class Keeper:
    """One world."""

    home: LabHome
    target: Target
    shared_sites: frozenset[str] = frozenset()
    poll_seconds: float = 2.0
    layers: frozenset[str] = LAYERS
    now: Deployed | None = None
    held_until: float = 0.0
    """Until when (monotonic seconds) it does not look by itself at what is deployed."""
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=50))

    def __post_init__(self) -> None:
        self.names = fabric.names_of(str(self.home.root), self.target.stack)
        self.folder = self.home.root / "world" / self.target.stack
        self.folder.mkdir(parents=True, exist_ok=True)
        self.receipts = Receipts()
        self.authority = Authority(self.folder)
        self.internet = Internet(self.receipts, self.authority, self.shared_sites)
        self.heard = Heard(self.folder, self.target)
        self.services = AwsServices(self.receipts, self.authority, self.heard.event)
        self.programs = Programs(self.folder)
        self.envoy = envoy.Envoy(self.folder, self.programs, lambda line: self.heard.access(line, self.programs.pid(envoy.NAME) or 0))
        self.generation = 0
        self.wired = Wired(self.names, self._gateway_opened)
        self._applied = Applied()
        self._applying = asyncio.Lock()

    # -- life ---------------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make everything; a world half made is taken down again."""
        netns.remove(self.names.prefix + "-")
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        deployed = await asyncio.to_thread(read_state, self.home, self.target)
        for name in (self.names.router, self.names.world):
            netns.make(name)
        base, world = fabric.router_base(self.names, deployed.vpc)
        for name in (self.names.router, self.names.world):
            netns.sysctl(name, **FORWARDING)
        netns.ip(self.names.router, base)
        netns.ip(self.names.world, world)
        netns.ip(self.names.router, fabric.ROUTER_SIX, six=True)
        netns.ip(self.names.world, fabric.WORLD_SIX, six=True)
        netns.nft(self.names.world, SITES_TABLE)
        sites, (names_tcp, names_udp) = netns.within(self.names.world, self.internet.open)
        metadata, endpoints = netns.within(self.names.router, self.services.open)
        self._listen(self.names.world, WORLD_GROUP, self.internet.seen)
        self._listen(self.names.router, FLOW_GROUP, self.heard.flow)
        loop.add_reader(names_udp, self.internet.names_udp, names_udp)
        for handle in sites:
            keep(accepting(handle, self.internet.site))
        keep(accepting(names_tcp, self.internet.names_tcp))
        keep(accepting(metadata, self.services.metadata))
        keep(accepting(endpoints, self.services.endpoint))
        await self.apply(deployed)

    async def close(self) -> None:
        """Leave nothing."""
        await self.programs.end_all()
        netns.remove(self.names.prefix + "-")

    # -- following what is deployed -----------------------------------------------------------------------------------------

    async def sync(self) -> None:
        """Read what is deployed and put it in force; raises when it cannot be read."""
        await self.apply(await asyncio.to_thread(read_state, self.home, self.target))

    async def follow(self) -> None:
        """Look at what is deployed for ever; what cannot be read leaves all as it is, and is noted."""
        took = 0.0
        while True:
            await asyncio.sleep(max(self.poll_seconds, _SHARE * took))
            begun = time.monotonic()
            if begun < self.held_until:
                continue
            try:
                await asyncio.to_thread(self._filters_stand)
                await self.sync()
            except Exception as error:  # noqa: BLE001 - whatever is wrong there, what is in force here stays in force
                self._problem(f"deployed state cannot be read, the last known one stays in force: {error}")
            took = min(time.monotonic() - begun, self.poll_seconds)

    def _filters_stand(self) -> None:
        """Note filters that somebody took away, so that they are put back; until then nothing passes."""
        for key, name in (("filter", self.names.router), ("gateway", self.names.machine("gateway"))):
            if key in self._applied and name in (self.names.router, *self.wired.present) and not netns.has_table(name):
                self._problem(f"the filter of {name} was gone and is put back")
                self._applied.forget(key)

    async def apply(self, new: Deployed) -> None:
        """Put a state in force; when a part of it cannot be, all of it is put again at the next time."""
        async with self._applying:
            try:
                await self._apply(new)
            except BaseException:
                self._applied.forget_all()
                raise

    async def _apply(self, new: Deployed) -> None:
        """Machines, routes, filters, resolver, gateway. What has not changed is not touched."""
        vpc = new.vpc
        gateways = gateways_in(new.held, vpc.id)
        present = fabric.machines(vpc, self.names, set(gateways), self.target.instance)
        self.services.vpc = vpc
        self.services.strict_metadata = "metadata" in self.layers
        self.services.strict_endpoints = "endpoint-policies" in self.layers
        self.wired.wire(vpc, present)
        others = tuple(neighbours(vpc, self.target.instance).values())
        table = fabric_table(vpc, present, open_="security-groups" not in self.layers)
        if self._applied.changes("filter", table):
            netns.nft(self.names.router, table)
        routes, lookups = fabric.routes(vpc, present, others), fabric.lookups(vpc, present)
        if self._applied.changes("routes", routes + lookups):
            netns.ip(self.names.router, routes)
            while netns.ip_each(self.names.router, "rule", "delete", "pref", "50"):
                pass
            netns.ip(self.names.router, lookups)
        await self._resolver(vpc)
        await self._gateway(vpc, present, gateways, new.policy)
        self.now = new
        agent = self.wired.agent
        self.heard.known = Known(
            rules=new.policy.rule_names(),
            account=vpc.account,
            flow_logged=bool(vpc.flow_logs),
            gateway=next(iter(new.held["gateways"]), Known.gateway),
            agent=str(agent.address) if agent else Known.agent,
        )
        self._publish(present)

    async def _resolver(self, vpc: Vpc) -> None:
        text = configuration(vpc, fabric.NEXT_HOP, judged="dns-firewall" in self.layers) if vpc.dns_support else ""
        if not self._applied.changes("resolver", text) and self.programs.pid("resolver"):
            return
        await self.programs.end("resolver")
        if text:
            write_whole(self.folder / "resolver.lua", text)
            command = [tool("dnsdist"), "--supervised", "--disable-syslog", "--config", str(self.folder / "resolver.lua")]
            await self.programs.start("resolver", self.names.router, command, self.heard.query)
            await self.programs.ready("resolver", lambda: answers(self.names.router, vpc.resolver), "the resolver")

    async def _gateway(
        self, vpc: Vpc, present: tuple[fabric.Machine, ...], gateways: dict[str, dict[str, Any]], policy: GatewayPolicy
    ) -> None:
        machine = next((each for each in present if each.name == self.names.machine("gateway")), None)
        if machine is None:
            await self.programs.end(envoy.NAME)
            return
        asked = seen_from(policy, vpc.networks) if "dcf" in self.layers else GatewayPolicy(False, (), True, False)
        await self.envoy.judge(machine.name, asked, vpc.resolver, fresh=self._applied.changes("listener", (asked, vpc.resolver)))
        snat = gateways[machine.instance.id].get("enable_nat") == "yes" or "dcf" not in self.layers
        if self._applied.changes("gateway", (asked, snat, machine.address, vpc.networks)):
            self.generation = self.generation % GENERATIONS + 1
            netns.nft(machine.name, gateway_table(asked, self.generation, machine.address, vpc.networks, snat=snat))

    # -- what is heard and told -----------------------------------------------------------------------------------------------

    def _listen(self, namespace: str, group: int, hear: Callable[[nflog.Packet], None]) -> None:
        handle = netns.within(namespace, lambda: nflog.listen(group))

        def ready() -> None:
            for packet in nflog.read(handle):
                hear(packet)

        asyncio.get_running_loop().add_reader(handle, ready)

    def _gateway_opened(self, name: str) -> None:
        self._listen(name, GATEWAY_GROUP, self.heard.judged)
        keep(accepting(netns.within(name, listening), partial(management, self.receipts)))

    def _problem(self, text: str) -> None:
        if not self.problems or self.problems[-1] != text:
            log.warning("%s", text)
            self.problems.append(text)

    def _publish(self, present: tuple[fabric.Machine, ...]) -> None:
        """Write down what is needed to enter the agent."""
        told = {
            "pid": os.getpid(),
            "prefix": self.names.prefix,
            "machines": {each.name: {"instance": each.instance.id, "address": str(each.address)} for each in present},
            "target": asdict(self.target),
        }
        if self.now and (agent := self.wired.agent):
            stage(self.folder, self.now.vpc, agent, self.authority.file)
        if self._applied.changes("published", json.dumps(told)):
            write_whole(self.folder / "world.json", json.dumps(told, indent=1) + "\n")
