"""Run one stack's world: `python -m containment.lab.world --home DIR --stack NAME`.

It serves until it is told to end, or its lab home is deleted, and then leaves nothing. Commands come as one JSON object a line, over a
socket that only this user can reach (`control`).
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

from containment.lab.home import LabHome
from containment.lab.world.control import name_of
from containment.lab.world.keeper import LAYERS, Keeper
from containment.lab.world.target import find_target
from containment.lab.world.wired import neighbours

LONGEST_HOLD = 60.0
"""For how many seconds a world can be told to look at nothing by itself: whoever held it may have gone."""


def main() -> int:
    """Serve one world; a world that cannot be made is one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m containment.lab.world", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--stack", required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    home = LabHome(given.home.resolve())
    try:
        return asyncio.run(_serve(home, given.stack))
    except Exception as error:
        logging.getLogger(__name__).exception("the world ends")
        print(f"error: {error}", file=sys.stderr)
        return 1


async def _serve(home: LabHome, stack: str) -> int:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(name_of(home, stack))
    keeper = Keeper(home, find_target(home, stack), _shared_sites())
    await keeper.open()
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, over.set)
    server = await asyncio.start_unix_server(lambda reader, writer: _talk(keeper, over, reader, writer), sock=listening, limit=1 << 24)
    following = asyncio.ensure_future(keeper.follow())
    while not over.is_set() and home.root.is_dir():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1)
    following.cancel()
    server.close()
    await keeper.close()
    return 0


def _shared_sites() -> frozenset[str]:
    """Return the catalog's sites where strangers have a place of their own: what is sent there, they can fetch."""
    from containment.library import load_library

    library = load_library()
    return frozenset(
        entry.pattern for found in library.sets.values() for entry in found.entries if entry.uploads or entry.relays or entry.foreign_tenant
    )


async def _talk(keeper: Keeper, over: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    if struct.unpack("=iII", credentials)[1] != os.getuid():
        writer.close()
        return
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            try:
                reply = {"ok": await _do(keeper, over, json.loads(line))}
            except Exception as error:  # noqa: BLE001 - told to the one who asked
                reply = {"error": f"{type(error).__name__}: {error}"}
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
    writer.close()


async def _do(keeper: Keeper, over: asyncio.Event, asked: dict[str, Any]) -> Any:
    what = asked["do"]
    if what == "status":
        return _status(keeper)
    if what == "sync":
        await keeper.sync()
        return _status(keeper)
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
        first = keeper.heard.count - len(keeper.heard.records)
        skip = max(0, int(asked.get("after", 0)) - first)
        listed = list(keeper.heard.records)[skip:]
        return {"count": keeper.heard.count, "records": [each.model_dump(mode="json") for each in listed]}
    if what == "receipts":
        return keeper.receipts.listed() if "nonce" not in asked else keeper.receipts.of(asked["nonce"])
    if what == "kill":
        keeper.programs.kill(asked["program"])
        return True
    if what == "rules":
        return _rules(keeper)
    if what == "end":
        over.set()
        return True
    raise ValueError(f"there is no command {what!r}")


def _rules(keeper: Keeper) -> list[dict[str, Any]]:
    """Return the rules that can match the agent, in order: one Controller holds other stacks' as well."""
    agent = next((each.address for each in keeper.wired.present.values() if each.instance.id == keeper.target.instance), None)
    if keeper.now is None or agent is None:
        return []
    own = [rule for rule in keeper.now.policy.rules if any(agent in network for network in rule.sources)]
    return [{"name": rule.name, "uuid": rule.uuid, "permits": rule.permits, "watched": rule.watched} for rule in own]


def _status(keeper: Keeper) -> dict[str, Any]:
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
        "hits": keeper.heard.hits,
        "problems": list(keeper.problems),
        "neighbours": {place: str(each) for place, each in neighbours(now.vpc, keeper.target.instance).items()} if now else {},
        "programs": {name: keeper.programs.pid(name) for name in ("gateway", "resolver")},
        "credential_nonces": keeper.services.credential_nonces,
        "gateway": next((str(each.address) for each in keeper.wired.present.values() if each.gateway), ""),
        "resolver": str(now.vpc.resolver) if now else None,
        "networks": [str(each) for each in now.vpc.networks] if now else [],
        "region": keeper.target.region,
        "machines": {each.name: {"instance": each.instance.id, "address": str(each.address)} for each in keeper.wired.present.values()},
    }


if __name__ == "__main__":
    sys.exit(main())
