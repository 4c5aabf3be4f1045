"""Supervisor of one stack's network: create its namespaces, filters and services, and apply every change of the deployed state.

Rules kept here:
- a policy is replaced whole, and only after it was read completely: if Controller or cloud do not answer, the last state stays in force;
- router and gateway forward only packets that their filters mark, so that a part that fails stops traffic (fail closed);
- Envoy and the resolver end with the supervisor's process; `close` removes the namespaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from containment_lab.cloud.clients import get_client
from containment_lab.gateway import envoy_process
from containment_lab.gateway.address_filter import GENERATIONS, build_gateway_table
from containment_lab.gateway.address_filter import LOG_GROUP as GATEWAY_GROUP
from containment_lab.gateway.enforced_policy import GatewayPolicy, select_rules_for
from containment_lab.gateway.management_port import open_management_port, serve_management
from containment_lab.home import LabHome, write_whole
from containment_lab.internet.certificates import GATEWAY, Authority
from containment_lab.internet.receipts import Receipts
from containment_lab.internet.sites import LOG_GROUP as WORLD_GROUP
from containment_lab.internet.sites import SITES_TABLE, Internet
from containment_lab.linux import netns, nflog
from containment_lab.linux.background_tasks import accept_connections, start_background_task
from containment_lab.linux.child_programs import Programs
from containment_lab.linux.ruleset_watch import RulesWatch
from containment_lab.linux.tools import find_tool
from containment_lab.network.deployed_host import Target, select_gateways
from containment_lab.network.deployment_state import AppliedConfiguration, DeployedState, read_state, start_following
from containment_lab.network.host_files import stage_host_files
from containment_lab.network.log_collector import LogCollector, LogContext
from containment_lab.network.log_delivery import LogDelivery, LogGroups
from containment_lab.network.machine_set import FORWARDING, MachineSet, find_peer_addresses
from containment_lab.network.marks import compute_deployments_mark
from containment_lab.vpc import fabric
from containment_lab.vpc.aws_services import AwsServices
from containment_lab.vpc.deployed_vpc import Vpc
from containment_lab.vpc.fabric_filter import LOG_GROUP as FLOW_GROUP
from containment_lab.vpc.fabric_filter import build_fabric_table
from containment_lab.vpc.resolver import build_configuration, is_answering

log = logging.getLogger(__name__)
LAYERS = frozenset({"security-groups", "dcf", "dns-firewall", "endpoint-policies", "metadata"})
"""The layers that can be switched off, to test the next one alone; `security-groups` includes network ACLs."""
_SHARE = 5
"""Pause after an update, in multiples of its duration, so that several networks leave processor time to other programs."""


@dataclass
class Supervisor:
    """The supervisor of one network."""

    home: LabHome
    target: Target
    shared_sites: frozenset[str] = frozenset()
    pause_seconds: float = 2.0
    """Shortest pause, in seconds, between two reads of the deployed state."""
    look_seconds: float = 60.0
    """Seconds between reads when no change was reported."""
    layers: frozenset[str] = LAYERS
    now: DeployedState | None = None
    held_until: float = 0.0
    """End (monotonic seconds) of a pause in which it does not read the deployed state by itself."""
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=50))
    read: str = ""
    """The mark (`compute_deployments_mark`) of the deployments that were read last; empty when the last read failed."""

    def __post_init__(self) -> None:
        self.names = fabric.make_names(str(self.home.root), self.target.stack)
        self.folder = self.home.root / "world" / self.target.stack
        self.folder.mkdir(parents=True, exist_ok=True)
        self.receipts = Receipts()
        self.authority, self.gateway_authority = Authority(self.folder), Authority(self.folder, GATEWAY)
        self.internet = Internet(self.receipts, self.authority, self.shared_sites)
        delivery = LogDelivery(partial(get_client, self.home, "logs", self.target.region), self._record_problem)
        self.heard = LogCollector(
            self.folder, self.target, delivery, lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call)
        )
        self.services = AwsServices(self.receipts, self.authority, self.heard.record_service_event)
        self._change = asyncio.Event()
        self._rules = RulesWatch(self._change.set)
        self.programs = Programs(self.folder, self._change.set)
        authorities = (self.authority, self.gateway_authority)
        self.envoy = envoy_process.Envoy(
            self.folder,
            self.programs,
            authorities,
            lambda line: self.heard.record_access_line(line, self.programs.get_pid(envoy_process.NAME) or 0),
        )
        self.generation = 0
        self.wired = MachineSet(self.names, self._set_up_gateway)
        self._applied = AppliedConfiguration()
        self._applying = asyncio.Lock()

    # -- start and end --------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Create the network; after an error remove the created parts."""
        netns.remove_namespaces(self.names.prefix + "-")
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        mark = compute_deployments_mark(self.home)
        deployed = await asyncio.to_thread(read_state, self.home, self.target)
        for name in (self.names.router, self.names.world):
            netns.create_namespace(name)
        base, world = fabric.build_router_base(self.names, deployed.vpc)
        for name in (self.names.router, self.names.world):
            netns.set_sysctls(name, **FORWARDING)
        netns.run_ip_batch(self.names.router, base)
        netns.run_ip_batch(self.names.world, world)
        netns.run_ip_batch(self.names.router, fabric.ROUTER_SIX, six=True)
        netns.run_ip_batch(self.names.world, fabric.WORLD_SIX, six=True)
        netns.load_ruleset(self.names.world, SITES_TABLE)
        sites, (names_tcp, names_udp) = netns.run_within(self.names.world, self.internet.open)
        metadata, endpoints = netns.run_within(self.names.router, self.services.open)
        self._listen(self.names.world, WORLD_GROUP, self.internet.record_packet)
        self._listen(self.names.router, FLOW_GROUP, self.heard.record_vpc_flow)
        loop.add_reader(names_udp, self.internet.answer_udp, names_udp)
        for handle in sites:
            start_background_task(accept_connections(handle, self.internet.serve_site))
        start_background_task(accept_connections(names_tcp, self.internet.answer_tcp))
        start_background_task(accept_connections(metadata, self.services.serve_metadata))
        start_background_task(accept_connections(endpoints, self.services.serve_endpoint))
        self._rules.add_namespace(self.names.router)
        await self.apply(deployed)
        self.read = mark

    async def close(self) -> None:
        """End all programs and remove all namespaces."""
        await self.programs.end_all()
        self.heard.flush_queries()
        netns.remove_namespaces(self.names.prefix + "-")

    # -- updates --------------------------------------------------------------------------------------------------------------

    async def sync(self) -> None:
        """Read the deployed state and apply it; raise if it cannot be read."""
        mark = compute_deployments_mark(self.home)
        try:
            await self.apply(await asyncio.to_thread(read_state, self.home, self.target))
        except BaseException:
            self.read = ""
            raise
        self.read = mark

    async def follow(self) -> None:
        """Apply the deployed state after every change, without end; a state that cannot be read changes nothing and is recorded.

        Changes are reported by the cloud, the Controller, the kernel (filters) and programs that end.
        """
        loop, wait = asyncio.get_running_loop(), self.look_seconds
        start_following(self.home, partial(_notify_change, loop, self._change))
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._change.wait(), wait)
            while (held := self.held_until - time.monotonic()) > 0:
                await asyncio.sleep(held)
            self._change.clear()
            begun, wait = time.monotonic(), self.look_seconds
            try:
                await asyncio.to_thread(self._note_missing_filters)
                await self.sync()
            except Exception as error:  # noqa: BLE001 - after any error the last state stays in force
                self._record_problem(f"the deployed state cannot be read, the last one stays in force: {error}")
                wait = self.pause_seconds
            took = min(time.monotonic() - begun, self.pause_seconds)
            await asyncio.sleep(max(self.pause_seconds, _SHARE * took))

    def _note_missing_filters(self) -> None:
        """Record filters that were removed from outside, so that they are loaded again; until then nothing is forwarded."""
        for key, name in (("filter", self.names.router), ("gateway", self.names.format_machine_name("gateway"))):
            if key in self._applied and name in (self.names.router, *self.wired.present) and not netns.has_table(name):
                self._record_problem(f"the filter of {name} was removed from outside and is loaded again")
                self._applied.forget(key)

    async def apply(self, new: DeployedState) -> None:
        """Apply a state; after an error the next call applies all parts again."""
        async with self._applying:
            try:
                await self._apply(new)
            except BaseException:
                self._applied.forget_all()
                raise

    async def _apply(self, new: DeployedState) -> None:
        """Apply machines, routes, filters, resolver and gateway, each only if it has changed."""
        vpc = new.vpc
        gateways = select_gateways(new.held, vpc.id)
        present = fabric.build_machines(vpc, self.names, set(gateways), self.target.instance)
        self.services.vpc = vpc
        self.services.strict_metadata = "metadata" in self.layers
        self.services.strict_endpoints = "endpoint-policies" in self.layers
        self.wired.update_machines(vpc, present)
        others = tuple(find_peer_addresses(vpc, self.target.instance).values())
        table = build_fabric_table(vpc, present, open_="security-groups" not in self.layers)
        if self._applied.has_changed("filter", table):
            self._rules.load(self.names.router, table)
        routes, lookups = fabric.build_routes(vpc, present, others), fabric.build_lookup_rules(vpc, present)
        if self._applied.has_changed("routes", routes + lookups):
            netns.run_ip_batch(self.names.router, routes)
            while netns.run_ip(self.names.router, "rule", "delete", "pref", "50"):
                pass
            netns.run_ip_batch(self.names.router, lookups)
        await self._apply_resolver(vpc)
        await self._apply_gateway(vpc, present, gateways, new.policy)
        self.now = new
        agent = self.wired.agent
        self.heard.known = LogContext(
            rules=new.policy.map_rule_names(),
            account=vpc.account,
            flow_logged=bool(vpc.flow_logs),
            groups=LogGroups(vpc.flow_logs, vpc.query_logs),
            gateway=next(iter(new.held["gateways"]), LogContext.gateway),
            agent=_collect_addresses(agent) if agent else frozenset(),
        )
        self._publish(present)

    async def _apply_resolver(self, vpc: Vpc) -> None:
        text = build_configuration(vpc, fabric.NEXT_HOP, judged="dns-firewall" in self.layers) if vpc.dns_support else ""
        if not self._applied.has_changed("resolver", text) and self.programs.get_pid("resolver"):
            return
        await self.programs.end("resolver")
        if text:
            write_whole(self.folder / "resolver.lua", text)
            command = [find_tool("dnsdist"), "--supervised", "--disable-syslog", "--config", str(self.folder / "resolver.lua")]
            await self.programs.start("resolver", self.names.router, command, self.heard.record_query_line)
            await self.programs.await_ready("resolver", lambda: is_answering(self.names.router, vpc.resolver), "the resolver")

    async def _apply_gateway(
        self, vpc: Vpc, present: tuple[fabric.Machine, ...], gateways: dict[str, dict[str, Any]], policy: GatewayPolicy
    ) -> None:
        machine = next((each for each in present if each.name == self.names.format_machine_name("gateway")), None)
        if machine is None:
            await self.programs.end(envoy_process.NAME)
            return
        asked = select_rules_for(policy, vpc.networks) if "dcf" in self.layers else GatewayPolicy(False, (), True, False)
        await self.envoy.enforce_policy(
            machine.name, asked, vpc.resolver, fresh=self._applied.has_changed("listener", (asked, vpc.resolver))
        )
        snat = gateways[machine.instance.id].get("enable_nat") == "yes" or "dcf" not in self.layers
        if self._applied.has_changed("gateway", (asked, snat, machine.address, vpc.networks)):
            self.generation = self.generation % GENERATIONS + 1
            table = build_gateway_table(asked, self.generation, machine.address, vpc.networks, snat=snat)
            self._rules.load(machine.name, table)

    # -- logs and status ------------------------------------------------------------------------------------------------------

    def _listen(self, namespace: str, group: int, hear: Callable[[nflog.Packet], None]) -> None:
        handle = netns.run_within(namespace, lambda: nflog.open_log_socket(group))

        def ready() -> None:
            for packet in nflog.read_packets(handle):
                hear(packet)

        asyncio.get_running_loop().add_reader(handle, ready)

    def _set_up_gateway(self, name: str) -> None:
        self._rules.add_namespace(name)
        self._listen(name, GATEWAY_GROUP, self.heard.record_gateway_packet)
        start_background_task(accept_connections(netns.run_within(name, open_management_port), partial(serve_management, self.receipts)))

    def _record_problem(self, text: str) -> None:
        if not self.problems or self.problems[-1] != text:
            log.warning("%s", text)
            self.problems.append(text)

    def _publish(self, present: tuple[fabric.Machine, ...]) -> None:
        """Write the files that commands need to enter the agent's network."""
        told = {
            "pid": os.getpid(),
            "prefix": self.names.prefix,
            "machines": {each.name: {"instance": each.instance.id, "address": str(each.address)} for each in present},
            "target": asdict(self.target),
        }
        if self.now and (agent := self.wired.agent):
            stage_host_files(self.folder, self.now.vpc, agent, (self.authority.file, self.gateway_authority.file))
        if self._applied.has_changed("published", json.dumps(told)):
            write_whole(self.folder / "world.json", json.dumps(told, indent=1) + "\n")


def _collect_addresses(machine: fabric.Machine) -> frozenset[IPv4Address | IPv6Address]:
    interfaces = [interface for _, interface in machine.ports]
    four = {address for each in interfaces for address in each.addresses}
    return frozenset(four).union(*(each.ipv6 for each in interfaces))


def _notify_change(loop: asyncio.AbstractEventLoop, change: asyncio.Event) -> None:
    """Set an event of a loop from another thread."""
    loop.call_soon_threadsafe(change.set)
