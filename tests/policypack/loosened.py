"""What a configuration switches off knowingly and the pack refuses unless it is waived, by rule, and the keys that take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

CONNECTION: Final = {"aviatrix:controllerIp": "192.0.2.1", "aviatrix:username": "admin", "aviatrix:password": "x"}
"""Provider configuration that a program needs to run."""

Config = dict[str, Any]

LOOSENED: Mapping[str, tuple[Callable[[Config], bool], Config]] = {
    "dns-firewall-is-closed": (lambda c: not c["enableDnsFirewall"], {"enableDnsFirewall": True}),
    "endpoints-are-for-this-account": (
        lambda c: not c["enableEndpointPolicies"] and (c["createSsmVpcEndpoints"] or c["createS3GatewayEndpoint"]),
        {"enableEndpointPolicies": True},
    ),
    "gateway-volume-is-encrypted": (lambda c: not c["enableGatewayVolumeEncryption"], {"enableGatewayVolumeEncryption": True}),
    "syslog-is-encrypted": (
        lambda c: bool(c.get("syslogCleartext")),
        {"syslogCleartext": False, "syslogServer": "", "syslogProtocol": "TCP"},
    ),
    "vpc-flow-logs-are-complete": (lambda c: not c["enableVpcFlowLogs"], {"enableVpcFlowLogs": True}),
}
"""Rule -> whether a configuration asks for what the rule refuses, and the keys that take it back."""


def tightened(config: Config) -> Config:
    """Return a configuration with everything on that the pack demands."""
    keys = {key: value for is_asked, back in LOOSENED.values() if is_asked(config) for key, value in back.items()}
    return {**config, **keys}
