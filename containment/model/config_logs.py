"""Keys of where logs go: CloudWatch's encryption, CoPilot and other collectors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from containment.model.keys import Keys, key
from containment.model.unquoted import Flag
from containment.model.values import OptionalAddress, matching

CERTIFICATES = r"(\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+)?"
COPILOT_INDEX = 9
"""The syslog profile Aviatrix keeps for CoPilot (provider documentation)."""


class SyslogProtocol(StrEnum):
    """How syslog travels (provider: `protocol`)."""

    TCP = "TCP"
    UDP = "UDP"


def _not_copilots(index: int) -> int:
    if index == COPILOT_INDEX:
        raise ValueError("is CoPilot's own index")
    return index


class LogKeys(Keys):
    """Where logs go, and how they are kept from others' eyes."""

    copilot_private_ip: OptionalAddress = key(
        None, "CoPilot's private address; empty: no association.", "logs go there", "set CoPilot's address"
    )
    copilot_public_ip: OptionalAddress = key(None, "CoPilot's public address.", "logs go there", "set CoPilot's address")
    copilot_syslog_index: int = key(
        9, "Syslog profile for CoPilot; 9 is CoPilot's own.", "another owner's profile would be taken", "leave 9", ge=0, le=9
    )
    log_kms_key_arn: Annotated[
        str,
        matching(r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+)?", "the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)"),
    ] = key(
        "",
        "KMS key of the log groups; empty: a key of the stack's own where the class demands one.",
        "logs hold names of hosts and people's work",
        "leave empty, or set a key's ARN",
    )
    syslog_server: Annotated[str, matching(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)?", "a host name or an address")] = key(
        "", "Another collector of the gateways' logs, beside CoPilot; empty: none.", "logs go there", "set a host name or an address"
    )
    syslog_port: int = key(6514, "Port of the collector (6514: syslog over TLS).", "logs go there", "1 to 65535", ge=1, le=65535)
    syslog_protocol: SyslogProtocol = key(
        SyslogProtocol.TCP, "TCP or UDP; TLS needs TCP.", "UDP is cleartext, and loses lines silently", "leave TCP"
    )
    syslog_index: Annotated[int, AfterValidator(_not_copilots)] = key(
        0, "Syslog profile on the Controller, 0 to 8.", "an index in use is another owner's", "pick a free index", ge=0, le=9
    )
    syslog_ca_certificate: Annotated[str, matching(CERTIFICATES, "a PEM certificate (-----BEGIN CERTIFICATE-----)")] = key(
        "",
        "CA certificate (PEM) that the collector's is verified against.",
        "without it the Controller sends logs in cleartext",
        "set the PEM text of the certificate, or syslogCleartext: true knowingly",
        show=False,  # a private key pasted here by mistake must not end in a log
    )
    syslog_cleartext: Flag = key(
        False, "Send logs to the collector without TLS.", "whoever is on the way reads and changes them", "leave false"
    )
