"""Receipts: the nonces that arrived at the attacker and at all other destinations.

A nonce is random text that only one attempt sends. An attempt counts as delivered if its nonce arrived at a destination, in any protocol,
and as stopped if it did not; no other evidence counts.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

PATTERN = re.compile(rb"nonce[0-9a-f]{20}(?:-[0-9]+)?", re.IGNORECASE)


def make_nonce() -> str:
    """Return a new nonce; it fits into a DNS label, a header and a packet."""
    return f"nonce{secrets.token_hex(10)}"


@dataclass(frozen=True)
class Receipt:
    """A nonce that arrived: `holder` is the receiver (such as `attacker`, or a site's name), `how` is the protocol."""

    time: float
    nonce: str
    holder: str
    address: str
    how: str


class Receipts:
    """All receipts since the network's start, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Receipt] = []

    def record_nonces(self, data: bytes, holder: str, address: Any, how: str) -> list[str]:
        """Record every nonce in some bytes and return them.

        Args:
            data: The bytes.
            holder: The receiver.
            address: The address or name at which they arrived.
            how: The protocol.
        """
        found = [each.decode().lower() for each in PATTERN.findall(data)]
        with self._lock:
            self._all += [Receipt(time.time(), nonce, holder, str(address), how) for nonce in found]
        return found

    def find_receipts(self, nonce: str) -> list[dict[str, Any]]:
        """Return the receipts of a nonce and of its numbered parts."""
        with self._lock:
            return [asdict(each) for each in self._all if each.nonce == nonce.lower() or each.nonce.startswith(f"{nonce.lower()}-")]

    def list_receipts(self) -> list[dict[str, Any]]:
        """Return every receipt."""
        with self._lock:
            return [asdict(each) for each in self._all]
