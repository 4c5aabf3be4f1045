"""A signer with small bundles, for tests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.bundle.document import SignedManifest, wrap_manifest
from containment.bundle.files import BundleFiles
from containment.bundle.index import LAUNCHER_FILE, Index
from containment.bundle.manifest import FILE, Manifest, Member, make_id
from containment.bundle.trust import TrustRoot, build_trust_root
from containment.record.envelope import Envelope
from tests.containment.launcher.profiles import build_document
from tests.containment.record.conftest import make_public_pem

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STACK = "dev"
POLICY = "sha256:" + "1" * 64


@dataclass
class Desk:
    """A key, the trust root with it, and bundles of the stack `dev`."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @cached_property
    def pem(self) -> str:
        return make_public_pem(self.key)

    @cached_property
    def trust(self) -> TrustRoot:
        return build_trust_root([self.pem])

    def make_members(self, stack: str = STACK, **profile: Any) -> dict[str, bytes]:
        """Return the members of a bundle; `profile` has keys of the launcher's profile."""
        document = build_document(stack=stack, **profile)
        index = Index(stack=stack, agent_class=document["agentClass"], harness=document["harness"], mode="monitor", policy_digest=POLICY)
        return {"index.json": index.encode(), LAUNCHER_FILE: json.dumps(document).encode()}

    def make_manifest(self, contents: dict[str, bytes], **changes: Any) -> Manifest:
        """Return the manifest of members, with changes."""
        manifest = Manifest(
            id=make_id(STACK),
            description="a bundle",
            revision=7,
            not_before=NOW - timedelta(days=1),
            expires_at=NOW + timedelta(days=30),
            members=tuple(Member(path, hashlib.sha256(data).hexdigest()) for path, data in contents.items()),
        )
        return replace(manifest, **changes)

    def sign(self, payload: bytes, key: Ed25519PrivateKey | None = None) -> bytes:
        """Return the bytes of bundle.yaml for a manifest's bytes, whatever they are."""
        from containment.bundle.document import PAYLOAD_TYPE, _encode_signatures

        envelope = Envelope(payload, PAYLOAD_TYPE).sign(CryptoSigner(key or self.key))
        return payload + b"---\n" + _encode_signatures(envelope)

    def make(self, contents: dict[str, bytes] | None = None, **changes: Any) -> BundleFiles:
        """Return a signed bundle of members; `changes` are of the manifest."""
        found = self.make_members() if contents is None else contents
        signed = wrap_manifest(self.make_manifest(found, **changes))
        envelope = signed.envelope.sign(CryptoSigner(self.key))
        return BundleFiles({FILE: SignedManifest(signed.manifest, envelope).encode(), **found})

    def write(self, folder: Path, files: BundleFiles) -> Path:
        """Write a bundle's files to a folder and return it."""
        for path, data in files.contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder
