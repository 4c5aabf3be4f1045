"""The Controller simulator's certificate, signed by a certificate authority that belongs to one lab home alone.

The authority's certificate lies at `home.controller_ca`, for clients to trust; both keys stay in the home, mode 0600.
Nothing trusts this authority unless it is told to.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from containment.lab.home import LabHome, write_whole

DAY = datetime.timedelta(days=1)
LIFE = 825 * DAY


@dataclass(frozen=True)
class Certificate:
    """Where a served certificate and its key lie (PEM)."""

    chain: Path
    key: Path


def certificate(home: LabHome) -> Certificate:
    """Return the certificate for 127.0.0.1, ::1 and localhost; authority and certificate are made when missing or nearly over."""
    authority_key = home.root / "controller-ca-key.pem"
    if not (authority_key.exists() and _good(home.controller_ca)):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Controller of this lab home")])
        write_whole(authority_key, _pem(key), 0o600)
        write_whole(home.controller_ca, _text(_authority(name, key)))
    served = Certificate(home.root / "controller.pem", home.root / "controller-key.pem")
    authority = x509.load_pem_x509_certificate(home.controller_ca.read_bytes())
    if not (served.key.exists() and _good(served.chain) and _signed_by(served.chain, authority)):
        signer = serialization.load_pem_private_key(authority_key.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        write_whole(served.key, _pem(key), 0o600)
        write_whole(served.chain, _text(_leaf(authority, signer, key)))
    return served


def _authority(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _blank(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False).sign(key, hashes.SHA256())


def _leaf(authority: x509.Certificate, signer: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1")]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "controller.lab")])
    builder = _blank(subject, authority.subject, key).add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(signed_by, critical=False).sign(signer, hashes.SHA256())


def _blank(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    start = datetime.datetime.now(datetime.UTC) - DAY
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + LIFE)


def _good(path: Path) -> bool:
    """Tell whether a certificate is there and lasts another month."""
    if not path.exists():
        return False
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc > datetime.datetime.now(datetime.UTC) + 30 * DAY


def _signed_by(path: Path, authority: x509.Certificate) -> bool:
    """Tell whether a certificate is this authority's own (a crash can leave one of an authority that was replaced)."""
    try:
        x509.load_pem_x509_certificate(path.read_bytes()).verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it gets replaced
        return False
    return True


def _text(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()
