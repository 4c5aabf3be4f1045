"""`python -m containment_lab.providers --home DIR`: serve the simulated `aws` and `aviatrix` providers of one lab home.

Each listens on its own port of the home. The process ends on SIGTERM, or when the home's folder is deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import signal
from pathlib import Path

from containment_lab.home import LabHome
from containment_lab.providers.base import serve
from containment_lab.storage import watch_folder


async def run(home: LabHome) -> None:
    """Serve until a signal arrives or the home is deleted."""
    is_home_there = watch_folder(home.root)
    ports = home.get_ports()
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    servicers = {
        port: importlib.import_module(f"containment_lab.providers.{package}").servicer(home)
        for package, port in (("aviatrix", ports.aviatrix_provider), ("aws", ports.aws_provider))  # aws last: when it answers, both do
    }
    servers = await serve(servicers)
    while not stop.is_set() and is_home_there():
        try:
            await asyncio.wait_for(stop.wait(), timeout=1)
        except TimeoutError:
            continue
    for server in servers:
        await server.stop(grace=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m containment_lab.providers", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    asyncio.run(run(LabHome(parser.parse_args().home.resolve())))
