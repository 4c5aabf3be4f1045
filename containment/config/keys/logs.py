"""Keys of log destinations: CloudWatch's encryption, CoPilot and other collectors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from containment.config.keys.key import Keys, declare_key
from containment.config.pulumi_format.unquoted_values import Flag
from containment.config.values import OptionalAddress, make_text_validator
from containment.fixes.texts import extract_host
from containment.fixes.unfit_value import UnfitError

CERTIFICATES = r"(\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+)?"
COPILOT_INDEX = 9
"""The syslog profile that Aviatrix reserves for CoPilot (provider documentation)."""


class SyslogProtocol(StrEnum):
    """Transport protocols of syslog (provider: `protocol`)."""

    TCP = "TCP"
    UDP = "UDP"


def _refuse_copilot_index(index: int) -> int:
    if index == COPILOT_INDEX:
        raise UnfitError("is CoPilot's own index", "write 0, or another index from 0 to 8 that is free", 0)
    return index


class LogKeys(Keys):
    """Log destinations, and the encryption of logs."""

    copilot_private_ip: OptionalAddress = declare_key(
        None, "CoPilot's private address; empty: no association.", "logs go there", "set CoPilot's address"
    )
    copilot_public_ip: OptionalAddress = declare_key(None, "CoPilot's public address.", "logs go there", "set CoPilot's address")
    copilot_syslog_index: int = declare_key(
        9, "Syslog profile for CoPilot; 9 is CoPilot's own.", "another owner's profile would be taken", "leave 9", ge=0, le=9
    )
    log_kms_key_arn: Annotated[
        str,
        make_text_validator(
            r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+)?", "the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)"
        ),
    ] = declare_key(
        "",
        "KMS key of the log groups; empty: a key of the stack's own where the class demands one.",
        "logs contain names of hosts and people's work",
        "leave empty, or set a key's ARN",
    )
    syslog_server: Annotated[
        str, make_text_validator(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)?", "a host name or an address", extract_host)
    ] = declare_key(
        "",
        "Another collector of the gateways' logs, in addition to CoPilot; empty: none.",
        "logs go there",
        "set a host name or an address",
    )
    syslog_port: int = declare_key(6514, "Port of the collector (6514: syslog over TLS).", "logs go there", "1 to 65535", ge=1, le=65535)
    syslog_protocol: SyslogProtocol = declare_key(
        SyslogProtocol.TCP, "TCP or UDP; TLS needs TCP.", "UDP is cleartext, and loses lines silently", "leave TCP"
    )
    syslog_index: Annotated[int, AfterValidator(_refuse_copilot_index)] = declare_key(
        0, "Syslog profile on the Controller, 0 to 8.", "an index in use is another owner's", "pick a free index", ge=0, le=9
    )
    syslog_ca_certificate: Annotated[str, make_text_validator(CERTIFICATES, "a PEM certificate (-----BEGIN CERTIFICATE-----)")] = (
        declare_key(
            "",
            "CA certificate (PEM) that the collector's is verified against.",
            "without it the Controller sends logs in cleartext",
            "set the PEM text of the certificate, or syslogCleartext: true knowingly",
            show=False,  # a private key pasted here by mistake must not appear in a log
        )
    )
    syslog_cleartext: Flag = declare_key(
        False, "Send logs to the collector without TLS.", "anyone on the path can read and change them", "leave false"
    )
    observe_results: Annotated[str, make_text_validator(r"[A-Za-z0-9._~/ -]*", "a folder")] = declare_key(
        "",
        "Folder of the results of scheduled observation (`containment observe --results`); empty: not scheduled.",
        "preflight fails while the last run there is missing or too old",
        "set a folder, and install the timer of `containment observe --write-timer`",
    )
    observe_max_age_hours: int = declare_key(
        26, "Hours after which the last observation is too old.", "an old one misses new destinations", "1 to 8760", ge=1, le=8760
    )
