"""Certificate authorities of the lab's network, with a certificate for any server name that a client sends.

There are two: the simulated internet's, which signs the certificates of all sites, and the gateway's, which signs those that it presents
when it decrypts TLS. The agent's certificate bundle contains both. An authority's key stays in memory.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from containment.certificate_authority import CertificateAuthority, create_key, encode_pem
from containment_lab.home import write_whole

UNNAMED = "unnamed.invalid"
WORLD, GATEWAY = "world-ca", "gateway-ca"
"""The authorities' files, without `.pem`."""
_SUBJECTS = {WORLD: "containment lab, not a real authority", GATEWAY: "containment lab gateway, not a real authority"}


class Authority:
    """A certificate authority; one key serves every name."""

    def __init__(self, folder: Path, which: str = WORLD) -> None:
        self._folder, self._which = folder, which
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._names: dict[int, str] = {}
        self._pems: dict[tuple[str, ...], str] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._authority = CertificateAuthority.create(_SUBJECTS[which])
        self._leaf = create_key()
        write_whole(self.file, encode_pem(self._authority.certificate))

    @property
    def file(self) -> Path:
        """The authority's certificate, in PEM."""
        return self._folder / f"{self._which}.pem"

    def get_context(self, name: str) -> ssl.SSLContext:
        """Return the context of a TLS server for one name."""
        key = name.lower().rstrip(".") or UNNAMED
        with self._lock:
            if key not in self._contexts:
                self._contexts[key] = self._make_context(key)
                self._names[id(self._contexts[key])] = key
            return self._contexts[key]

    def get_context_name(self, context: ssl.SSLContext) -> str:
        """Return the name in a context's certificate, empty for the one that clients without a server name get."""
        name = self._names.get(id(context), "")
        return "" if name == UNNAMED else name

    @property
    def subject(self) -> str:
        """The authority's name, as in the issuer field of its certificates."""
        return _SUBJECTS[self._which]

    @property
    def pin(self) -> str:
        """The pin of the public key in every certificate signed here (SHA-256 of the subject public key info, in Base64)."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return b64encode(hashlib.sha256(self._leaf.public_key().public_bytes(serialization.Encoding.DER, form)).digest()).decode()

    def get_pem(self, names: list[str]) -> str:
        """Return key and certificate chain for several names, in PEM; the same names get the same certificate again."""
        with self._lock:
            if tuple(names) not in self._pems:
                self._pems[tuple(names)] = self._sign_pem(names)
            return self._pems[tuple(names)]

    def make_server_context(self) -> ssl.SSLContext:
        """Return the context of a TLS server that presents a certificate for each client's server name."""
        first = self.get_context(UNNAMED)

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name:
                connection.context = self.get_context(name)

        first.sni_callback = choose
        return first

    def _sign_pem(self, names: list[str]) -> str:
        return self._authority.sign_server_certificate([name for name in names if name.isascii()] or [UNNAMED], self._leaf) + encode_pem(
            self._leaf
        )

    def _make_context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = self._folder / "leaf.pem"
        write_whole(file, self._sign_pem([name]), mode=0o600)
        context.load_cert_chain(file)
        file.unlink()
        return context
