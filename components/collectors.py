"""Where the gateways' own logs go: CoPilot, another collector, or neither. All of it is Controller-wide and stays on destroy."""

from __future__ import annotations

import pulumi

from components.copilot import CoPilot
from components.syslog import RemoteSyslog
from containment.model.spec import ContainmentSpec


def collectors(spec: ContainmentSpec, *, opts: pulumi.ResourceOptions | None = None) -> None:
    """Make what configuration names."""
    if spec.config.copilot_private_ip:
        CoPilot("copilot", spec, opts=opts)
    if spec.config.syslog_server:
        RemoteSyslog("syslog", spec, opts=opts)
