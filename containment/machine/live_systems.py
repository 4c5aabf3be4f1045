"""The account and the Controller that preflight reads: the lab of this folder while it runs, else the configured real ones.

The real Controller's address and login come from the stack file (`aviatrix:` keys) or from AVIATRIX_CONTROLLER_IP, AVIATRIX_USERNAME and
AVIATRIX_PASSWORD, as for its provider; the environment wins. boto3 finds AWS credentials in its usual way.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from containment.config.pulumi_format.engine_values import encode_for_engine
from containment.config.pulumi_format.stack_file import read_config
from containment.controller_api.client import ControllerAddress
from containment.extras import LAB
from containment.loaders import strict_yaml
from containment.loaders.stack_file import PROJECT, is_secure
from containment.preflight.access import LiveSystems
from containment.preflight.facts import UnreadFact
from containment_lab import simulators
from containment_lab.home import ENV, LabHome

SETTINGS = {"controllerIp": "AVIATRIX_CONTROLLER_IP", "username": "AVIATRIX_USERNAME", "password": "AVIATRIX_PASSWORD"}


def find_running_lab() -> LabHome | None:
    """Return the lab home in force if its cloud and its Controller run, else None; create and start nothing.

    Raises:
        ExtraNotInstalled: A lab of another installation runs, and this installation has none.
    """
    root = Path(os.environ.get(ENV) or ".lab").resolve()
    if not root.is_dir():
        return None
    up = {each.name for each in simulators.read_status(LabHome(root)) if each.pid}
    if not {"cloud", "controller"} <= up:
        return None
    LAB.require()
    return LabHome(root)


def find_lab_systems(home: LabHome) -> LiveSystems:
    """Return the lab as a place: its endpoints and credentials, none of the user's."""
    from containment_lab.cloud.clients import get_client

    overlay = simulators.build_overlay(home, frozenset({"awsAccessAccount"}), PROJECT)
    controller = ControllerAddress(
        overlay["aviatrix:controllerIp"], overlay["aviatrix:username"], overlay["aviatrix:password"], True, str(home.controller_ca)
    )
    account = {"awsAccessAccount": overlay[f"{PROJECT}:awsAccessAccount"]}
    return LiveSystems(
        f"the lab in {home.root}", functools.partial(get_client, home), controller, account, frozenset({"aws", "controller"})
    )


def find_real_systems(stack: str, region: str, *, demanded: bool, folder: Path = Path()) -> LiveSystems:
    """Return the configured account and Controller.

    Args:
        stack: name of the stack whose file configures the Controller.
        region: AWS region to read.
        demanded: true if the user named them, so that failing to reach them is a failure.
        folder: folder of the stack file.
    """
    import boto3
    from botocore.config import Config

    session = boto3.session.Session(region_name=region)
    patient = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})

    @functools.cache
    def client(service: str) -> Any:
        return session.client(service, config=patient)

    found = session.get_credentials() is not None
    clients = client if found else UnreadFact("no AWS credentials were found")
    controller = find_controller_address(stack, folder)
    said = f"the AWS account of these credentials, region {region}" if found else "no AWS account, because no credentials were found"
    said += "; no Controller, because none is configured" if isinstance(controller, UnreadFact) else f"; Controller {controller.host}"
    asked = {"aws"} if demanded or found else set[str]()
    asked |= {"controller"} if demanded or not isinstance(controller, UnreadFact) else set()
    return LiveSystems(said, clients, controller, {}, frozenset(asked))


def find_controller_address(stack: str, folder: Path, environment: Mapping[str, str] | None = None) -> ControllerAddress | UnreadFact:
    """Return the address and login of the stack's Controller, or which setting is missing."""
    given = os.environ if environment is None else environment
    config = _read_config(folder / f"Pulumi.{stack}.yaml")
    if sealed := [key for key, variable in SETTINGS.items() if is_secure(config.get(f"aviatrix:{key}")) and not given.get(variable)]:
        return UnreadFact(f"aviatrix:{sealed[0]} is encrypted in the stack file: set {SETTINGS[sealed[0]]}")
    texts = {key: encode_for_engine(value) for key, value in config.items() if not is_secure(value)}
    values = {key: given.get(variable) or texts.get(f"aviatrix:{key}") or "" for key, variable in SETTINGS.items()}
    if missing := [key for key, value in values.items() if not value]:
        return UnreadFact(f"no Controller is configured: aviatrix:{missing[0]} is not set (nor {SETTINGS[missing[0]]})")
    verify = texts.get("aviatrix:verifySslCertificate", "true").lower() != "false"
    return ControllerAddress(
        values["controllerIp"], values["username"], values["password"], verify, texts.get("aviatrix:pathToCaCertificate")
    )


def _read_config(path: Path) -> dict[str, Any]:
    """Return the `aviatrix:` keys of a stack file; empty if it cannot be read, because the stack's loader reports its errors."""
    try:
        config = read_config(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in config.items() if key.startswith("aviatrix:")}
