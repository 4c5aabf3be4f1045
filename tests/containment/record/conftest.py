"""A folder with approvers, their keys, and helpers that make decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.record.decision import GENESIS, Decision, DecisionKind
from containment.record.digests import digest_json
from containment.record.envelope import Envelope

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PEOPLE = {"Approver One": ["security"], "Approver Two": ["security"], "Network Approver": ["network"], "Approver Three": ["security"]}
POLICY = "sha256:" + "1" * 64
EVIDENCE = "sha256:" + "2" * 64


def make_public_pem(key: Ed25519PrivateKey) -> str:
    """Return the public key as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def make_private_pem(key: Ed25519PrivateKey, password: bytes | None = None) -> bytes:
    """Return the private key as PEM."""
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


@dataclass
class Office:
    """A folder with approvers.yaml; Approver Three has two keys."""

    folder: Path
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=lambda: {name: Ed25519PrivateKey.generate() for name in PEOPLE})
    second: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    count: int = 0

    def write_approvers(self, classes: str = "{coding: {roles: [security]}, regulated-data: {roles: [security], persons: 2}}") -> None:
        """Write the file with every person."""
        lines = ["people:"]
        for name, roles in PEOPLE.items():
            keys = [self.keys[name], *([self.second] if name == "Approver Three" else [])]
            lines += [f"  - name: {name}", f"    roles: [{', '.join(roles)}]", "    key:"]
            for key in keys:
                lines += ["      - |", *(f"        {line}" for line in make_public_pem(key).splitlines())]
        (self.folder / "approvers.yaml").write_text("\n".join([*lines, f"classes: {classes}", ""]))

    def make(self, **changes: Any) -> Decision:
        """Return a decision to enforce a stack of the class coding, with changes."""
        self.count += 1
        subject = changes.pop("subject", {"stack": "coding", "mode": "enforce", "policyDigest": POLICY, "evidenceDigest": EVIDENCE})
        values: dict[str, Any] = {
            "kind": DecisionKind.ENFORCE,
            "stack": "coding",
            "agent_class": "coding",
            "subject": subject,
            "subject_digest": digest_json(subject),
            "requester": "Requester",
            "reason": "observed for a month",
            "nonce": f"nonce-{self.count:020}",
            "not_before": NOW - timedelta(hours=1),
            "expires": NOW + timedelta(days=30),
            "previous": GENESIS,
        }
        return Decision(**(values | changes))

    def sign(self, decision: Decision, *names: str) -> Envelope:
        """Return the decision signed by people; "second" is Approver Three's second key."""
        envelope = Envelope(decision.encode())
        for name in names:
            envelope = envelope.sign(CryptoSigner(self.second if name == "second" else self.keys[name]))
        return envelope


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Return a folder with approvers for the classes coding and regulated-data."""
    found = Office(tmp_path)
    found.write_approvers()
    return found
