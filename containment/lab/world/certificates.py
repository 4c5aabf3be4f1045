"""The lab's own certificate authority, and a certificate for whatever server name a client says.

The authority's certificate lies in the lab home, for the agent to trust; its key too (mode 600), worth nothing outside the lab.
"""

from __future__ import annotations

import datetime
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from containment.lab.home import write_whole

UNNAMED = "unnamed.invalid"
_YEAR = datetime.timedelta(days=365)


class Authority:
    """Signs certificates; one key serves every name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._names: dict[int, str] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._now = datetime.datetime.now(datetime.UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "containment lab, not a real authority")])
        self._subject = subject
        built = self._builder(subject, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._own = built.sign(self._key, hashes.SHA256())
        self._leaf = ec.generate_private_key(ec.SECP256R1())
        write_whole(self.file, self._own.public_bytes(serialization.Encoding.PEM).decode())

    @property
    def file(self) -> Path:
        """The authority's certificate, in PEM."""
        return self._folder / "world-ca.pem"

    def context(self, name: str) -> ssl.SSLContext:
        """Return what a TLS server for one name needs."""
        key = name.lower().rstrip(".") or UNNAMED
        with self._lock:
            if key not in self._contexts:
                self._contexts[key] = self._made(key)
                self._names[id(self._contexts[key])] = key
            return self._contexts[key]

    def name_of(self, context: ssl.SSLContext) -> str:
        """Return the name whose certificate a context shows, empty for the one shown to clients that name none."""
        name = self._names.get(id(context), "")
        return "" if name == UNNAMED else name

    def pem(self, names: list[str]) -> str:
        """Return key and certificate chain for several names, in PEM."""
        return self._signed(names) + self._leaf_key()

    def server(self) -> ssl.SSLContext:
        """Return a TLS server's context that takes each client's server name."""
        first = self.context(UNNAMED)

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name:
                connection.context = self.context(name)

        first.sni_callback = choose
        return first

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - datetime.timedelta(days=1))
            .not_valid_after(self._now + _YEAR)
        )

    def _signed(self, names: list[str]) -> str:
        legal = [name for name in names if name.isascii()] or [UNNAMED]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, legal[0][:64])])
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in legal])
        made = self._builder(subject, self._leaf).add_extension(alternatives, critical=False).sign(self._key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def _leaf_key(self) -> str:
        form = serialization.PrivateFormat.PKCS8
        return self._leaf.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def _made(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = self._folder / "leaf.pem"
        write_whole(file, self.pem([name]), mode=0o600)
        context.load_cert_chain(file)
        file.unlink()
        return context
