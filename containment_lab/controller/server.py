"""The Controller simulator's server and certificate.

The server is uvicorn's without its ten wake-ups per second: it waits for a signal, and completes long polls before it ends. The
certificate is signed by an authority of this lab home only, whose certificate is at `home.controller_ca`, for clients to trust; both
keys stay in the lab home, mode 0600.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from cryptography import x509

from containment.certificate_authority import DAY, CertificateAuthority, create_key, encode_pem
from containment_lab.changes import Changes
from containment_lab.home import LabHome, write_whole

_TICK_SECONDS = 5.0
"""Period in which the Date header of responses is updated."""
_DATE_DUE = 10
"""A tick number at which uvicorn updates the date."""


class QuietServer(uvicorn.Server):
    """A server that sleeps while it has no work."""

    def __init__(self, config: uvicorn.Config, changes: Changes) -> None:
        super().__init__(config)
        self._changes = changes
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Serve until a signal arrives."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(_DATE_DUE):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Record that the process is to end, and wake all waiting calls."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._ending.set()
        self._changes.close()


_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class CertificateFiles:
    """The paths of a served certificate and its key (PEM)."""

    chain: Path
    key: Path


def ensure_certificate(home: LabHome) -> CertificateFiles:
    """Return the certificate for 127.0.0.1, ::1 and localhost; create authority and certificate if missing or about to expire."""
    authority_key = home.root / "controller-ca-key.pem"
    if not (authority_key.exists() and _load_lasting_certificate(home.controller_ca)):
        made = CertificateAuthority.create("Controller of this lab home")
        write_whole(authority_key, encode_pem(made.key), 0o600)
        write_whole(home.controller_ca, encode_pem(made.certificate))
    authority = CertificateAuthority.load(home.controller_ca.read_bytes(), authority_key.read_bytes())
    served = CertificateFiles(home.root / "controller.pem", home.root / "controller-key.pem")
    found = _load_lasting_certificate(served.chain) if served.key.exists() else None
    if not (found and authority.has_issued(found)):  # after a crash it can be from a replaced authority
        key = create_key()
        write_whole(served.key, encode_pem(key), 0o600)
        write_whole(served.chain, authority.sign_server_certificate(_NAMES, key))
    return served


def _load_lasting_certificate(path: Path) -> x509.Certificate | None:
    """Return the certificate at a path; None if there is none or it expires within a month."""
    found = x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None
    return found if found and found.not_valid_after_utc > datetime.datetime.now(datetime.UTC) + 30 * DAY else None
