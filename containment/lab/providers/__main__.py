"""`python -m containment.lab.providers --home DIR`: serve the stand-in `aws` and `aviatrix` providers of one lab home.

Each listens on its own port of the home. Ends on SIGTERM, and by itself when the home's folder is deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import signal
from pathlib import Path

from containment.lab.home import LabHome
from containment.lab.providers.base import serve


async def run(home: LabHome) -> None:
    """Serve until told to stop or until the home is gone."""
    ports = home.ports()
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    servicers = {
        port: importlib.import_module(f"containment.lab.providers.{package}").servicer(home)
        for package, port in (("aviatrix", ports.aviatrix_provider), ("aws", ports.aws_provider))  # who sees aws sees both
    }
    servers = await serve(servicers)
    while not stop.is_set() and home.root.is_dir():
        try:
            await asyncio.wait_for(stop.wait(), timeout=1)
        except TimeoutError:
            continue
    for server in servers:
        await server.stop(grace=1)


if __name__ == "__main__":
    gc.set_threshold(50_000, 20, 100)  # boto's models stay, and are no garbage
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    asyncio.run(run(LabHome(parser.parse_args().home.resolve())))
