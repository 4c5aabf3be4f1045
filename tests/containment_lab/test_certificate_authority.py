"""A certificate is accepted for its own names by a client that trusts the authority, and by no other."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from containment.certificate_authority import CertificateAuthority, create_key, encode_pem
from containment_lab.controller.server import ensure_certificate
from containment_lab.home import LabHome
from containment_lab.internet.certificates import Authority


def shake_hands(authority: str, pem: Path, name: str) -> None:
    """Shake hands in memory; raises ssl.SSLError when the client refuses."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    ends = [ssl.MemoryBIO() for _ in range(2)]
    inside = server.wrap_bio(*ends, server_side=True)
    outside = ssl.create_default_context(cadata=authority).wrap_bio(*reversed(ends), server_hostname=name)
    for _ in range(4):
        done = 0
        for end in (outside, inside):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            done += 1
        if done == 2:
            return
    raise AssertionError("the handshake did not end")


@pytest.mark.parametrize("name", ["api.example.com", "a_b.example", "xn--n3h.example", "127.0.0.1", "::1", "a." * 60 + "example"])
def test_a_certificate_is_for_its_names_and_of_its_authority(name: str, tmp_path: Path) -> None:
    authority, key, pem = CertificateAuthority.create("one"), create_key(), tmp_path / "served.pem"
    pem.write_text(encode_pem(key) + authority.sign_server_certificate([name], key))
    shake_hands(encode_pem(authority.certificate), pem, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(encode_pem(authority.certificate), pem, "other.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(encode_pem(CertificateAuthority.create("one").certificate), pem, name)


def test_a_loaded_authority_signs_as_before(tmp_path: Path) -> None:
    authority, key, pem = CertificateAuthority.create("one"), create_key(), tmp_path / "served.pem"
    loaded = CertificateAuthority.load(encode_pem(authority.certificate).encode(), encode_pem(authority.key).encode())
    pem.write_text(encode_pem(key) + loaded.sign_server_certificate(["a.example"], key))
    shake_hands(encode_pem(authority.certificate), pem, "a.example")


def test_the_controllers_certificate_is_kept_and_is_replaced_with_its_authority(tmp_path: Path) -> None:
    home = LabHome(tmp_path)
    first = ensure_certificate(home).chain.read_text()
    assert ensure_certificate(home).chain.read_text() == first
    home.controller_ca.unlink()
    assert ensure_certificate(home).chain.read_text() != first


def test_every_site_of_the_lab_has_a_certificate_of_its_own_name(tmp_path: Path) -> None:
    sites, pem = Authority(tmp_path), tmp_path / "site.pem"
    for name in ("pypi.org", "weird_name.example"):
        pem.write_text(sites.get_pem([name]))
        shake_hands(sites.file.read_text(), pem, name)
    sites.get_pem(["müller.example"])  # not ASCII: a certificate, of no such name
