"""Run the Controller simulator of one lab home: `python -m containment.lab.controller --home DIR`.

It serves HTTPS on 127.0.0.1 and the home's Controller port until it is told to end (SIGTERM, SIGINT), and logs to stderr.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from pathlib import Path

import pydantic
import uvicorn

from containment.lab.controller import gateway_ha, gateways
from containment.lab.controller.account import Account
from containment.lab.controller.app import Front
from containment.lab.controller.core import Controller
from containment.lab.controller.settings import FILE, Settings, load
from containment.lab.controller.store import Store
from containment.lab.controller.tasks import Tasks
from containment.lab.controller.tls import certificate
from containment.lab.home import LabHome


def build(home: LabHome, settings: Settings) -> Controller:
    """Return the Controller of a lab home, with the state it last had."""
    controller = Controller(settings, Store(home.root / "controller-state.json"), Account(home))
    controller.tasks = Tasks(controller, {**gateways.WORK, **gateway_ha.WORK})
    return controller


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; a wrong setting is one message and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m containment.lab.controller", description="A simulated Aviatrix Controller.")
    parser.add_argument("--home", type=Path, required=True, help="the lab home")
    parser.add_argument("--version", help="the release it says it is, MAJOR.MINOR.PATCH")
    parser.add_argument("--account", dest="account_name", help="the name of the onboarded access account")
    parser.add_argument("--no-cloud", dest="cloud", action="store_const", const=False, help="keep books only; touch no cloud account")
    given = vars(parser.parse_args(arguments))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    root: Path = given.pop("home").resolve()
    root.mkdir(parents=True, exist_ok=True)
    try:
        settings = load(root, **given)
    except pydantic.ValidationError as error:
        print(f"The Controller's settings ({root / FILE} and the command line) are wrong: {error}", file=sys.stderr)
        return 2
    home = LabHome(root)
    served = certificate(home)
    threading.Thread(target=_end_with, args=(root,), daemon=True).start()
    uvicorn.run(
        Front(build(home, settings), home).app(),
        host="127.0.0.1",
        port=home.ports().controller,
        ssl_certfile=served.chain,
        ssl_keyfile=served.key,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return 0


def _end_with(home: Path) -> None:
    """End at once when the home's folder is deleted: nothing is left to serve."""
    while home.is_dir():
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
