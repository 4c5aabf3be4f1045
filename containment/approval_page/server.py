"""Serve the page on a loopback address, and on no other."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

import uvicorn

from containment.approval_page.application import ApprovalPage
from containment.approval_page.session import Session
from containment.errors import InputError, Problem
from containment.loaders.approvers import Approver
from containment.record.signer_library import Signer

_HTTP: Final = 80
"""The port that browsers leave out."""


@dataclass(frozen=True)
class PageServer:
    """A server with its open socket."""

    page: ApprovalPage
    server: uvicorn.Server
    listener: socket.socket

    def run(self) -> None:
        """Serve until the server is stopped."""
        try:
            self.server.run(sockets=[self.listener])
        finally:
            self.listener.close()

    def stop(self) -> None:
        """End the server, from another thread."""
        self.server.should_exit = True


def open_page(folder: Path, reviewer: Approver, signer: Signer, *, host: str, port: int) -> PageServer:
    """Return a server that listens already; raise InputError for an address that others could reach, or one in use.

    Args:
        folder: the folder with approvers.yaml and `decisions/`.
        reviewer: the person who decides on it.
        signer: the person's key.
        host: a loopback address.
        port: the port; 0 takes a free one.
    """
    listener = _listen(host, port)
    number = listener.getsockname()[1]
    name = str(listener.getsockname()[0])
    shown = f"[{name}]" if ":" in name else name
    authority = shown if number == _HTTP else f"{shown}:{number}"
    page = ApprovalPage(folder=folder, reviewer=reviewer, signer=signer, authority=authority, session=Session())
    config = uvicorn.Config(
        page.build_application(),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        limit_concurrency=64,
        timeout_keep_alive=5,
        h11_max_incomplete_event_size=16 * 1024,
    )
    return PageServer(page, uvicorn.Server(config), listener)


def serve_page(folder: Path, reviewer: Approver, signer: Signer, *, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C, after announcing its link; arguments and errors as of `open_page`."""
    opened = open_page(folder, reviewer, signer, host=host, port=port)
    announce(opened.page.link)
    opened.run()


def require_loopback(host: str) -> IPv4Address | IPv6Address:
    """Return the loopback address of a text; raise InputError for any other."""
    why = "anyone who reaches the page and has its link signs decisions with this key"
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback or (address.version == 6 and address.ipv4_mapped is not None):
        problem = Problem(f"--host {host}", "is no loopback address", why, "write 127.0.0.1 or ::1, and use an SSH tunnel from elsewhere")
        raise InputError("the page is not served", [problem])
    return address


def _listen(host: str, port: int) -> socket.socket:
    address = require_loopback(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        what = f"cannot be used: {error.strerror or error}"
        problem = Problem(f"--port {port}", what, "the page needs a port", "write another port, or 0 for a free one")
        raise InputError("the page is not served", [problem]) from None
    return listener
