"""The host's user data: says what the host is, installs nothing, holds no secret.

The policy mode is not in it: changed user data replaces the host, and the mode is the gateway's to change under a live one.
"""

from __future__ import annotations

import json

from containment.model.spec import ContainmentSpec

FOLDER = "/opt/openclaw-vca"
"""Where everything of ours lies on a host (seed 001)."""


def user_data(spec: ContainmentSpec) -> str:
    """Return a `#cloud-config` document that records the stack, class and harness under FOLDER."""
    facts = {
        "AGENT_STACK": spec.stack,
        "AGENT_CLASS": spec.config.agent_class,
        "HARNESS": spec.harness.value,
        "VPC_DNS_RESOLVER": str(spec.dns_resolver),
    }
    lines = "".join(f"{key}={value}\n" for key, value in facts.items())
    document = {"write_files": [{"path": f"{FOLDER}/containment.env", "permissions": "0444", "content": lines}]}
    return "#cloud-config\n" + json.dumps(document, indent=1) + "\n"
