"""Names that no public zone contains: metadata services, names of the local network, and special-use domains.

Sources: RFC 6761 and IANA's registry of special-use domain names (.localhost, .local, .test, .invalid, .onion, .alt,
home.arpa), ICANN's reservation of .internal, and the clouds' documentation of their metadata services. `.example` is
special-use too, and permitted: no name under it can be registered, so documentation and tests use it.
"""

from __future__ import annotations

from typing import Final

_METADATA: Final = """
    metadata metadata.google.internal metadata.goog metadata.azure.internal instance-data instance-data.ec2.internal google.internal
    metadata.packet.net metadata.platformequinix.com metadata.tencentyun.com metadata.oraclevcn.com metadata.local metadata.internal
    metadata.ec2.internal api.metadata.cloud.ibm.com rancher-metadata
"""
_SPECIAL_USE: Final = """
    local localhost localdomain test invalid onion alt arpa home lan corp mail intranet private workgroup domain i2p bit eth crypto
"""

METADATA: Final = frozenset(_METADATA.split())
"""Hosts that return the credentials of the calling machine; a name under one of them is one too."""

CLOUD_PRIVATE: Final = frozenset({"ec2.internal", "compute.internal", "internal.cloudapp.net", "cluster.local", "consul"})
"""Zones in which a cloud or a cluster names every machine of every customer."""

SPECIAL_USE: Final = frozenset(_SPECIAL_USE.split())
"""Top-level domains that no public resolver answers, or whose answer depends on the network."""

PRIVATE_USE: Final = frozenset({"internal", "local", "home", "lan", "corp", "intranet", "private", "localdomain", "consul"})
"""Top-level domains that a company's own resolver may serve: fine for names that are only resolved."""

RESERVED: Final = frozenset({"example", "internal"})
"""Top-level domains that will never be delegated (RFC 2606; ICANN, July 2024): no name under them can be registered."""
