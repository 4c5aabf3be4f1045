"""Session documents: recorded and limited, as an unprivileged user, forwarding to the host's own loopback."""

from __future__ import annotations

import json
import re

import pytest

from containment.launcher.unit import USER as AGENT
from containment.sessions.documents import (
    OPERATOR,
    build_forwarding_content,
    build_shell_content,
    make_forwarding_name,
    make_shell_name,
)


def test_a_shell_is_recorded_while_typed_and_ends() -> None:
    content = json.loads(build_shell_content("/containment/coding-enforce/sessions", 15, 240))
    assert content["sessionType"] == "Standard_Stream"
    inputs = content["inputs"]
    assert inputs["cloudWatchEncryptionEnabled"] is inputs["cloudWatchStreamingEnabled"] is inputs["runAsEnabled"] is True
    assert (inputs["idleSessionTimeout"], inputs["maxSessionDuration"]) == ("15", "240")
    assert inputs["runAsDefaultUser"] == OPERATOR not in ("root", "ssm-user", AGENT)


def test_ports_are_forwarded_from_the_hosts_own_loopback_only() -> None:
    content = json.loads(build_forwarding_content([8080, 3000]))
    assert content["sessionType"] == "Port"
    assert "host" not in content["properties"]
    assert content["properties"]["type"] == "LocalPortForwarding"
    permitted = content["parameters"]["portNumber"]["allowedPattern"]
    assert [port for port in range(65536) if re.fullmatch(permitted, str(port))] == [3000, 8080]
    local = content["parameters"]["localPortNumber"]["allowedPattern"]
    assert [port for port in (-1, 0, 1, 65535, 65536, 99999) if re.fullmatch(local, str(port))] == [0, 1, 65535]


def test_a_document_without_ports_is_never_made() -> None:
    with pytest.raises(AssertionError):
        build_forwarding_content([])


def test_the_longest_names_fit() -> None:
    longest = "p" * 50  # the longest prefix and stack together
    for name in (make_shell_name(longest), make_forwarding_name(longest)):
        assert re.fullmatch(r"[a-zA-Z0-9_.-]{3,128}", name)
        assert not name.startswith(("aws", "amazon", "amzn"))
