"""Remote syslog to another collector than CoPilot: over TLS, verified against the CA that configuration gives.

The profile is Controller-wide, so it stays when the stack goes: other stacks' evidence may go the same way. The provider
changes nothing of a profile in place, so another server or port needs another index, or the old profile off first.
"""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix

from containment.model.spec import ContainmentSpec


class RemoteSyslog(pulumi.ComponentResource):
    """One syslog profile of the Controller; it has a CA unless cleartext was chosen knowingly."""

    def __init__(self, name: str, spec: ContainmentSpec, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:logs:RemoteSyslog", name, {}, opts)
        config = spec.config
        aviatrix.RemoteSyslog(
            f"{name}-profile",
            index=config.syslog_index,
            name="agent-containment",
            server=config.syslog_server,
            port=config.syslog_port,
            protocol=config.syslog_protocol.value,
            ca_certificate_file=config.syslog_ca_certificate or None,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        self.register_outputs({})
