"""Certificate authorities: the local proxy's for one sandbox, and those of the lab's Controller, of its simulated internet, and of tests.

An authority with `hosts` has a name constraint: clients believe it about these hosts and about no other, even if its key were known.

trustme is not used: it refuses server names that clients send all the same (`a_b.example`, `xn--n3h.example`, a leading hyphen), and it
makes one key per certificate, where the sites of the lab share one key that a client can pin.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
LIFE = 825 * DAY
"""Validity of certificates, counted from one day before they are made; the longest that browsers and Go accept."""
_LONGEST_COMMON_NAME = 64

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class CertificateAuthority:
    """A certificate authority: a P-256 key and its certificate; `life` is the validity of what it signs."""

    key: Key
    certificate: x509.Certificate
    life: datetime.timedelta = LIFE

    @classmethod
    def create(cls, subject: str, *, hosts: Iterable[str] | None = None, life: datetime.timedelta = LIFE) -> CertificateAuthority:
        """Create an authority that signs server certificates only.

        Args:
            subject: its name, for a person who reads the certificate.
            hosts: the domains that it may sign for, each with everything below it; None: any.
            life: the validity of its certificate and of those that it signs.
        """
        key, name = create_key(), _make_name(subject)
        builder = _make_builder(name, name, key, life).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False)
        usage |= dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False)
        builder = builder.add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        if hosts is not None:
            subtrees = [x509.DNSName(host) for host in dict.fromkeys(hosts)]
            builder = builder.add_extension(x509.NameConstraints(subtrees or [x509.DNSName("invalid")], None), critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return cls(key, builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256()), life)

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> CertificateAuthority:
        """Load an authority from its certificate and key in PEM."""
        loaded = serialization.load_pem_private_key(key, None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return cls(loaded, x509.load_pem_x509_certificate(certificate))

    def sign_server_certificate(self, names: Sequence[str], key: Key) -> str:
        """Issue a server certificate and return it in PEM.

        Args:
            names: Server names and addresses, at least one. A name that is not ASCII cannot be in a certificate.
            key: The server's key.
        """
        builder = _make_builder(_make_name(names[0][:_LONGEST_COMMON_NAME]), self.certificate.subject, key, self.life)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([_make_general_name(name) for name in names]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return encode_pem(builder.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256()))

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """Return whether this authority's key signed a certificate."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not this authority's
            return False
        return True


def create_key() -> Key:
    """Create a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def encode_pem(thing: x509.Certificate | Key) -> str:
    """Encode a certificate or a private key in PEM."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM).decode()
    form = serialization.PrivateFormat.PKCS8
    return thing.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _make_builder(subject: x509.Name, issuer: x509.Name, key: Key, life: datetime.timedelta) -> x509.CertificateBuilder:
    start = datetime.datetime.now(datetime.UTC) - DAY
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + life)


def _make_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _make_general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
