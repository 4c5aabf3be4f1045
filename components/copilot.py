"""CoPilot's association and its syslog profile, when a stack names a CoPilot.

Both are Controller-wide, so they stay when the stack goes. TLS syslog to other collectors is not made here.
"""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix

from containment.model.spec import ContainmentSpec

COPILOT_PORT = 5000
"""CoPilot's syslog port (published reference)."""


class CoPilot(pulumi.ComponentResource):
    """The association and, on CoPilot's own index, remote syslog."""

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
