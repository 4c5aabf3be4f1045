"""The confined command of a stack's agent, started by `containment lab run`."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from containment.confinement.filesystem.folders import create_temporary_folder, resolve_granted_folder
from containment.confinement.identity import Identity, reserve_identity
from containment.confinement.launch import CommandResult, run_confined
from containment.confinement.profile import CA_BUNDLE, SEARCH_PATH, Network, Profile
from containment_lab.harness.installed_harness import InstalledHarness
from containment_lab.network.control import LabNetwork

_FIRST_BOOT = "/opt/openclaw-vca"
_STAGED = {
    "/etc/resolv.conf": "resolv.conf",
    "/etc/hosts": "hosts",
    "/etc/nsswitch.conf": "nsswitch.conf",
    str(CA_BUNDLE): "ca.pem",
    "/etc/ssl/cert.pem": "ca.pem",
}
"""Path in the confinement → file that the network's supervisor prepared."""


def run_as_agent(
    world: LabNetwork, command: tuple[str, ...], *, folder: Path | None = None, harness: InstalledHarness | None = None, seconds: float = 0
) -> CommandResult:
    """Run a command confined in a running network.

    Args:
        world: The stack's network.
        command: The words of the command.
        folder: The folder that it may write to; none: a temporary one.
        harness: A harness that is visible to it.
        seconds: The time after which it is ended; 0: no limit.

    Raises:
        ConfinementError: The command cannot be confined.
    """
    with reserve_identity() as identity, _choose_folder(world, folder, identity) as writable:
        return run_confined(build_profile(world, command, writable, harness), identity, seconds)


def build_profile(world: LabNetwork, command: tuple[str, ...], folder: Path, harness: InstalledHarness | None) -> Profile:
    """Return the files, variables, network and identity that a command of the agent sees."""
    staged = world.folder / "host"
    files = {path: (staged / name).read_bytes() for path, name in _STAGED.items()}
    first_boot = staged / _FIRST_BOOT.lstrip("/")
    read_only = {_FIRST_BOOT: first_boot} if first_boot.is_dir() else {}
    if harness is not None:
        read_only |= harness.read_only()
    return Profile(
        command=command,
        network=find_network(world),
        folder=folder,
        files=files,
        read_only=read_only,
        search_path=(*(harness.search_path() if harness else ()), *SEARCH_PATH),
        variables=harness.build_variables() if harness else {},
    )


def find_network(world: LabNetwork) -> Network:
    """Return the agent host's network namespace; that of an unprivileged user belongs to the supervisor's user namespace."""
    published = json.loads((world.folder / "world.json").read_text())
    name = f"run/netns/{published['prefix']}-agent"
    if os.geteuid() == 0:
        return Network(namespace=Path("/", name))
    process = Path("/proc", str(published["pid"]))
    return Network(namespace=process / "root" / name, user_namespace=process / "ns" / "user")


@contextlib.contextmanager
def _choose_folder(world: LabNetwork, granted: Path | None, identity: Identity) -> Iterator[Path]:
    if granted is not None:
        yield resolve_granted_folder(granted, [world.home.root])
        return
    with create_temporary_folder(world.folder / "runs", identity) as folder:
        yield folder
