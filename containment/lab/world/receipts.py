"""What reached whom: the nonces that arrived at the attacker, and at everybody else.

A nonce is random text that only one attempt sends. Where it turns up, in whatever protocol, that attempt got through. Nothing else counts
as delivered, and nothing else as stopped.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

PATTERN = re.compile(rb"nonce[0-9a-f]{20}(?:-[0-9]+)?", re.IGNORECASE)


def new_nonce() -> str:
    """Return text that fits in a DNS label, a header and a packet."""
    return f"nonce{secrets.token_hex(10)}"


@dataclass(frozen=True)
class Receipt:
    """A nonce that arrived: `holder` is who has it now (`attacker`, `neighbour`, or a name of the world), `how` the protocol it came by."""

    time: float
    nonce: str
    holder: str
    address: str
    how: str


class Receipts:
    """Every receipt since the world was made, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Receipt] = []

    def take(self, data: bytes, holder: str, address: Any, how: str) -> list[str]:
        """Note every nonce in some bytes; return them."""
        found = [each.decode().lower() for each in PATTERN.findall(data)]
        with self._lock:
            self._all += [Receipt(time.time(), nonce, holder, str(address), how) for nonce in found]
        return found

    def of(self, nonce: str) -> list[dict[str, Any]]:
        """Return who got a nonce, or one of its numbered parts."""
        with self._lock:
            return [asdict(each) for each in self._all if each.nonce == nonce.lower() or each.nonce.startswith(f"{nonce.lower()}-")]

    def listed(self) -> list[dict[str, Any]]:
        """Return every receipt."""
        with self._lock:
            return [asdict(each) for each in self._all]
