"""The sandbox's authority signs for the hosts of its profile, and a client believes it about no other host."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509

from containment.local_proxy.termination.authority import SandboxAuthority, create_authority
from tests.containment.local_proxy.samples import make_entry, make_profile

AUTHORITY = SandboxAuthority(["api.example.com", "*.docs.example.com"], "coding-monitor")


def shake_hands(authority: SandboxAuthority, host: str, trusted: SandboxAuthority | None = None) -> str | None:
    """Return the version of TLS between a client that trusts an authority and a server of one; raise ssl.SSLError."""
    client = ssl.create_default_context(cadata=(trusted or authority).certificate.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        authority.make_context(host).wrap_bio(to_server, to_client, server_side=True),
    ]
    for side in (0, 1, 0, 1, 0):
        try:
            sides[side].do_handshake()
        except ssl.SSLWantReadError:
            continue
    return sides[0].version() if sides[0].getpeercert() else None


@pytest.mark.parametrize("host", ["api.example.com", "a.docs.example.com", "a.b.docs.example.com"])
def test_a_host_of_the_profile_is_believed(host: str) -> None:
    assert shake_hands(AUTHORITY, host) == "TLSv1.3"


@pytest.mark.parametrize("host", ["attacker.example", "example.com", "docs.example.org", "notapi.example.com"])
def test_no_other_host_is_believed(host: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(AUTHORITY, host)


def test_an_authority_is_made_only_where_requests_in_tls_are_limited() -> None:
    assert create_authority(make_profile(make_entry(), make_entry(scheme="tcp", requests=["GET /**"]))) is None
    made = create_authority(make_profile(make_entry(), make_entry(host="limited.example.com", requests=["GET /**"])))
    assert made is not None
    constraints = x509.load_pem_x509_certificate(made.certificate).extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert constraints.value.permitted_subtrees == [x509.DNSName("limited.example.com")]


def test_two_sandboxes_share_no_key() -> None:
    other = SandboxAuthority(["api.example.com"], "coding-monitor")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(AUTHORITY, "api.example.com", trusted=other)
