"""The certificate authority of one sandbox: it signs for the hosts whose requests the proxy compares, and for no other host.

The key never leaves the memory of the process. The sandbox trusts the certificate in addition to those of its system; a name constraint in
it limits what it can sign for, so that it is of no use for other hosts even if the key were known.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Final

from containment.certificate_authority import CertificateAuthority, create_key, encode_pem
from containment.local_proxy.rules.grants import build_grants
from containment.sandbox.profile import LauncherProfile

_VALID: Final = timedelta(days=30)
_CONTEXTS: Final = 256


class SandboxAuthority:
    """A certificate authority in memory."""

    def __init__(self, hosts: Iterable[str], name: str) -> None:
        """Make a key and a certificate.

        Args:
            hosts: the hosts and wildcards that certificates are signed for.
            name: the name of the sandbox, for a person who reads the certificate.
        """
        subtrees = [_get_subtree(host) for host in hosts]
        self._authority = CertificateAuthority.create(f"local proxy of {name}"[:64], hosts=subtrees, life=_VALID)
        self._leaf_key = create_key()
        self.make_context = lru_cache(maxsize=_CONTEXTS)(self._make_context)

    @property
    def certificate(self) -> bytes:
        """The certificate that the sandbox has to trust, as PEM."""
        return encode_pem(self._authority.certificate).encode()

    def _make_context(self, host: str) -> ssl.SSLContext:
        """Return the settings of a TLS server for a host; made once per host."""
        leaf = self._authority.sign_server_certificate([host], self._leaf_key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.num_tickets = 1  # the answer to a handshake; without one, some clients wait 40 ms before their request
        context.set_alpn_protocols(["http/1.1"])
        _load(context, f"{encode_pem(self._leaf_key)}{leaf}".encode() + self.certificate)
        return context


def create_authority(profile: LauncherProfile) -> SandboxAuthority | None:
    """Return an authority for the hosts of a profile whose requests are limited in TLS; None where there are none."""
    limited = [grant.to for grant in build_grants(profile) if grant.to.tls and grant.to.requests is not None]
    hosts = [one.host.text for one in limited if one.host is not None]
    return SandboxAuthority(hosts, profile.stack) if hosts else None


def _get_subtree(host: str) -> str:
    """Return the domain that contains every name of a host or a wildcard; empty for a wildcard without a fixed end."""
    fixed = host.rpartition("*")[2]
    return host if "*" not in host else fixed.partition(".")[2]


def _load(context: ssl.SSLContext, text: bytes) -> None:
    """Load a key with its certificates, without a file on disk."""
    handle = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(handle, text)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)
