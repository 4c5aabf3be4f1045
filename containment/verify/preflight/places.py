"""Whom preflight asks: the lab of this folder when it is up, else the account and the Controller that are configured.

The real Controller's address and login come from the stack file (`aviatrix:` keys) or, as for its provider, from AVIATRIX_CONTROLLER_IP,
AVIATRIX_USERNAME and AVIATRIX_PASSWORD; the environment wins. AWS credentials are boto3's own business.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containment import strict_yaml
from containment.lab import simulators
from containment.lab.home import ENV, LabHome
from containment.model.engine_values import engine_text
from containment.model.stack_document import config_of
from containment.stack_file import PROJECT, is_secure
from containment.verify.controller import Address
from containment.verify.preflight.facts import Unread
from containment.verify.preflight.rights import Clients

SETTINGS = {"controllerIp": "AVIATRIX_CONTROLLER_IP", "username": "AVIATRIX_USERNAME", "password": "AVIATRIX_PASSWORD"}


@dataclass(frozen=True)
class Place:
    """Where to ask. `overrides` is configuration the place itself gives (the lab's access account)."""

    said: str
    clients: Clients | Unread
    controller: Address | Unread
    overrides: Mapping[str, str]
    demanded: frozenset[str]


def running_lab() -> LabHome | None:
    """Return the lab home in force when its cloud and its Controller run; nothing is made or started."""
    root = Path(os.environ.get(ENV) or ".lab").resolve()
    if not root.is_dir():
        return None
    up = {each.name for each in simulators.status(LabHome(root)) if each.pid}
    return LabHome(root) if {"cloud", "controller"} <= up else None


def lab(home: LabHome) -> Place:
    """Return the lab as a place: its own endpoints and credentials, nothing of the user's."""
    from containment.lab.cloud.clients import client

    overlay = simulators.overlay(home, frozenset({"awsAccessAccount"}), PROJECT)
    controller = Address(
        overlay["aviatrix:controllerIp"], overlay["aviatrix:username"], overlay["aviatrix:password"], True, str(home.controller_ca)
    )
    account = {"awsAccessAccount": overlay[f"{PROJECT}:awsAccessAccount"]}
    return Place(f"the lab in {home.root}", functools.partial(client, home), controller, account, frozenset({"aws", "controller"}))


def real(stack: str, region: str, *, demanded: bool, folder: Path = Path()) -> Place:
    """Return the configured account and Controller; `demanded` when the user named them, so that silence is a failure."""
    import boto3
    from botocore.config import Config

    session = boto3.session.Session(region_name=region)
    patient = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})

    @functools.cache
    def client(service: str) -> Any:
        return session.client(service, config=patient)

    found = session.get_credentials() is not None
    clients = client if found else Unread("no AWS credentials were found")
    controller = controller_address(stack, folder)
    said = f"the AWS account of these credentials, region {region}" if found else "no AWS account, because no credentials were found"
    said += "; no Controller, because none is configured" if isinstance(controller, Unread) else f"; Controller {controller.host}"
    asked = {"aws"} if demanded or found else set[str]()
    asked |= {"controller"} if demanded or not isinstance(controller, Unread) else set()
    return Place(said, clients, controller, {}, frozenset(asked))


def controller_address(stack: str, folder: Path, environment: Mapping[str, str] | None = None) -> Address | Unread:
    """Return where the stack's Controller is and who logs in, or what is missing."""
    given = os.environ if environment is None else environment
    config = _config(folder / f"Pulumi.{stack}.yaml")
    if sealed := [key for key, variable in SETTINGS.items() if is_secure(config.get(f"aviatrix:{key}")) and not given.get(variable)]:
        return Unread(f"aviatrix:{sealed[0]} is encrypted in the stack file: set {SETTINGS[sealed[0]]}")
    texts = {key: engine_text(value) for key, value in config.items() if not is_secure(value)}
    values = {key: given.get(variable) or texts.get(f"aviatrix:{key}") or "" for key, variable in SETTINGS.items()}
    if missing := [key for key, value in values.items() if not value]:
        return Unread(f"no Controller is configured: aviatrix:{missing[0]} is not set (nor {SETTINGS[missing[0]]})")
    verify = texts.get("aviatrix:verifySslCertificate", "true").lower() != "false"
    return Address(values["controllerIp"], values["username"], values["password"], verify, texts.get("aviatrix:pathToCaCertificate"))


def _config(path: Path) -> dict[str, Any]:
    """Return the Controller's own keys of a stack file; reading the stack's other keys reports what is wrong with the file."""
    try:
        config = config_of(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in config.items() if key.startswith("aviatrix:")}
