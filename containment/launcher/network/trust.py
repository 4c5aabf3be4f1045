"""The certificates that a command trusts: those of this machine, and the authority of its session if the local proxy makes one.

The proxy takes longer to make an authority than a command takes to start. So the command starts with a file that is completed when it is
first opened: the supervisor lets that call wait.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from containment.launcher.network.connections import ServerProcess

_BUNDLES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
_TEMPORARY: Final = Path("/tmp")  # noqa: S108 - the file has a random name and is the caller's alone


def find_bundle() -> Path | None:
    """Return the file with the certificates that this machine trusts; None where there is none."""
    return next((path for path in map(Path, _BUNDLES) if path.is_file()), None)


class TrustBundle:
    """A file with the certificates of one command."""

    def __init__(self, path: Path | None, server: ServerProcess | None = None) -> None:
        """Describe the file.

        Args:
            path: the file; None where this machine trusts no certificate.
            server: the local proxy, whose authority is added when the file is first opened; None: nothing is added.
        """
        self.path = path
        self._server = server

    def complete(self) -> None:
        """Add the authority of the session, once."""
        if self._server is None or self.path is None:
            return
        certificate = self._server.read_certificate()
        self._server = None
        with self.path.open("ab") as file:
            file.write(certificate)


@contextlib.contextmanager
def open_bundle(server: ServerProcess | None, *, has_authority: bool) -> Iterator[TrustBundle]:
    """Yield the bundle of one command, and remove what was made for it afterwards.

    Args:
        server: the local proxy, None where there is none.
        has_authority: whether the proxy makes an authority for the session.
    """
    found = find_bundle()
    if server is None or not has_authority:
        yield TrustBundle(found)
        return
    path = _TEMPORARY / f"trust-{os.getpid()}-{os.urandom(6).hex()}.pem"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o644)
            file.write(found.read_bytes() if found else b"")
        yield TrustBundle(path, server)
    finally:
        path.unlink()
