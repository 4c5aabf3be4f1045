"""Run the Controller simulator of one lab home: `python -m containment_lab.controller --home DIR`.

It serves HTTPS on 127.0.0.1 and the home's Controller port until SIGTERM or SIGINT, and logs to stderr.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pydantic
import uvicorn

from containment.exit_code import Exit
from containment_lab.controller.account import Account
from containment_lab.controller.app import ControllerApplication
from containment_lab.controller.core import Controller
from containment_lab.controller.gateways import high_availability, spoke
from containment_lab.controller.server import QuietServer, ensure_certificate
from containment_lab.controller.settings import FILE, Settings, load_settings
from containment_lab.controller.store import Store
from containment_lab.controller.tasks import Tasks
from containment_lab.home import LabHome
from containment_lab.storage import watch_folder

_IDLE_SECONDS = 75
"""Idle time until a connection is closed; uvicorn's 5 s are as long as many pauses of a deployment, and a call sent just then is lost."""


def build(home: LabHome, settings: Settings) -> Controller:
    """Return the Controller of a lab home with its stored state."""
    controller = Controller(settings, Store(home.root / "controller-state.json"), Account(home))
    controller.tasks = Tasks(controller, {**spoke.WORK, **high_availability.WORK})
    return controller


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends the process; an invalid setting is one message and the exit code for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m containment_lab.controller", description="A simulated Aviatrix Controller.")
    parser.add_argument("--home", type=Path, required=True, help="the lab home")
    parser.add_argument("--version", help="the release it reports, MAJOR.MINOR.PATCH")
    parser.add_argument("--account", dest="account_name", help="the name of the onboarded access account")
    parser.add_argument("--no-cloud", dest="cloud", action="store_const", const=False, help="record gateways only; use no cloud account")
    given = vars(parser.parse_args(arguments))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    root: Path = given.pop("home").resolve()
    root.mkdir(parents=True, exist_ok=True)
    try:
        settings = load_settings(root, **given)
    except pydantic.ValidationError as error:
        print(f"The Controller's settings ({root / FILE} and the command line) are wrong: {error}", file=sys.stderr)
        return Exit.USAGE
    home = LabHome(root)
    served = ensure_certificate(home)
    threading.Thread(target=_end_with, args=(watch_folder(root),), daemon=True).start()
    controller = build(home, settings)
    config = uvicorn.Config(
        ControllerApplication(controller, home).build_application(),
        host="127.0.0.1",
        port=home.get_ports().controller,
        ssl_certfile=served.chain,
        ssl_keyfile=served.key,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=2,
    )
    server = QuietServer(config, controller.store.changes)
    server.run()
    return Exit.OK if server.started else Exit.ERROR


def _end_with(is_home_there: Callable[[], bool]) -> None:
    """End the process when the lab home's folder is deleted or replaced."""
    while is_home_there():
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
