"""Keeps one stack's world: makes its namespaces, its filters and its services, and follows what is deployed while it lives.

Rules kept here:
- what is enforced is replaced whole and only when it can be read: a Controller or cloud that is away leaves the last known state in force;
- the router and the gateway forward only what their filters mark, so that any part that dies stops traffic instead of freeing it;
- Envoy and the resolver die with the keeper, the namespaces go with `close`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from containment.lab.cloud.clients import client
from containment.lab.home import LabHome, write_whole
from containment.lab.world import decisions, fabric, logs, netns, nflog
from containment.lab.world.aws_services import AwsServices
from containment.lab.world.certificates import Authority
from containment.lab.world.deployed import Vpc, read_vpc
from containment.lab.world.fabric_filter import LOG_GROUP as FLOW_GROUP
from containment.lab.world.fabric_filter import fabric_table
from containment.lab.world.gateway_filter import GENERATIONS, gateway_table
from containment.lab.world.gateway_filter import LOG_GROUP as GATEWAY_GROUP
from containment.lab.world.gateway_proxy import bootstrap, listener, with_log
from containment.lab.world.internet import LOG_GROUP as WORLD_GROUP
from containment.lab.world.internet import SITES_TABLE, Internet
from containment.lab.world.management import listening, management
from containment.lab.world.policy import GatewayPolicy, read_policy, seen_from
from containment.lab.world.receipts import Receipts
from containment.lab.world.resolver import configuration
from containment.lab.world.staging import stage
from containment.lab.world.target import Target, ask_controller, gateways_in
from containment.lab.world.tools import envoy_path, tool
from containment.model.decision_log import DecisionRecord

log = logging.getLogger(__name__)
LAYERS = frozenset({"security-groups", "dcf", "dns-firewall", "endpoint-policies", "metadata"})
"""What can be left out, to probe what lies behind it: `security-groups` are those and network ACLs."""
_KEPT = 20000

_SHARE = 5
"""Of its time a world spends at most one part in so many and one on looking, so that worlds side by side leave the machine to others."""
READY_SECONDS = 60.0
"""How long a program may take to start on a busy machine."""


@dataclass
class Deployed:
    """What is deployed now, as read last."""

    vpc: Vpc
    held: dict[str, Any]
    policy: GatewayPolicy


@dataclass
class _Program:
    """A program of ours in a namespace."""

    command: list[str]
    process: asyncio.subprocess.Process | None = None


@dataclass
class Keeper:
    """One world."""

    home: LabHome
    target: Target
    shared_sites: frozenset[str] = frozenset()
    poll_seconds: float = 2.0
    layers: frozenset[str] = LAYERS
    now: Deployed | None = None
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=50))

    def __post_init__(self) -> None:
        self.names = fabric.names_of(str(self.home.root), self.target.stack)
        self.folder = self.home.root / "world" / self.target.stack
        self.folder.mkdir(parents=True, exist_ok=True)
        self.receipts = Receipts()
        self.authority = Authority(self.folder)
        self.internet = Internet(self.receipts, self.authority, self.shared_sites)
        self.services = AwsServices(self.receipts, self.authority, self._event)
        self.records: deque[DecisionRecord] = deque(maxlen=_KEPT)
        self.count = 0
        self.hits: dict[str, int] = {}
        self.generation = 0
        self._present: dict[str, fabric.Machine] = {}
        self._applied: dict[str, object] = {}
        self._taken = 0
        self._applying = asyncio.Lock()
        self._programs: dict[str, _Program] = {}
        self._sessions = 0
        self._files: dict[str, Any] = {}

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
        deployed = await asyncio.to_thread(self._read)
        for name in (self.names.router, self.names.world):
            netns.make(name)
        base, world = fabric.router_base(self.names, deployed.vpc)
        for name in (self.names.router, self.names.world):
            netns.sysctl(name, **_SETTINGS)
        netns.ip(self.names.router, base)
        netns.ip(self.names.world, world)
        netns.ip(self.names.router, fabric.ROUTER_SIX, six=True)
        netns.ip(self.names.world, fabric.WORLD_SIX, six=True)
        netns.nft(self.names.world, SITES_TABLE)
        sites, (names_tcp, names_udp) = netns.within(self.names.world, self.internet.open)
        metadata, endpoints = netns.within(self.names.router, self.services.open)
        self._listen(self.names.world, WORLD_GROUP, self.internet.seen)
        self._listen(self.names.router, FLOW_GROUP, self._flow)
        loop.add_reader(names_udp, self.internet.names_udp, names_udp)
        for handle in sites:
            self._keep(self.internet.serve_site(handle))
        self._keep(self.internet.serve_names(names_tcp))
        self._keep(_accepting(metadata, self.services.metadata))
        self._keep(_accepting(endpoints, self.services.endpoint))
        await self.apply(deployed)

    async def close(self) -> None:
        """Leave nothing."""
        for program in self._programs.values():
            await _end(program.process)
        netns.remove(self.names.prefix + "-")

    # -- following what is deployed -----------------------------------------------------------------------------------------

    def _read(self) -> Deployed:
        ec2, resolver = (client(self.home, service, self.target.region) for service in ("ec2", "route53resolver"))
        vpc = read_vpc(ec2, resolver, self.target.vpc, self.target.region)
        if not self.home.controller_ca.exists():
            return Deployed(vpc, dict(_NO_CONTROLLER), GatewayPolicy(False, (), True, False))
        held = ask_controller(self.home, "inventory")
        return Deployed(vpc, held, read_policy(held, ask_controller(self.home, "membership")["groups"]))

    async def sync(self) -> None:
        """Read what is deployed and put it in force; raises when it cannot be read."""
        await self.apply(await asyncio.to_thread(self._read))

    async def follow(self) -> None:
        """Look at what is deployed for ever; what cannot be read leaves all as it is, and is noted."""
        took = 0.0
        while True:
            await asyncio.sleep(max(self.poll_seconds, _SHARE * took))
            begun = time.monotonic()
            try:
                await asyncio.to_thread(self._filters_stand)
                await self.sync()
            except Exception as error:  # noqa: BLE001 - whatever is wrong there, what is in force here stays in force
                self._problem(f"deployed state cannot be read, the last known one stays in force: {error}")
            took = min(time.monotonic() - begun, self.poll_seconds)

    def _filters_stand(self) -> None:
        """Note filters that somebody took away, so that they are put back; until then nothing passes."""
        for key, name in (("filter", self.names.router), ("gateway", self.names.machine("gateway"))):
            if key in self._applied and name in (self.names.router, *self._present) and not netns.has_table(name):
                self._problem(f"the filter of {name} was gone and is put back")
                del self._applied[key]

    async def apply(self, new: Deployed) -> None:
        """Put a state in force; when a part of it cannot be, all of it is put again at the next time."""
        async with self._applying:
            try:
                await self._apply(new)
            except BaseException:
                self._applied.clear()
                raise

    async def _apply(self, new: Deployed) -> None:
        """Machines, routes, filters, resolver, gateway. What has not changed is not touched."""
        vpc = new.vpc
        gateways = gateways_in(new.held, vpc.id)
        present = fabric.machines(vpc, self.names, set(gateways), self.target.instance)
        self.services.vpc = vpc
        self.services.strict_metadata = "metadata" in self.layers
        self.services.strict_endpoints = "endpoint-policies" in self.layers
        self._wire(vpc, present)
        neighbours = self.neighbours(vpc)
        table = fabric_table(vpc, present, open_="security-groups" not in self.layers)
        if self._changed("filter", table):
            netns.nft(self.names.router, table)
        if self._changed("routes", fabric.routes(vpc, present, neighbours) + fabric.lookups(vpc, present)):
            netns.ip(self.names.router, fabric.routes(vpc, present, neighbours))
            while netns.ip_each(self.names.router, "rule", "delete", "pref", "50"):
                pass
            netns.ip(self.names.router, fabric.lookups(vpc, present))
        await self._resolver(vpc)
        await self._gateway(vpc, present, gateways, new.policy)
        self.now = new
        self._publish(present)

    def machines(self) -> tuple[fabric.Machine, ...]:
        """Return the machines that are wired now."""
        return tuple(self._present.values())

    def neighbours(self, vpc: Vpc) -> tuple[IPv4Address, ...]:
        """Return the lab's own neighbours of the agent: an address in each of the VPC's subnets that no interface has."""
        return tuple(self.neighbours_by_place(vpc).values())

    def neighbours_by_place(self, vpc: Vpc) -> dict[str, IPv4Address]:
        """Return the neighbours by where they are: `own` is the agent's subnet, `endpoints` and `gateway` theirs, else a subnet's id."""
        agent = vpc.instances[self.target.instance].interfaces[0].subnet if self.target.instance in vpc.instances else ""
        with_endpoints = {each.subnet for each in vpc.interfaces.values() if each.instance is None}
        gateways = {each.subnet for each in vpc.interfaces.values() if not each.checked}
        taken = {address for each in vpc.interfaces.values() for address in each.addresses}
        out = {}
        for key, subnet in vpc.subnets.items():
            place = "own" if key == agent else "gateway" if key in gateways else "endpoints" if key in with_endpoints else key
            if (address := subnet.network.broadcast_address - 5) not in taken:
                out[key if place in out else place] = address
        return out

    def _wire(self, vpc: Vpc, present: tuple[fabric.Machine, ...]) -> None:
        wanted = {machine.name: machine for machine in present}
        for name in [name for name, old in self._present.items() if name not in wanted or wanted[name].ports != old.ports]:
            netns.remove(name)
            del self._present[name]
        for name, machine in wanted.items():
            if name not in self._present:
                netns.make(name)
                netns.sysctl(name, **(_SETTINGS if machine.gateway else {"ipv6__conf__all__disable_ipv6": 0}))
                router, own = fabric.wiring(machine, vpc)
                netns.ip(self.names.router, router)
                netns.ip(name, own)
                if machine.gateway and name.endswith("-gateway"):
                    world, link = fabric.tunnel(name, vpc)
                    netns.ip(self.names.world, world)
                    netns.ip(name, link)
                    self._listen(name, GATEWAY_GROUP, self._judged)
                    self._keep(_accepting(netns.within(name, listening), partial(management, self.receipts)))
            self._present[name] = machine

    async def _resolver(self, vpc: Vpc) -> None:
        text = configuration(vpc, fabric.NEXT_HOP, judged="dns-firewall" in self.layers) if vpc.dns_support else ""
        if not self._changed("resolver", text) and self._alive("resolver"):
            return
        await _end(self._programs.get("resolver", _Program([])).process)
        if text:
            write_whole(self.folder / "resolver.lua", text)
            command = [tool("dnsdist"), "--supervised", "--disable-syslog", "--config", str(self.folder / "resolver.lua")]
            await self._run("resolver", self.names.router, command, self._query)
            await self._ready("resolver", lambda: _answers(self.names.router, str(vpc.resolver)), "the resolver")

    async def _gateway(
        self, vpc: Vpc, present: tuple[fabric.Machine, ...], gateways: dict[str, dict[str, Any]], policy: GatewayPolicy
    ) -> None:
        machine = next((each for each in present if each.name == self.names.machine("gateway")), None)
        if machine is None:
            await _end(self._programs.pop("gateway", _Program([])).process)
            return
        asked = seen_from(policy, vpc.networks) if "dcf" in self.layers else GatewayPolicy(False, (), True, False)
        fresh = self._changed("listener", (asked, vpc.resolver))
        if fresh:
            # In a thread: whoever waits for the world's servers meanwhile must not wait for a long list of names.
            made = await asyncio.to_thread(lambda: json.dumps({"resources": [with_log(listener(asked, vpc.resolver))]}))
            write_whole(self.folder / "listeners.json", made)
        if not self._alive("gateway"):
            write_whole(self.folder / "envoy.json", json.dumps(bootstrap(str(self.folder), vpc.resolver)))
            command = [envoy_path(), "-c", str(self.folder / "envoy.json"), "--concurrency", "2", "-l", "error", "--disable-hot-restart"]
            command += ["--file-flush-interval-msec", "20", "--drain-time-s", "2", "--drain-strategy", "immediate"]
            await self._run("gateway", machine.name, command, self._access)
            await self._ready("gateway", lambda: _listens(machine.name), "Envoy")
        elif fresh:
            await self._ready("gateway", self._listener_taken, "Envoy with the new rules")
        snat = gateways[machine.instance.id].get("enable_nat") == "yes" or "dcf" not in self.layers
        if self._changed("gateway", (asked, snat, machine.address, vpc.networks)):
            self.generation = self.generation % GENERATIONS + 1
            netns.nft(machine.name, gateway_table(asked, self.generation, machine.address, vpc.networks, snat=snat))

    def _listener_taken(self) -> bool:
        stats = _admin(self.folder / "admin.sock", "/stats?filter=listener_manager.lds.update_success|update_rejected")
        if "update_rejected: 0" not in stats:
            raise RuntimeError("Envoy refuses the rules: see the gateway's log")
        taken = int(stats.partition("update_success: ")[2].split()[0])
        if taken > self._taken:
            self._taken = taken
            return True
        return False

    def _changed(self, key: str, wanted: object) -> bool:
        if self._applied.get(key) == wanted:
            return False
        self._applied[key] = wanted
        return True

    # -- programs -------------------------------------------------------------------------------------------------------------

    def _alive(self, name: str) -> bool:
        program = self._programs.get(name)
        return program is not None and program.process is not None and program.process.returncode is None

    async def _run(self, name: str, namespace: str, command: list[str], hear: Callable[[str], None]) -> None:
        with (self.folder / f"{name}.err").open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *netns.entering(namespace), "setpriv", "--pdeathsig", "KILL", *command, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, limit=1 << 20, start_new_session=True,
            )  # fmt: skip
        self._programs[name] = _Program(command, process)
        self._keep(_lines(process, hear))
        if name == "gateway":
            self._taken = 1

    async def _ready(self, name: str, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not await asyncio.to_thread(holds):
            if not self._alive(name) or time.monotonic() > deadline:
                log = self.folder / f"{name}.err"
                ended = f"is not ready after {READY_SECONDS:.0f} s" if self._alive(name) else "ended before it was ready"
                said = "; ".join(log.read_text(errors="replace").splitlines()[-3:])
                raise RuntimeError(f"{what} {ended}: {said or 'it said nothing'} (log: {log})")
            await asyncio.sleep(0.01)

    def kill(self, name: str) -> None:
        """Kill a program, for tests of what happens then."""
        process = self._programs[name].process
        if process and process.returncode is None:
            process.kill()

    def pid(self, name: str) -> int | None:
        """Return the process id of a program of ours, None when it does not run."""
        process = self._programs[name].process if name in self._programs else None
        return process.pid if process and process.returncode is None else None

    # -- what is heard --------------------------------------------------------------------------------------------------------

    def _listen(self, namespace: str, group: int, hear: Callable[[nflog.Packet], None]) -> None:
        handle = netns.within(namespace, lambda: nflog.listen(group))

        def ready() -> None:
            for packet in nflog.read(handle):
                hear(packet)

        asyncio.get_running_loop().add_reader(handle, ready)

    def _judged(self, packet: nflog.Packet) -> None:
        self._sessions += 1
        self._gateway_line(logs.l4_line(packet, self._gateway_name(), self._sessions))

    def _access(self, line: str) -> None:
        with contextlib.suppress(json.JSONDecodeError):
            entry = json.loads(line)
            stopped = str(entry.get("chain", "")).endswith("|stop")
            if ("listener" in entry) == stopped:
                for told in logs.l7_lines(entry, self._gateway_name(), self.pid("gateway") or 0):
                    self._gateway_line(told)

    def _gateway_line(self, line: str) -> None:
        self._write("gateway.log", line)
        rules = self.now.policy.rule_names() if self.now else {}
        if record := decisions.read_line(line, self.target.stack, rules):
            self._record(record)

    def _flow(self, packet: nflog.Packet) -> None:
        if self.now and self.now.vpc.flow_logs:
            self._write("vpc-flow.log", logs.flow_line(packet, self.now.vpc.account))
        if packet.prefix.startswith("REJECT"):
            self._record(decisions.of_flow(packet, self.target.stack))

    def _query(self, line: str) -> None:
        vpc = self.now.vpc if self.now else None
        record = logs.query_record(line, self.target.vpc, vpc.account if vpc else "", self.target.region)
        if record:
            self._write("resolver-query.log", json.dumps(record))
            self._record(decisions.of_query(record, self.target.stack))

    def _event(self, event: dict[str, object]) -> None:
        agent = self._present.get(self.names.machine("agent"))
        self._record(decisions.of_event(event, self.target.stack, str(agent.address) if agent else "0.0.0.0"))  # noqa: S104 - unknown

    def _record(self, record: DecisionRecord) -> None:
        self.records.append(record)
        self.count += 1
        if record.bytes_in is None and record.rule:
            self.hits[record.rule] = self.hits.get(record.rule, 0) + 1
        self._write("decisions.jsonl", record.model_dump_json())

    def _write(self, name: str, line: str) -> None:
        if name not in self._files:
            self._files[name] = (self.folder / name).open("a", buffering=1)
        self._files[name].write(line + "\n")

    def _gateway_name(self) -> str:
        return next(iter(self.now.held["gateways"]), "gateway") if self.now else "gateway"

    def _problem(self, text: str) -> None:
        if not self.problems or self.problems[-1] != text:
            log.warning("%s", text)
            self.problems.append(text)

    def _keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    def _publish(self, present: tuple[fabric.Machine, ...]) -> None:
        """Write down what is needed to enter the agent."""
        told = {
            "pid": os.getpid(),
            "prefix": self.names.prefix,
            "machines": {each.name: {"instance": each.instance.id, "address": str(each.address)} for each in present},
            "target": asdict(self.target),
        }
        if self.now and (agent := self._present.get(self.names.machine("agent"))):
            stage(self.folder, self.now.vpc, agent, self.authority.file)
        if self._changed("published", json.dumps(told)):
            write_whole(self.folder / "world.json", json.dumps(told, indent=1) + "\n")


_tasks: set[Any] = set()
_SETTINGS = {
    "ipv4__ip_forward": 1,
    "ipv6__conf__all__forwarding": 1,
    "ipv4__conf__all__rp_filter": 0,
    "ipv4__conf__default__rp_filter": 0,
    "ipv4__conf__all__send_redirects": 0,
    "ipv4__conf__default__send_redirects": 0,
    "netfilter__nf_conntrack_tcp_loose": 0,
}
_NO_CONTROLLER: dict[str, Any] = {"gateways": {}}


async def _accepting(listening: socket.socket, serve: Callable[[socket.socket], Any]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        connection, _ = await loop.sock_accept(listening)
        task = asyncio.ensure_future(serve(connection))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def _lines(process: asyncio.subprocess.Process, hear: Callable[[str], None]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        hear(line.decode("utf-8", "replace"))
    await process.wait()


async def _end(process: asyncio.subprocess.Process | None) -> None:
    if process and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


def _answers(namespace: str, resolver: str) -> bool:
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05ready\x07invalid\x00\x00\x01\x00\x01"

    def ask() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.settimeout(0.2)
            try:
                handle.sendto(query, (resolver, 53))
                return bool(handle.recv(512))
            except OSError:
                return False

    return netns.within(namespace, ask)


def _listens(namespace: str) -> bool:
    def connect() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", 15001), timeout=0.2):
                return True
        except OSError:
            return False

    return netns.within(namespace, connect)


def _admin(path: Path, what: str) -> str:
    """Ask Envoy's admin socket; a socket's path may have 107 characters, but by way of an open folder any path is short."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as handle:
            handle.settimeout(2)
            handle.connect(f"/proc/self/fd/{folder}/{path.name}")
            handle.sendall(f"GET {what} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n".encode())
            got = b""
            while data := handle.recv(65536):
                got += data
    finally:
        os.close(folder)
    return got.decode("utf-8", "replace")
