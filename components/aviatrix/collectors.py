"""Destinations of the gateways' logs: CoPilot, another syslog collector over TLS, both or none.

All are Controller-wide, so they stay when a stack is destroyed: other stacks' logs may use them. The provider cannot update a profile in
place, so a new server or port needs another index, or the old profile removed first.
"""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix

from containment.config.spec import ContainmentSpec


class RemoteSyslog(pulumi.ComponentResource):
    """One syslog profile of the Controller; it has a CA unless `syslogCleartext` is set."""

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


COPILOT_PORT = 5000
"""CoPilot's syslog port (Aviatrix blueprint)."""


class CoPilot(pulumi.ComponentResource):
    """The association with a CoPilot, and remote syslog to it on its reserved index."""

    def __init__(self, name: str, spec: ContainmentSpec, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:copilot:CoPilot", name, {}, opts)
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        address = str(spec.config.copilot_private_ip)
        public = spec.config.copilot_public_ip
        association = aviatrix.CopilotAssociation(f"{name}-association", copilot_address=str(public) if public else address, opts=kept)
        aviatrix.RemoteSyslog(
            f"{name}-syslog",
            index=spec.config.copilot_syslog_index,
            name="agent-containment-copilot",
            server=address,
            port=COPILOT_PORT,
            protocol="UDP",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[association], retain_on_delete=True),
        )
        self.register_outputs({})


def create_log_collectors(spec: ContainmentSpec, *, opts: pulumi.ResourceOptions | None = None) -> None:
    """Create the CoPilot association and the syslog profile that the configuration names."""
    if spec.config.copilot_private_ip:
        CoPilot("copilot", spec, opts=opts)
    if spec.config.syslog_server:
        RemoteSyslog("syslog", spec, opts=opts)
