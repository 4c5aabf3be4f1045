"""nftables rules of a network's namespaces: loaded whole, and watched for changes by other programs."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

from containment_lab.linux import netns

_NETFILTER = 12
_RULES_CHANGED = 7  # NFNLGRP_NFTABLES


class RulesWatch:
    """The rules of some namespaces; `changed` is called when another program changes them."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._watched: dict[str, socket.socket] = {}

    def add_namespace(self, namespace: str) -> None:
        """Watch a namespace; a new namespace of the same name replaces the old one."""
        loop = asyncio.get_running_loop()
        if old := self._watched.pop(namespace, None):
            loop.remove_reader(old)
            old.close()
        handle = netns.run_within(namespace, _subscribe)
        self._watched[namespace] = handle

        def readable() -> None:
            _drain(handle)
            self._changed()

        loop.add_reader(handle, readable)

    def load(self, namespace: str, table: str) -> None:
        """Load rules in a watched namespace without reporting a change."""
        netns.load_ruleset(namespace, table)
        _drain(self._watched[namespace])


def _subscribe() -> socket.socket:
    """Return a socket that is readable whenever nftables rules of the caller's namespace change; it does not block."""
    handle = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
    handle.bind((0, 1 << (_RULES_CHANGED - 1)))
    handle.setblocking(False)
    return handle


def _drain(handle: socket.socket) -> None:
    """Discard all queued messages."""
    while True:
        try:
            handle.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # the queue overflowed: read on
                raise
