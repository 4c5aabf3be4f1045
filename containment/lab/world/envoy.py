"""Envoy as the gateway's proxy: started with a listener, given another while it runs, asked whether it has taken it.

A new list of rules is one file, replaced whole; Envoy keeps every connection that both lists carry in the same way.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

from containment.lab.home import write_whole
from containment.lab.world import netns
from containment.lab.world.gateway_chains import bootstrap, with_log
from containment.lab.world.gateway_filter import PROXY_PORT
from containment.lab.world.gateway_proxy import listener
from containment.lab.world.policy import GatewayPolicy
from containment.lab.world.programs import Programs
from containment.lab.world.tools import envoy_path

NAME = "gateway"
_OPTIONS = ["--concurrency", "2", "-l", "error", "--disable-hot-restart", "--file-flush-interval-msec", "20"]
_DRAINING = ["--drain-time-s", "2", "--drain-strategy", "immediate"]


class Envoy:
    """The proxy of one gateway; its files lie in the folder, `hear` gets its access log."""

    def __init__(self, folder: Path, programs: Programs, hear: Callable[[str], None]) -> None:
        self._folder, self._programs, self._hear = folder, programs, hear
        self._taken = 0

    async def judge(self, namespace: str, policy: GatewayPolicy, resolver: IPv4Address, *, fresh: bool) -> None:
        """See to it that the proxy runs and judges by a policy; `fresh`: it is another than last time."""
        if fresh:
            # In a thread: whoever waits for the world's servers meanwhile must not wait for a long list of names.
            made = await asyncio.to_thread(lambda: json.dumps({"resources": [with_log(listener(policy, resolver))]}))
            write_whole(self._folder / "listeners.json", made)
        if self._programs.pid(NAME) is None:
            write_whole(self._folder / "envoy.json", json.dumps(bootstrap(str(self._folder), resolver)))
            command = [envoy_path(), "-c", str(self._folder / "envoy.json"), *_OPTIONS, *_DRAINING]
            await self._programs.start(NAME, namespace, command, self._hear)
            self._taken = 1
            await self._programs.ready(NAME, lambda: _listens(namespace), "Envoy")
        elif fresh:
            await self._programs.ready(NAME, self._has_taken, "Envoy with the new rules")

    def _has_taken(self) -> bool:
        stats = _admin(self._folder / "admin.sock", "/stats?filter=listener_manager.lds.update_success|update_rejected")
        if "update_rejected: 0" not in stats:
            raise RuntimeError("Envoy refuses the rules: see the gateway's log")
        taken = int(stats.partition("update_success: ")[2].split()[0])
        if taken > self._taken:
            self._taken = taken
            return True
        return False


def _listens(namespace: str) -> bool:
    def connect() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", PROXY_PORT), timeout=0.2):
                return True
        except OSError:
            return False

    return netns.within(namespace, connect)


def _admin(path: Path, what: str) -> str:
    """Ask Envoy's admin socket; a socket's path may have 107 characters, but by way of an open folder any path is short."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as handle:
            handle.settimeout(2)
            handle.connect(f"/proc/self/fd/{folder}/{path.name}")
            handle.sendall(f"GET {what} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n".encode())
            got = b""
            while data := handle.recv(65536):
                got += data
    finally:
        os.close(folder)
    return got.decode("utf-8", "replace")
