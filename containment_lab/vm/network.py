"""The machine's network: a tap in the agent's namespace, translated to the agent's address, so that the lab's filters see the agent.

Nothing of it outlives the program that made it: the tap goes with its last file descriptor, and the filter table is owned by a process
that ends with its input.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from containment_lab.linux import netns
from containment_lab.linux.tools import find_tool
from containment_lab.vm.errors import VmError

TAP: Final = "vmtap0"
HOST: Final = IPv4Address("100.64.250.1")
GUEST: Final = "100.64.250.2/30"
_TUNSETIFF: Final = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
_TABLE: Final = f"""add table ip containment_vm {{ flags owner; }}
add chain ip containment_vm out {{ type nat hook postrouting priority srcnat; policy accept; }}
add rule ip containment_vm out iifname "{TAP}" masquerade
"""
_READY: Final = "containment_vm"


@dataclass(frozen=True, slots=True)
class Tap:
    """An open tap: its file descriptor, and the addresses of both ends."""

    descriptor: int
    host: IPv4Address = HOST
    guest: str = GUEST


_FIX = "install nftables, on a kernel with network address translation (nf_nat)"


@contextlib.contextmanager
def open_tap(namespace: str) -> Iterator[Tap]:
    """Yield a tap in a namespace, routed and translated; raise VmError if it cannot be made."""
    descriptor = netns.run_within(namespace, _create_tap)
    try:
        netns.run_ip_batch(namespace, f"address add {HOST}/30 dev {TAP}\nlink set {TAP} up\n")
        netns.set_sysctls(namespace, **{f"ipv4__conf__{each}__forwarding": 1 for each in (TAP, "eth0")})
        with _translate(namespace):
            yield Tap(descriptor)
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):  # the namespace has gone
            netns.set_sysctls(namespace, ipv4__conf__eth0__forwarding=0)


def _create_tap() -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", TAP.encode(), _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR))
    except OSError as error:
        os.close(descriptor)
        busy = "another virtual machine runs in this network" if error.errno == 16 else str(error)
        fix = "wait for its end" if error.errno == 16 else "let this machine make tap devices (/dev/net/tun)"
        raise VmError(f"no tap can be made in the agent's network: {busy}", fix=fix) from None
    return descriptor


@contextlib.contextmanager
def _translate(namespace: str) -> Iterator[None]:
    """Translate the tap's packets while the block runs: the table goes with the `nft` that owns it, which ends with this process."""
    command = [*netns.build_entering_command(namespace), find_tool("nft"), "-i"]
    owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    assert owner.stdin is not None, "it is a pipe"
    assert owner.stdout is not None, "it is a pipe"
    try:
        owner.stdin.write(f"{_TABLE}list tables\n")
        owner.stdin.flush()
        said = ""
        for line in owner.stdout:
            said += line
            if line.strip().startswith("table ip ") and _READY in line:
                break
            if "Error" in line:
                raise VmError(f"the machine's packets cannot be translated: {said.strip()}", fix=_FIX)
        else:
            raise VmError(f"the machine's packets cannot be translated: nft ended: {said.strip()}", fix=_FIX)
        yield
    finally:
        owner.stdin.close()
        owner.stdout.close()
        try:
            owner.wait(5)
        except subprocess.TimeoutExpired:
            owner.kill()
            owner.wait()


def list_leftovers(namespace: str) -> list[str]:
    """Return what a virtual machine has left in a namespace: taps and tables."""
    if not Path(netns.RUN, namespace).exists():
        return []
    enter = netns.build_entering_command(namespace)
    links = subprocess.run([*enter, find_tool("ip"), "-o", "link"], capture_output=True, text=True, check=False).stdout
    tables = subprocess.run([*enter, find_tool("nft"), "list", "tables"], capture_output=True, text=True, check=False).stdout
    found = [TAP] if TAP in links else []
    return [*found, *(line for line in tables.splitlines() if "containment_vm" in line)]
