"""Run the network of one stack: `python -m containment_lab.network --home DIR --stack NAME`.

It serves until the command `end`, SIGTERM or the deletion of its lab home, and then removes everything it created. Commands are JSON
objects, one per line, over a socket that only this user can connect to (`control`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

from containment.exit_code import Exit
from containment_lab.errors import LabError
from containment_lab.home import LabHome
from containment_lab.network.control import compute_socket_name
from containment_lab.network.deployed_host import find_target
from containment_lab.network.machine_set import find_peer_addresses
from containment_lab.network.marks import compute_code_mark
from containment_lab.network.supervisor import LAYERS, Supervisor
from containment_lab.storage import watch_folder

LONGEST_HOLD = 60.0
"""Longest pause of the supervisor, in seconds: the client that requested it may have ended."""


def main() -> int:
    """Serve one network; return exit code 1 if it cannot be created."""
    parser = argparse.ArgumentParser(prog="python -m containment_lab.network", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--agent", default="")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    home = LabHome(given.home.resolve())
    try:
        return asyncio.run(_serve(home, given.stack, given.agent))
    except Exception as error:
        logging.getLogger(__name__).exception("the network ends")
        print(f"error: {error}", file=sys.stderr)
        return Exit.ERROR


async def _serve(home: LabHome, stack: str, agent: str) -> int:
    is_home_there = watch_folder(home.root)
    compute_code_mark()  # of the modules that this process has loaded, not of those that are there when it is asked
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(compute_socket_name(home, stack))
    keeper = Supervisor(home, find_target(home, stack, agent), _list_shared_sites())
    await keeper.open()
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, over.set)
    server = await asyncio.start_unix_server(
        lambda reader, writer: _serve_client(keeper, over, reader, writer), sock=listening, limit=1 << 24
    )
    following = asyncio.ensure_future(keeper.follow())
    while not over.is_set() and is_home_there():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1)
    following.cancel()
    server.close()
    await keeper.close()
    return Exit.OK


def _list_shared_sites() -> frozenset[str]:
    """Return the catalog's sites that other tenants share: an attacker can fetch data that is sent there."""
    from containment.loaders.presets import load_library

    library = load_library()
    return frozenset(
        entry.pattern for found in library.sets.values() for entry in found.entries if entry.uploads or entry.relays or entry.foreign_tenant
    )


def _describe_error(error: Exception) -> dict[str, str]:
    """Return an error for the command that asked, with its reason and its fix where it has them."""
    if isinstance(error, LabError):
        return {"error": error.what, "why": error.why, "fix": error.fix}
    return {"error": f"{type(error).__name__}: {error}"}


async def _serve_client(keeper: Supervisor, over: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    if struct.unpack("=iII", credentials)[1] != os.getuid():
        writer.close()
        return
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            try:
                reply = {"ok": await _execute_command(keeper, over, json.loads(line))}
            except Exception as error:  # noqa: BLE001 - returned to the client
                reply = _describe_error(error)
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
    writer.close()


async def _execute_command(keeper: Supervisor, over: asyncio.Event, asked: dict[str, Any]) -> Any:
    what = asked["do"]
    if what == "status":
        return _collect_status(keeper)
    if what == "sync":
        await keeper.sync()
        return _collect_status(keeper)
    if what == "hold":
        keeper.held_until = time.monotonic() + min(float(asked["seconds"]), LONGEST_HOLD)
        return True
    if what == "layers":
        wanted = frozenset(asked["layers"])
        if not wanted <= LAYERS:
            raise ValueError(f"layers are {', '.join(sorted(LAYERS))}")
        keeper.layers = wanted
        await keeper.sync()
        return sorted(wanted)
    if what == "decisions":
        listed = keeper.heard.list_decisions(int(asked.get("after", 0)), every_source=bool(asked.get("every_source")))
        return {"count": keeper.heard.count, "records": [each.model_dump(mode="json") for each in listed]}
    if what == "receipts":
        return keeper.receipts.list_receipts() if "nonce" not in asked else keeper.receipts.find_receipts(asked["nonce"])
    if what == "kill":
        keeper.programs.kill(asked["program"])
        return True
    if what == "rules":
        return _list_agent_rules(keeper)
    if what == "collect":
        keeper.heard.is_collecting = bool(asked["on"])
        return keeper.heard.is_collecting
    if what == "authorities":
        return {"pin": keeper.authority.pin, "gateway": keeper.gateway_authority.subject}
    if what == "end":
        over.set()
        return True
    raise ValueError(f"unknown command {what!r}")


def _list_agent_rules(keeper: Supervisor) -> list[dict[str, Any]]:
    """Return the rules that can match the agent, in order: the Controller has other stacks' rules as well."""
    agent = next((each.address for each in keeper.wired.present.values() if each.instance.id == keeper.target.instance), None)
    if keeper.now is None or agent is None:
        return []
    own = [rule for rule in keeper.now.policy.rules if any(agent in network for network in rule.sources)]
    return [
        {
            "name": rule.name,
            "uuid": rule.uuid,
            "permits": rule.permits,
            "watched": rule.watched,
            "names": list(map(str, rule.patterns or ())),
            "decrypted_urls": list(map(str, rule.decrypted_urls)),
            "port": rule.ports[0][0] if rule.ports else 443,
        }
        for rule in own
    ]


def _collect_status(keeper: Supervisor) -> dict[str, Any]:
    now = keeper.now
    firewall = now.vpc.firewall if now else None
    return {
        "stack": keeper.target.stack,
        "instance": keeper.target.instance,
        "prefix": keeper.names.prefix,
        "folder": str(keeper.folder),
        "layers": sorted(keeper.layers),
        "rules": len(now.policy.rules) if now else 0,
        "enforcing": now.policy.enforcing if now else False,
        "unresolved": list(now.policy.unresolved) if now else [],
        "dns_rules": len(firewall.rules) if firewall else 0,
        "generation": keeper.generation,
        "read": keeper.read,
        "code": compute_code_mark(),
        "decisions": keeper.heard.count,
        "hits": keeper.heard.hits,
        "problems": list(keeper.problems),
        "neighbours": {place: str(each) for place, each in find_peer_addresses(now.vpc, keeper.target.instance).items()} if now else {},
        "programs": {name: keeper.programs.get_pid(name) for name in ("gateway", "resolver")},
        "credential_nonces": keeper.services.credential_nonces,
        "gateway": next((str(each.address) for each in keeper.wired.present.values() if each.gateway), ""),
        "resolver": str(now.vpc.resolver) if now else None,
        "networks": [str(each) for each in now.vpc.networks] if now else [],
        "region": keeper.target.region,
        "machines": {each.name: {"instance": each.instance.id, "address": str(each.address)} for each in keeper.wired.present.values()},
    }


if __name__ == "__main__":
    sys.exit(main())
