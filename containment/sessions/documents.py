"""Session documents: a recorded shell as an unprivileged user, and forwarding to ports of the host's own loopback.

The shell's record goes to an encrypted log group while it is typed, so a host that is stopped in the middle leaves one. Forwarded
contents are encrypted by the forwarded programs and are in no record; their sessions are in CloudTrail.
Source: AWS Systems Manager User Guide, "Session document schema".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

OPERATOR: Final = "containment-operator"
"""The user of operators on an agent host: without rights of root, and not the user of the agent's service (`agent-launcher`)."""

DOCUMENT_PREFIX: Final = "containment-"
"""Start of every session document's name; the operators' policy denies documents with other names."""

REMOTE_FORWARDING: Final = "AWS-StartPortForwardingSessionToRemoteHost"
"""The document of AWS that forwards to any host which the agent host reaches."""


def make_shell_name(object_prefix: str) -> str:
    """Return the name of a stack's document for shells.

    Args:
        object_prefix: the prefix of the stack's objects.
    """
    return f"{DOCUMENT_PREFIX}{object_prefix}-shell"


def make_forwarding_name(object_prefix: str) -> str:
    """Return the name of a stack's document for port forwarding."""
    return f"{DOCUMENT_PREFIX}{object_prefix}-forwarding"


def make_log_group_name(stack: str) -> str:
    """Return the name of the log group that has the records of a stack's sessions."""
    return f"/containment/{stack}/sessions"


def build_shell_content(log_group: str, idle_minutes: int, most_minutes: int) -> str:
    """Return the content of the document for shells.

    Args:
        log_group: the name of the encrypted log group.
        idle_minutes: minutes without input after which a session ends, 1 to 60.
        most_minutes: minutes after which every session ends, 1 to 1440.
    """
    return _format(
        "Standard_Stream",
        "A recorded shell of an operator, as an unprivileged user",
        inputs={
            "cloudWatchLogGroupName": log_group,
            "cloudWatchEncryptionEnabled": True,
            "cloudWatchStreamingEnabled": True,
            "idleSessionTimeout": str(idle_minutes),
            "maxSessionDuration": str(most_minutes),
            "runAsEnabled": True,
            "runAsDefaultUser": OPERATOR,
        },
    )


def build_forwarding_content(ports: Sequence[int]) -> str:
    """Return the content of the document that forwards to the host's own loopback.

    Args:
        ports: the permitted ports of the host, at least one; the first is the default.
    """
    assert ports, "a document without a port forwards nothing"
    anywhere = "^([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"
    return _format(
        "Port",
        "Forwarding to programs on the agent host's own loopback",
        parameters={
            "portNumber": {
                "type": "String",
                "description": "Port of a program on the agent host",
                "default": str(ports[0]),
                "allowedPattern": f"^({'|'.join(map(str, ports))})$",
            },
            "localPortNumber": {
                "type": "String",
                "description": "Port on the operator's machine; 0 takes a free one",
                "default": "0",
                "allowedPattern": anywhere,
            },
        },
        properties={"portNumber": "{{ portNumber }}", "type": "LocalPortForwarding", "localPortNumber": "{{ localPortNumber }}"},
    )


def _format(kind: str, description: str, **more: Any) -> str:
    return json.dumps({"schemaVersion": "1.0", "description": description, "sessionType": kind, **more})
